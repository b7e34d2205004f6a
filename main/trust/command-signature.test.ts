import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSigner, verifySignature } from './command-signature.ts';

const makeKey = (namedCurve = 'P-256') => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  return { pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), privateKey, publicKey };
};
const key = makeKey();
const text = '{"v":1,"name":"Łäß 🖥"}';

describe('a signature over a text', () => {
  it('fits that text and that key, and nothing else', () => {
    const signature = createSigner(key.pem)(text);
    expect(signature).toMatch(/^[A-Za-z0-9_-]{86}$/);
    expect(verifySignature(key.publicKey, text, signature)).toBe(true);
    expect(verifySignature(key.publicKey, `${text} `, signature)).toBe(false);
    expect(verifySignature(key.publicKey, text.replace('1', '2'), signature)).toBe(false);
    expect(verifySignature(makeKey().publicKey, text, signature)).toBe(false);
  });

  it('has one spelling only', () => {
    const signature = createSigner(key.pem)(text);
    const last = signature.slice(-1);
    // The last of the 86 characters carries four spare bits.
    const spare = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
      .filter((character) => character !== last)
      .map((character) => signature.slice(0, -1) + character);
    for (const other of [...spare, `${signature}=`, ` ${signature}`, `${signature.slice(0, 85)}!`, '']) {
      expect(verifySignature(key.publicKey, text, other)).toBe(false);
    }
    const inDer = sign('sha256', Buffer.from(text), key.privateKey).toString('base64url');
    expect(verifySignature(key.publicKey, text, inDer)).toBe(false);
  });

  it('is not made or taken for a text without UTF-8 of its own', () => {
    const broken = `${text}\ud800`;
    expect(() => createSigner(key.pem)(broken)).toThrow();
    // What an encoder would make of it.
    const signature = createSigner(key.pem)(`${text}\ufffd`);
    expect(verifySignature(key.publicKey, broken, signature)).toBe(false);
  });

  it('of another kind of key is refused, not a crash', () => {
    const p384 = makeKey('P-384');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const ed25519 = generateKeyPairSync('ed25519');
    const signature = createSigner(key.pem)(text);
    for (const other of [p384.publicKey, rsa.publicKey, ed25519.publicKey]) {
      expect(verifySignature(other, text, signature)).toBe(false);
    }
    // A private key where a public one belongs is a mistake, not a peer.
    expect(verifySignature(key.privateKey, text, signature)).toBe(false);
    expect(verifySignature(createPublicKey(key.privateKey), text, signature)).toBe(true);
  });
});
