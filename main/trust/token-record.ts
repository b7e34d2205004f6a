// A joining code as its maker keeps it. Made by a console's desk or, before that console runs, by school IT.
import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { DeviceId } from '../../shared/domain/ids.ts';
import { createTokenSecret, formatToken } from './enrolment-token.ts';

/** What is kept of a token: whoever reads the file can enrol nobody with it. */
export const TokenRecord = z.strictObject({
  id: z.uuid(),
  /** SHA-256 of the secret, hex. The secret has 128 random bits, so no slow hash is needed. */
  secretHash: z.string().regex(/^[0-9a-f]{64}$/),
  usesLeft: z.int().min(0).max(500),
  /** Unix milliseconds. */
  expiresAt: z.int(),
  /** Keys that were enrolled with it: a device whose answer was lost may ask again. */
  enrolledKeys: z.array(DeviceId).max(500),
});
export type TokenRecord = z.infer<typeof TokenRecord>;

const maxUses = 500;
export const maxTokenLifetimeMs = 90 * 86_400_000;
/** How many a console keeps. */
export const maxTokenRecords = 64;

export const hashOfSecret = (secret: Uint8Array): string => createHash('sha256').update(secret).digest('hex');

/** 1 to 500 devices, at most 90 days. */
export const isTokenWish = ({ uses, lifetimeMs }: { uses: number; lifetimeMs: number }): boolean =>
  Number.isInteger(uses) &&
  uses >= 1 &&
  uses <= maxUses &&
  lifetimeMs > 0 &&
  lifetimeMs <= maxTokenLifetimeMs;

/**
 * A new token: its text for devices and its record for the console. `expiresAt` (Unix milliseconds) is rounded up to whole
 * minutes; `fingerprint` is the root's; `addresses` are 1 to 8 of `host:port`, else it throws.
 */
export function makeToken(wish: {
  readonly uses: number;
  readonly expiresAt: number;
  readonly addresses: readonly string[];
  readonly fingerprint: string;
}): { readonly record: TokenRecord; readonly text: string } {
  const secret = createTokenSecret();
  const expiresAt = Math.ceil(wish.expiresAt / 60_000) * 60_000;
  const { uses, addresses, fingerprint } = wish;
  const text = formatToken({ secret, fingerprint, expiresAt, addresses });
  const secretHash = hashOfSecret(secret);
  return { text, record: { id: randomUUID(), secretHash, usesLeft: uses, expiresAt, enrolledKeys: [] } };
}
