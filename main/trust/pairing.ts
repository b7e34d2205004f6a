// Six pictures that are equal on two screens only if nobody sits in between. Pure; who asks whom is elsewhere.
//
// [Note: pairing] Neither side knows the other when a device joins by hand, so TLS alone proves nothing: somebody in
// between could be the school towards the device and a device towards the school. Therefore both show a number of 36 bits
// made of all that somebody in between would have to change: the school's root, the teacher's key, the device's key, and a
// random number of each side. The console commits to its number (a hash over it and the keys it sees) before the
// device says its own, and reveals it only then. So whoever sits in between has to fix its numbers towards both sides
// before it knows either of theirs, and the two results are independent: they agree by chance once in 2^36 tries, each
// of which a person would see. The certificate is issued only after both persons said that the pictures are the
// same, and the device keeps nothing before. (After "numeric comparison" of Bluetooth Core 5.4, vol 3 part H 2.3.5.6.2.)
import { createHash, timingSafeEqual } from 'node:crypto';
import type { PairingCode } from '../../shared/domain/joining.ts';

/** What both sides have to see alike; each a SHA-256 in hex: of the root's certificate and of the two public keys. */
export type PairingContext = {
  readonly school: string;
  readonly teacherKey: string;
  readonly deviceKey: string;
};

const digest = (label: string, context: PairingContext, nonces: readonly string[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of [label, context.school, context.teacherKey, context.deviceKey, ...nonces]) {
    const bytes = Buffer.from(part, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  }
  return hash.digest();
};

/** What the console says before it knows the device's number; 256 bits, base64url. */
export const commitmentOf = (context: PairingContext, consoleNonce: string): string =>
  digest('lehrpult pairing commitment 1', context, [consoleNonce]).toString('base64url');

/** Did the console mean this number from the beginning, with these keys before its eyes? */
export const keepsCommitment = (
  commitment: string,
  context: PairingContext,
  consoleNonce: string,
): boolean => {
  const said = Buffer.from(commitment, 'base64url');
  const meant = Buffer.from(commitmentOf(context, consoleNonce), 'base64url');
  return said.length === meant.length && timingSafeEqual(said, meant);
};

/** The first 36 bits, six for each picture. */
export const pairingCode = (
  context: PairingContext,
  consoleNonce: string,
  deviceNonce: string,
): PairingCode => {
  const bits = digest('lehrpult pairing code 1', context, [consoleNonce, deviceNonce]).readUIntBE(0, 5);
  // 40 bits were read: the last four are dropped. Division, because shifts work on 32 bits only.
  return Array.from({ length: 6 }, (_, place) => Math.floor(bits / 2 ** (34 - 6 * place)) % 64);
};
