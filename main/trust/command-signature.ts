// ES256 over exact texts, for orders and rosters: ECDSA on P-256 with SHA-256 (RFC 7518 section 3.4). What a text means
// and who may say it is judged elsewhere.
import { createPrivateKey, type KeyObject, sign, verify } from 'node:crypto';

/** r and s, 32 bytes each, as base64url without padding. */
const signatureLength = 86;
// ECDSA's other encoding (DER) has many forms for one signature.
const dsaEncoding = 'ieee-p1363';

/**
 * Gives a function that signs a text's UTF-8; the signature has 86 characters of base64url. Throws on what is no private
 * key, and when asked to sign a text with half a surrogate pair, for that has no UTF-8 of its own.
 */
export function createSigner(privateKeyPem: string): (text: string) => string {
  const key = createPrivateKey(privateKeyPem);
  return (text) => {
    if (!text.isWellFormed()) throw new Error('text is not well formed');
    return sign('sha256', Buffer.from(text, 'utf8'), { key, dsaEncoding }).toString('base64url');
  };
}

/** Is this the key's signature of exactly this text? False for any other key type than P-256; never throws. */
export function verifySignature(publicKey: KeyObject, text: string, signature: string): boolean {
  const isP256 = publicKey.type === 'public' && publicKey.asymmetricKeyDetails?.namedCurve === 'prime256v1';
  if (!isP256 || signature.length !== signatureLength || !text.isWellFormed()) return false;
  const bytes = Buffer.from(signature, 'base64url');
  // One signature has one spelling: the decoder passes over foreign characters and spare bits.
  if (bytes.toString('base64url') !== signature) return false;
  return verify('sha256', Buffer.from(text, 'utf8'), { key: publicKey, dsaEncoding }, bytes);
}
