// Messages on the link between agent and console. One strict union per direction; see SPEC.md for the rules.
import { z } from 'zod';
import { DeviceFacts, DeviceReport, ScreenQuality } from '../domain/device.ts';
import { DisplayName, LessonId, LockId, PresentationId, PupilText, RoomId } from '../domain/ids.ts';
import { Signal } from './signal.ts';

/** [Note: protocol version] One integer; both sides state the range they speak and the highest common one is used. */
export const protocolVersions = { min: 1, max: 1 } as const;

/** Largest frame on the link in bytes. A longer one ends the connection before it is read into memory. */
export const maxFrameBytes = 256 * 1024;

/** WebSocket subprotocol that both sides must name (RFC 6455 section 1.9). */
export const linkSubprotocol = 'lehrpult.link';

export const heartbeatIntervalMs = 2_000;
/** Silence after which a peer is taken for gone. */
export const heartbeatTimeoutMs = 5_000;
/** A connection that has not said hello by then is closed. */
export const helloTimeoutMs = 5_000;

const VersionRange = z.strictObject({ min: z.int().min(1).max(1_000), max: z.int().min(1).max(1_000) });

/** What the media of a signal is about: the device's screen to the console, or the presentation to the device. */
export const SignalChannel = z.enum(['screen', 'presentation']);
export type SignalChannel = z.infer<typeof SignalChannel>;

/** What a console may order; the list is fixed and there is no verb that runs a program of one's choice. */
export const CommandBody = z.discriminatedUnion('verb', [
  z.strictObject({
    verb: z.literal('lock'),
    lockId: LockId,
    text: PupilText,
    /** Time the lock survives without renewal: the grace time and one renewal interval, see [Note: lock lease]. */
    graceMs: z.int().min(30_000).max(605_000),
    /** Hard end, counted from now. */
    capMs: z.int().min(1_000).max(5_400_000),
  }),
  z.strictObject({ verb: z.literal('renew-lock'), lockId: LockId }),
  /** Without an id every lock ends. */
  z.strictObject({ verb: z.literal('unlock'), lockId: LockId.nullable() }),
  z.strictObject({ verb: z.literal('watch'), quality: ScreenQuality }),
  z.strictObject({ verb: z.literal('show-presentation'), presentationId: PresentationId }),
  /** Without an id whatever is shown ends. */
  z.strictObject({ verb: z.literal('end-presentation'), presentationId: PresentationId.nullable() }),
]);
export type CommandBody = z.infer<typeof CommandBody>;
export type Verb = CommandBody['verb'];

/** Why an agent refuses a command. */
export const CommandRefusal = z.enum([
  'not-in-lesson',
  'stale-sequence',
  'unknown-lock',
  'unknown-presentation',
  'no-display',
  'failed',
]);
export type CommandRefusal = z.infer<typeof CommandRefusal>;

/** Why a console ends a connection; sent before the close where the peer speaks the protocol at all. */
export const LinkRefusal = z.enum([
  'not-json',
  'bad-message',
  'wrong-order',
  'too-slow',
  'flood',
  'version',
  'replaced',
  'not-enrolled',
  'console-closing',
]);
export type LinkRefusal = z.infer<typeof LinkRefusal>;

const Sequence = z.int().min(1);

export const AgentMessage = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hello'),
    versions: VersionRange,
    /** 128 random bits, base64url: makes this connection's commands unlike any other's. */
    nonce: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
    facts: DeviceFacts,
    report: DeviceReport,
  }),
  z.strictObject({ type: z.literal('facts'), facts: DeviceFacts }),
  z.strictObject({ type: z.literal('report'), report: DeviceReport }),
  z.strictObject({
    type: z.literal('result'),
    seq: Sequence,
    refusal: CommandRefusal.nullable(),
  }),
  z.strictObject({ type: z.literal('signal'), channel: SignalChannel, signal: Signal }),
]);
export type AgentMessage = z.infer<typeof AgentMessage>;

export const ConsoleMessage = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('welcome'),
    version: z.int().min(1),
    room: z.strictObject({ id: RoomId, name: DisplayName }),
    teacher: DisplayName,
    /** null when no lesson runs. */
    lesson: LessonId.nullable(),
  }),
  z.strictObject({ type: z.literal('lesson'), lesson: LessonId.nullable() }),
  z.strictObject({ type: z.literal('refused'), code: LinkRefusal }),
  /** `seq` rises strictly within one connection. */
  z.strictObject({ type: z.literal('command'), seq: Sequence, body: CommandBody }),
  z.strictObject({ type: z.literal('signal'), channel: SignalChannel, signal: Signal }),
]);
export type ConsoleMessage = z.infer<typeof ConsoleMessage>;
