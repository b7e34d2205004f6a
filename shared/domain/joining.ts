// Joining by hand as the pages see it: the teacher's list of devices that want in, and the device's own way.
import { z } from 'zod';
import { DisplayName } from './ids.ts';

/** Six numbers of 0 to 63, each standing for one picture; equal on both screens if nobody sits in between. */
export const PairingCode = z.array(z.int().min(0).max(63)).length(6);
export type PairingCode = z.infer<typeof PairingCode>;

export const PairingRequest = z.strictObject({
  id: z.string().min(1).max(64),
  /** What the device calls itself; proves nothing. */
  deviceName: DisplayName,
  address: z.string().max(64),
  code: PairingCode.nullable(),
  state: z.enum(['exchanging', 'comparing', 'confirmed', 'done', 'refused', 'aborted']),
  /** Code of what went wrong, null when nothing did. */
  problem: z.string().max(64).nullable(),
});
export type PairingRequest = z.infer<typeof PairingRequest>;

/** `openUntil`: Unix milliseconds, null while the room takes nobody by hand. */
export const PairingView = z.strictObject({
  openUntil: z.int().nullable(),
  requests: z.array(PairingRequest).max(16),
});
export type PairingView = z.infer<typeof PairingView>;

/** A room that takes devices by hand now. Room and teacher are what it says of itself; the pictures decide. */
export const FoundRoom = z.strictObject({
  address: z.string().max(128),
  room: DisplayName,
  teacher: DisplayName,
});
export type FoundRoom = z.infer<typeof FoundRoom>;

/** How far the device's own joining is. */
export const DevicePairing = z.discriminatedUnion('state', [
  z.strictObject({ state: z.enum(['idle', 'connecting']) }),
  z.strictObject({
    state: z.enum(['comparing', 'waiting-for-teacher']),
    room: DisplayName,
    code: PairingCode,
  }),
  z.strictObject({ state: z.literal('done'), room: DisplayName }),
  z.strictObject({ state: z.literal('failed'), code: z.string().max(64) }),
]);
export type DevicePairing = z.infer<typeof DevicePairing>;
