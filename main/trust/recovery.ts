// The way back to a school whose key is lost: the root's key as a code that people can type, and back. What is printed around
// it is recovery-sheet.ts's.
//
// Code: LPR1- and base32 (Crockford) of the private scalar, 32 bytes, and the first 4 bytes of the SHA-256 of it.
// QR code: the code, a blank, and the root's certificate (DER) in base64.
import { createECDH, createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import { compacted, fromBase32, inGroups, toBase32 } from './base32.ts';
import type { KeyAndCertificate } from './identity.ts';

export type RecoveryFailure = AppError<
  'recovery-malformed' | 'recovery-checksum' | 'recovery-other-certificate' | 'recovery-bad-certificate'
>;

const prefix = 'LPR1-';
const scalarBytes = 32;
const checksumBytes = 4;
/** Base32 digits of scalar and checksum. */
const codeDigits = 58;
const maxTextLength = 4_096;

const checksumOf = (scalar: Uint8Array): Buffer =>
  createHash('sha256').update('lehrpult recovery').update(scalar).digest().subarray(0, checksumBytes);

/** The code of a root's private key (P-256). Throws on what is no such key. */
export function recoveryCode(schoolKeyPem: string): string {
  const { d, crv } = createPrivateKey(schoolKeyPem).export({ format: 'jwk' });
  if (d === undefined || crv !== 'P-256') throw new Error('not a P-256 key');
  const scalar = Buffer.from(d, 'base64url');
  return prefix + inGroups(toBase32(Buffer.concat([scalar, checksumOf(scalar)])));
}

/** What the sheet's QR code says: all that is needed, also where no certificate is at hand. */
export const recoveryQrText = (code: string, certificatePem: string): string =>
  `${code} ${new X509Certificate(certificatePem).raw.toString('base64')}`;

/** Takes what a QR reader gives apart; a typed code alone has no certificate. */
export function splitRecoveryText(text: string): {
  readonly code: string;
  readonly certificatePem: string | null;
} {
  const [, code, der] = /^\s*(LPR1-[0-9A-Z-]+) ([A-Za-z0-9+/]{100,}={0,2})\s*$/.exec(text) ?? [];
  if (code === undefined || der === undefined) return { code: text, certificatePem: null };
  try {
    return { code, certificatePem: new X509Certificate(Buffer.from(der, 'base64')).toString() };
  } catch {
    // The code may be good nevertheless.
    return { code, certificatePem: null };
  }
}

/** The key of a private scalar, null if the curve has none for it. */
function keyOf(scalar: Buffer): string | null {
  const curve = createECDH('prime256v1');
  try {
    curve.setPrivateKey(scalar);
  } catch {
    return null;
  }
  const point = curve.getPublicKey();
  const part = (start: number) => point.subarray(start, start + scalarBytes).toString('base64url');
  const jwk = { kty: 'EC', crv: 'P-256', d: scalar.toString('base64url'), x: part(1), y: part(33) };
  return createPrivateKey({ key: jwk, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' }).toString();
}

/**
 * The root's key from what a person typed (case, blanks and hyphens do not matter; O is 0, I and L are 1) and its
 * certificate. `recovery-malformed`: not as long as a code or not one; `recovery-checksum`: a character is wrong;
 * `recovery-other-certificate`: a good code, but of another school than the certificate.
 */
export function recoverSchool(
  code: string,
  rootCertificatePem: string,
): Result<KeyAndCertificate, RecoveryFailure> {
  const malformed = (detail: string) => fail('recovery-malformed', 'choose-again', detail);
  if (code.length > maxTextLength) return malformed('too long');
  const typed = compacted(code);
  const digits = typed.length === codeDigits ? typed : typed.replace(/^[L1I]PR[1IL]/, '');
  if (digits.length !== codeDigits) return malformed(`${digits.length} of ${codeDigits} characters`);
  const bytes = fromBase32(digits);
  if (bytes === null) {
    // U is the only letter that base32 does not know; a wrong last character is a wrong character, too.
    return /[^0-9A-TV-Z]/.test(digits) ? malformed('character') : fail('recovery-checksum', 'choose-again');
  }
  const scalar = bytes.subarray(0, scalarBytes);
  if (!checksumOf(scalar).equals(bytes.subarray(scalarBytes)))
    return fail('recovery-checksum', 'choose-again');
  const privateKeyPem = keyOf(scalar);
  if (privateKeyPem === null) return malformed('no key');
  try {
    const certificate = new X509Certificate(rootCertificatePem);
    if (!certificate.checkPrivateKey(createPrivateKey(privateKeyPem))) {
      return fail('recovery-other-certificate', 'choose-again');
    }
    return ok({ certificatePem: certificate.toString(), privateKeyPem });
  } catch {
    return fail('recovery-bad-certificate', 'choose-again');
  }
}
