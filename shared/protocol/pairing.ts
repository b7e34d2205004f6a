// Joining by hand over HTTPS with server name `enrol.lehrpult.invalid`, on the link's port, while the teacher takes
// devices. See [Note: pairing] in main/trust/pairing.ts and SPEC.md.
import { z } from 'zod';
import { DeviceFacts } from '../domain/device.ts';
import { DisplayName } from '../domain/ids.ts';

/**
 * GET: which room this is. POST: a device's request. Below it POST `/<id>/nonce`, `/<id>/confirm` (repeated until the teacher
 * has decided), `/<id>/different` (the device's person saw other pictures), and DELETE `/<id>` (the device gives up).
 */
export const pairingPath = '/pairing';

const base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/);
/** 256 bits, base64url. */
const Bits256 = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

export const PairingRoom = z.strictObject({ room: DisplayName, teacher: DisplayName });
export type PairingRoom = z.infer<typeof PairingRoom>;

export const PairingHello = z.strictObject({
  /** Certificate request (PKCS #10) in DER, base64: the device's key for the whole pairing. */
  request: base64.max(3_000),
  facts: DeviceFacts,
});
export type PairingHello = z.infer<typeof PairingHello>;

export const PairingCommitment = z.strictObject({ id: z.uuid(), commitment: Bits256 });
export type PairingCommitment = z.infer<typeof PairingCommitment>;

/** Sent by the device, and answered by the console with its own. */
export const PairingNonce = z.strictObject({ nonce: Bits256 });
export type PairingNonce = z.infer<typeof PairingNonce>;

/** The device's person has said yes and the teacher has not decided yet. A yes is an `EnrolmentAnswer` instead. */
export const PairingWaiting = z.strictObject({ state: z.literal('waiting') });

export const PairingRefusal = z.enum([
  'bad-request',
  'bad-certificate-request',
  /** The teacher takes no devices by hand now. */
  'pairing-closed',
  /** No such request (any more). */
  'pairing-unknown',
  /** A step out of turn, or done twice. */
  'pairing-order',
  /** Too many requests at once or from one address. */
  'pairing-crowded',
  /** The teacher saw other pictures. */
  'pairing-refused',
  /** The person at the device saw other pictures. */
  'pairing-different',
  'pairing-expired',
]);
export type PairingRefusal = z.infer<typeof PairingRefusal>;
export const PairingError = z.strictObject({ code: PairingRefusal });
