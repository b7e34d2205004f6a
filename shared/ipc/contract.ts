// The whole contract between main and the pages: every call and every event, one place, nothing else passes.
import { z } from 'zod';
import { DeviceView, ScreenQuality } from '../domain/device.ts';
import { DeviceId, DisplayName, PupilText } from '../domain/ids.ts';
import { DevicePairing, FoundRoom, PairingView } from '../domain/joining.ts';
import { Lesson, PresentationSource, PresentationView, Room, Teacher } from '../domain/lesson.ts';
import { Signal } from '../protocol/signal.ts';
import { Appearance } from '../settings/appearance.ts';
import { NetworkAddress } from '../settings/policy.ts';
import { defineCalls, defineEvents } from './define.ts';

const Nothing = z.strictObject({});
const Devices = z.array(DeviceId).min(1).max(200);

/** How many of the asked devices did it, and which did not and why. */
const PerDevice = z.array(z.strictObject({ id: DeviceId, error: z.string().max(64).nullable() })).max(200);
export type PerDevice = z.infer<typeof PerDevice>;

/** All a console page needs to draw itself from nothing. */
export const ConsoleSnapshot = z.strictObject({
  room: Room,
  teacher: Teacher,
  lesson: Lesson.nullable(),
  devices: z.array(DeviceView).max(200),
  presentation: PresentationView,
  /** Where agents reach this console, `host:port`. */
  addresses: z.array(z.string().max(128)).max(32),
  /** Code of a lasting problem that the teacher should know of, null when all is well. */
  problem: z
    .enum(['port-in-use', 'no-multicast', 'no-network', 'relay-failed', 'revoked', 'clock-wrong'])
    .nullable(),
});
export type ConsoleSnapshot = z.infer<typeof ConsoleSnapshot>;

/** Whether this console belongs to a school yet; `ready` is followed by `room:snapshot`. */
export const SetupState = z.discriminatedUnion('state', [
  z.strictObject({
    state: z.literal('needed'),
    suggested: z.strictObject({ roomName: DisplayName, teacherName: DisplayName }),
  }),
  z.strictObject({
    state: z.literal('ready'),
    /** This console holds the school's own key, and whether a recovery sheet of it was saved. */
    recovery: z.enum(['none', 'missing', 'saved']),
    /** `due`: the teacher's certificate ends within weeks and school IT has to renew it. `next-start`: it has, see there. */
    renewal: z.enum(['none', 'due', 'next-start']),
  }),
]);
export type SetupState = z.infer<typeof SetupState>;

/** One time that somebody looked at this screen; times are Unix milliseconds, `endedAt` null while it lasts. */
export const WatchEntry = z.strictObject({
  by: DisplayName,
  startedAt: z.int(),
  endedAt: z.int().nullable(),
});
export type WatchEntry = z.infer<typeof WatchEntry>;

/** One source in the picker, with a still picture of it. */
export const SourcePreview = z.strictObject({
  ...PresentationSource.shape,
  /** PNG bytes, null where the system gives no preview. */
  thumbnailPng: z.instanceof(Uint8Array).nullable(),
});
export type SourcePreview = z.infer<typeof SourcePreview>;

/** What the agent's status window shows. */
export const AgentSnapshot = z.strictObject({
  deviceName: DisplayName,
  link: z.discriminatedUnion('state', [
    z.strictObject({ state: z.literal('unenrolled') }),
    z.strictObject({ state: z.enum(['searching', 'connecting', 'stopped']) }),
    z.strictObject({ state: z.literal('waiting'), code: z.string().max(64), retryAt: z.int() }),
    z.strictObject({
      state: z.literal('online'),
      room: DisplayName,
      teacher: DisplayName,
      hasLesson: z.boolean(),
    }),
  ]),
  /** Who looks at this screen now; null when nobody does. */
  watched: z
    .strictObject({ by: DisplayName, quality: ScreenQuality.exclude(['off']), since: z.int() })
    .nullable(),
  lock: z.strictObject({ text: PupilText, teacher: DisplayName }).nullable(),
  isShowingPresentation: z.boolean(),
  /** How far this device's clock is from the teacher's, null while that is under five minutes or not known. */
  clockDifferenceMs: z.int().nullable(),
});
export type AgentSnapshot = z.infer<typeof AgentSnapshot>;

const SignalTarget = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('device'), id: DeviceId }),
  z.strictObject({ kind: z.literal('relay') }),
  z.strictObject({ kind: z.literal('console') }),
]);
/** The far end of a WebRTC conversation as a page names it. */
export type SignalTarget = z.infer<typeof SignalTarget>;

export const calls = defineCalls({
  'appearance:get': {
    from: ['console', 'device', 'presentation', 'lock', 'indicator'],
    input: Nothing,
    output: Appearance,
  },
  'appearance:set': { from: ['console', 'device'], input: Appearance.partial(), output: Appearance },

  'setup:state': { from: ['console'], input: Nothing, output: SetupState },
  /** A school of its own, for one without IT. */
  'setup:create-school': {
    from: ['console'],
    input: z.strictObject({ roomName: DisplayName, teacherName: DisplayName }),
    output: Nothing,
  },
  /**
   * Asks for the teacher file of school IT and opens it with its password; false when the person chose none. A renewal has
   * no password and is used from the next start on.
   */
  'setup:import-teacher': {
    from: ['console'],
    input: z.strictObject({ password: z.string().max(256) }),
    output: z.strictObject({ isImported: z.boolean() }),
  },
  /** Asks where, and writes the recovery sheet there; false when the person chose no place. */
  'setup:save-recovery': {
    from: ['console'],
    input: Nothing,
    output: z.strictObject({ isSaved: z.boolean() }),
  },

  'room:snapshot': { from: ['console'], input: Nothing, output: ConsoleSnapshot },
  'room:rename-device': {
    from: ['console'],
    input: z.strictObject({ id: DeviceId, name: DisplayName }),
    output: Nothing,
  },
  'room:forget-device': { from: ['console'], input: z.strictObject({ id: DeviceId }), output: Nothing },
  /** A quarantined device is let in again: its copy was switched off. */
  'room:admit-device': { from: ['console'], input: z.strictObject({ id: DeviceId }), output: Nothing },
  /** Takes devices by hand for five minutes; opening again begins anew. */
  'pairing:open': { from: ['console'], input: Nothing, output: PairingView },
  'pairing:close': { from: ['console'], input: Nothing, output: PairingView },
  /** The teacher has compared the pictures of that request. */
  'pairing:decide': {
    from: ['console'],
    input: z.strictObject({ id: z.string().min(1).max(64), isSame: z.boolean() }),
    output: PairingView,
  },
  'room:create-token': {
    from: ['console'],
    input: z.strictObject({ uses: z.int().min(1).max(200), hours: z.int().min(1).max(72) }),
    output: z.strictObject({ token: z.string().max(1024), expiresAt: z.int(), uses: z.int() }),
  },
  'lesson:start': { from: ['console'], input: Nothing, output: Lesson },
  'lesson:end': { from: ['console'], input: Nothing, output: Nothing },

  /** The page says what it can show; a device not named is asked for nothing. */
  'wall:watch': {
    from: ['console'],
    input: z.strictObject({
      wanted: z.array(z.strictObject({ id: DeviceId, quality: ScreenQuality })).max(200),
    }),
    output: Nothing,
  },

  'devices:lock': {
    from: ['console'],
    input: z.strictObject({
      ids: Devices,
      text: PupilText,
      /** The lock ends by itself after that; null = end of the lesson. */
      minutes: z.int().min(1).max(90).nullable(),
    }),
    output: PerDevice,
  },
  'devices:unlock': { from: ['console'], input: z.strictObject({ ids: Devices }), output: PerDevice },

  /** Opens a web page on these devices. */
  'devices:open-url': {
    from: ['console'],
    input: z.strictObject({ ids: Devices, url: z.string().min(1).max(2048) }),
    output: PerDevice,
  },

  'presentation:sources': { from: ['console'], input: Nothing, output: z.array(SourcePreview).max(64) },
  /** Arms the next capture of this page with that source. */
  'presentation:choose-source': {
    from: ['console'],
    input: z.strictObject({ id: z.string().min(1).max(128) }),
    output: PresentationSource,
  },
  /** The page captures the chosen source now instead of the one before. */
  'presentation:confirm-source': { from: ['console'], input: Nothing, output: PresentationView },
  'presentation:start': { from: ['console'], input: Nothing, output: PresentationView },
  'presentation:stop': { from: ['console'], input: Nothing, output: PresentationView },
  'presentation:set-paused': {
    from: ['console'],
    input: z.strictObject({ isPaused: z.boolean() }),
    output: PresentationView,
  },

  'signal:send': {
    from: ['console', 'capture', 'presentation'],
    input: z.strictObject({ to: SignalTarget, signal: Signal }),
    output: Nothing,
  },

  'device:snapshot': { from: ['device', 'lock', 'indicator'], input: Nothing, output: AgentSnapshot },
  'device:enrol': {
    from: ['device'],
    input: z.strictObject({ token: z.string().trim().min(1).max(1024) }),
    output: z.strictObject({ room: DisplayName }),
  },

  /** Rooms in reach that take devices by hand now. */
  'device:find-rooms': { from: ['device'], input: Nothing, output: z.array(FoundRoom).max(16) },
  /** Begins to join there by comparing pictures; an attempt before is given up. */
  'device:pair': {
    from: ['device'],
    input: z.strictObject({ address: NetworkAddress }),
    output: DevicePairing,
  },
  'device:decide-pairing': {
    from: ['device'],
    input: z.strictObject({ isSame: z.boolean() }),
    output: DevicePairing,
  },
  'device:cancel-pairing': { from: ['device'], input: Nothing, output: DevicePairing },
  /** Who looked at this screen and when, newest first. */
  'device:watch-log': { from: ['device'], input: Nothing, output: z.array(WatchEntry).max(500) },

  /** Comes before each capture: the browser asks for a person's gesture, and nobody sits at a hidden page. */
  'capture:prepare': { from: ['capture'], input: Nothing, output: Nothing },
  /** The capture page is loaded and can take orders. */
  'capture:ready': { from: ['capture'], input: Nothing, output: z.strictObject({ quality: ScreenQuality }) },
  'capture:report': {
    from: ['capture'],
    input: z.strictObject({
      quality: ScreenQuality,
      problem: z.enum(['no-permission', 'no-display', 'capture-failed', 'not-secure']).nullable(),
    }),
    output: Nothing,
  },
  'viewer:ready': {
    from: ['presentation'],
    input: Nothing,
    output: z.strictObject({ isWanted: z.boolean() }),
  },
  'viewer:report': {
    from: ['presentation'],
    input: z.strictObject({ state: z.enum(['connecting', 'showing', 'failed', 'insecure']) }),
    output: Nothing,
  },
});
export type Calls = typeof calls;

export const events = defineEvents({
  'appearance:changed': {
    to: ['console', 'device', 'presentation', 'lock', 'indicator'],
    payload: Appearance,
  },
  /** Devices that are new or not as before. */
  'devices:changed': { to: ['console'], payload: z.array(DeviceView).max(200) },
  'devices:removed': { to: ['console'], payload: z.array(DeviceId).max(200) },
  'room:changed': {
    to: ['console'],
    payload: ConsoleSnapshot.pick({
      room: true,
      teacher: true,
      lesson: true,
      addresses: true,
      problem: true,
    }),
  },
  'setup:changed': { to: ['console'], payload: SetupState },
  'pairing:changed': { to: ['console'], payload: PairingView },
  'device:pairing': { to: ['device'], payload: DevicePairing },
  'presentation:changed': { to: ['console'], payload: PresentationView },
  'signal:received': {
    to: ['console', 'capture', 'presentation'],
    payload: z.strictObject({ from: SignalTarget, signal: Signal }),
  },
  'device:changed': { to: ['device', 'lock', 'indicator'], payload: AgentSnapshot },
  'capture:quality': { to: ['capture'], payload: z.strictObject({ quality: ScreenQuality }) },
  /** A new console: whatever was negotiated is void. */
  'capture:reset': { to: ['capture'], payload: Nothing },
  'viewer:wanted': { to: ['presentation'], payload: z.strictObject({ isWanted: z.boolean() }) },
});
export type Events = typeof events;
