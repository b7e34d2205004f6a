// The text that lets a device join: LP1- and base32, fit for typing, pasting and QR codes. Pure encoding.
//
// Bytes: secret 16 | SHA-256 of the authority's certificate 32 | expiry in Unix minutes 4 | addresses: count 1, each
// length 1 and `host:port` in ASCII | first 4 bytes of the SHA-256 of all before. Base32 after Crockford.
import { createHash, randomBytes } from 'node:crypto';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import { compacted, fromBase32, inGroups, toBase32 } from './base32.ts';

export type EnrolmentToken = {
  /** 128 random bits. */
  readonly secret: Uint8Array;
  /** SHA-256 of the authority's certificate, 64 hex digits. */
  readonly fingerprint: string;
  /** Unix milliseconds, whole minutes. */
  readonly expiresAt: number;
  /** 1 to 8 of `host:port`. */
  readonly addresses: readonly string[];
};

export type TokenFailure = AppError<'token-malformed'>;

const prefix = 'LP1-';
const secretBytes = 16;
const fingerprintBytes = 32;
const checksumBytes = 4;
const minuteMs = 60_000;
export const maxTokenAddresses = 8;
const maxTokenLength = 1_024;
const addressPattern = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/;

export const createTokenSecret = (): Uint8Array => randomBytes(secretBytes);

const checksumOf = (bytes: Uint8Array): Buffer =>
  createHash('sha256').update(bytes).digest().subarray(0, checksumBytes);

/** Throws on a token that breaks its own type's promises; the desk builds none. */
export function formatToken(token: EnrolmentToken): string {
  const addresses = token.addresses.map((address) => Buffer.from(address, 'ascii'));
  if (
    token.secret.length !== secretBytes ||
    !/^[0-9a-f]{64}$/.test(token.fingerprint) ||
    addresses.length < 1 ||
    addresses.length > maxTokenAddresses ||
    token.addresses.some((address) => !addressPattern.test(address) || address.length > 64)
  ) {
    throw new Error('token out of bounds');
  }
  const expiry = Buffer.alloc(4);
  expiry.writeUInt32BE(Math.floor(token.expiresAt / minuteMs));
  const body = Buffer.concat([
    token.secret,
    Buffer.from(token.fingerprint, 'hex'),
    expiry,
    Buffer.from([addresses.length]),
    ...addresses.flatMap((address) => [Buffer.from([address.length]), address]),
  ]);
  return prefix + inGroups(toBase32(Buffer.concat([body, checksumOf(body)])));
}

function readAddresses(bytes: Buffer): string[] | null {
  const count = bytes[0] ?? 0;
  if (count < 1 || count > maxTokenAddresses) return null;
  const addresses: string[] = [];
  let at = 1;
  for (let index = 0; index < count; index += 1) {
    const length = bytes[at] ?? 0;
    const address = bytes.subarray(at + 1, at + 1 + length).toString('latin1');
    if (address.length !== length || length > 64 || !addressPattern.test(address)) return null;
    addresses.push(address);
    at += 1 + length;
  }
  return at === bytes.length ? addresses : null;
}

/**
 * Reads what a person typed or pasted: case, blanks, line breaks and hyphens do not matter, O is 0, I and L are 1. Expiry
 * is not judged here, for the device's clock may be wrong; the console judges it.
 */
export function parseToken(text: string): Result<EnrolmentToken, TokenFailure> {
  const malformed = (detail: string) => fail('token-malformed', 'choose-again', detail);
  if (text.length > maxTokenLength) return malformed('too long');
  const compact = compacted(text);
  if (!/^LP[1IL]/.test(compact)) return malformed('prefix');
  const bytes = fromBase32(compact.slice(3));
  if (bytes === null || bytes.length < secretBytes + fingerprintBytes + 5 + checksumBytes)
    return malformed('length');
  const body = bytes.subarray(0, -checksumBytes);
  if (!checksumOf(body).equals(bytes.subarray(-checksumBytes))) return malformed('checksum');
  const addresses = readAddresses(body.subarray(secretBytes + fingerprintBytes + 4));
  if (addresses === null) return malformed('addresses');
  return ok({
    secret: Uint8Array.from(body.subarray(0, secretBytes)),
    fingerprint: body.subarray(secretBytes, secretBytes + fingerprintBytes).toString('hex'),
    expiresAt: body.readUInt32BE(secretBytes + fingerprintBytes) * minuteMs,
    addresses,
  });
}
