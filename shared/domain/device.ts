// What is known of a device: what it reports of itself and what the console makes of it.
import { z } from 'zod';
import { DeviceId, DisplayName, LockId, PresentationId, PupilText } from './ids.ts';

/** How much of a screen is sent. `off`: nothing leaves the device. */
export const ScreenQuality = z.enum(['off', 'blurred', 'tile', 'focus']);
export type ScreenQuality = z.infer<typeof ScreenQuality>;

/** One display of a device, in physical pixels. */
export const Display = z.strictObject({
  id: z.string().min(1).max(64),
  width: z.int().min(1).max(32_768),
  height: z.int().min(1).max(32_768),
});
export type Display = z.infer<typeof Display>;

/** Facts a device states of itself at hello. Decoration only: identity is the key of its certificate. */
export const DeviceFacts = z.strictObject({
  name: DisplayName,
  os: z.enum(['windows', 'macos', 'linux']),
  appVersion: z.string().min(1).max(32),
  displays: z.array(Display).max(8),
});
export type DeviceFacts = z.infer<typeof DeviceFacts>;

/** The lock as the device itself holds it. */
export const ReportedLock = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('free') }),
  z.strictObject({
    state: z.literal('locked'),
    lockId: LockId,
    text: PupilText,
    /** Milliseconds until the device frees itself if nobody renews. */
    freeInMs: z.int().min(0).max(5_400_000),
    /** Displays that are covered now. */
    coveredDisplays: z.int().min(0).max(8),
  }),
]);
export type ReportedLock = z.infer<typeof ReportedLock>;

/** The presentation as the device itself shows it. */
export const ReportedPresentation = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('none') }),
  z.strictObject({
    /** `insecure`: whoever offered it is not the teacher's relay; nothing is shown. */
    state: z.enum(['connecting', 'showing', 'failed', 'insecure']),
    presentationId: PresentationId,
  }),
]);
export type ReportedPresentation = z.infer<typeof ReportedPresentation>;

/** What a device says is true on it now; the console shows this, never what it wished for. */
export const DeviceReport = z.strictObject({
  lock: ReportedLock,
  presentation: ReportedPresentation,
  /** Quality that leaves the device now. */
  screen: ScreenQuality,
  /** Why no screen can be sent, null while it can. */
  screenProblem: z.enum(['no-permission', 'no-display', 'capture-failed', 'not-secure']).nullable(),
});
export type DeviceReport = z.infer<typeof DeviceReport>;

export const idleReport: DeviceReport = {
  lock: { state: 'free' },
  presentation: { state: 'none' },
  screen: 'off',
  screenProblem: null,
};

/** Connection of a device as the console sees it; times are Unix milliseconds. */
export const DeviceConnection = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('never-seen') }),
  z.strictObject({ state: z.literal('online'), since: z.int(), address: z.string().max(64) }),
  z.strictObject({ state: z.literal('reconnecting'), since: z.int() }),
  z.strictObject({ state: z.literal('offline'), since: z.int() }),
  /** Its key was seen at two places at once: nothing is done with either until the teacher has decided. */
  z.strictObject({
    state: z.literal('quarantined'),
    since: z.int(),
    addresses: z.array(z.string().max(64)).max(8),
  }),
]);
export type DeviceConnection = z.infer<typeof DeviceConnection>;

/** A device as the console's pages see it. */
export const DeviceView = z.strictObject({
  id: DeviceId,
  /** Name of the place in the room or, without one, the name the device gives itself. */
  name: DisplayName,
  /** Position on the wall, 0-based. */
  seat: z.int().min(0),
  connection: DeviceConnection,
  facts: DeviceFacts.nullable(),
  /** Last report; while the device is away it is what was last known. */
  report: DeviceReport,
  /** A command on its way to the device, null when none. */
  pending: z.enum(['locking', 'unlocking']).nullable(),
  /** Code of the last refusal by the device, null when none. */
  lastError: z.string().max(64).nullable(),
});
export type DeviceView = z.infer<typeof DeviceView>;
