// Messages on the link between agent and console. One strict union per direction; see SPEC.md for the rules.
import { z } from 'zod';
import { DeviceFacts, DeviceReport, ScreenQuality } from '../domain/device.ts';
import {
  DeviceId,
  DisplayName,
  LessonId,
  LockId,
  PresentationId,
  PupilText,
  RoomId,
  TeacherId,
} from '../domain/ids.ts';
import { SignedRoster } from './roster.ts';
import { Signal } from './signal.ts';

/** [Note: protocol version] One integer; both sides state the range they speak and the highest common one is used. */
export const protocolVersions = { min: 2, max: 2 } as const;

/** Largest frame of a device in bytes. A longer one ends the connection before it is read into memory. */
export const maxFrameBytes = 256 * 1024;
/** Largest frame of a console, which may hold a roster: its longest text, escaped once more and in UTF-8. */
export const maxConsoleFrameBytes = 1024 * 1024;

/** WebSocket subprotocol that both sides must name (RFC 6455 section 1.9). */
export const linkSubprotocol = 'lehrpult.link';

export const heartbeatIntervalMs = 2_000;
/** Silence after which a peer is taken for gone. */
export const heartbeatTimeoutMs = 5_000;
/** A connection that has not said hello by then is closed. */
export const helloTimeoutMs = 5_000;

/** Clocks that differ by more than this are told to people; nothing else depends on it. */
export const clockDifferenceToldMs = 5 * 60_000;

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
  /** Which addresses are opened is decided by the device, not here. */
  z.strictObject({ verb: z.literal('open-url'), url: z.string().min(1).max(2_048) }),
]);
export type CommandBody = z.infer<typeof CommandBody>;
export type Verb = CommandBody['verb'];

/** Why an agent refuses a command. Those up to `not-in-lesson` are the gate's: nothing was carried out. */
export const CommandRefusal = z.enum([
  'bad-signature',
  'bad-command',
  'wrong-issuer',
  'wrong-room',
  'wrong-device',
  'wrong-session',
  'stale-sequence',
  'revoked',
  'no-right',
  'not-in-lesson',
  'unknown-lock',
  'unknown-presentation',
  'no-display',
  'bad-url',
  'not-allowed',
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
  'cloned',
  'revoked',
  'console-closing',
]);
export type LinkRefusal = z.infer<typeof LinkRefusal>;

const Sequence = z.int().min(1);
/** 128 random bits, base64url. */
const Nonce = z.string().regex(/^[A-Za-z0-9_-]{22}$/);
/** Unix milliseconds of the sender's clock, for people: it may be wrong by years. */
const WallMs = z.int().min(0).max(8_640_000_000_000_000);
/** ES256, r and s of 32 bytes each (IEEE P1363), base64url. */
const Signature = z.string().regex(/^[A-Za-z0-9_-]{86}$/);

export const maxOrderLength = 16 * 1024;

/**
 * [Note: order] What a teacher signs: who orders what of which device, in which connection and as its how-manieth order.
 * It travels as text and the signature is over that text's UTF-8, so nobody has to agree on a spelling of JSON. No time
 * stands in it: a clock that is wrong neither stops a lesson nor lets an old order in again.
 */
export const Order = z.strictObject({
  v: z.literal(1),
  body: CommandBody,
  room: RoomId,
  device: DeviceId,
  /** SHA-256 of the public key that the signature is checked with. */
  issuer: TeacherId,
  /** The nonce of the device's hello. */
  session: Nonce,
  /** Rises strictly within one session. */
  seq: Sequence,
});
export type Order = z.infer<typeof Order>;

/** What a hello of any version, past or future, says in this form. */
export const AnyHello = z.looseObject({ type: z.literal('hello'), versions: VersionRange });

export const AgentMessage = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hello'),
    versions: VersionRange,
    /** Makes this connection's commands unlike any other's. */
    nonce: Nonce,
    wallMs: WallMs,
    facts: DeviceFacts,
    report: DeviceReport,
  }),
  z.strictObject({ type: z.literal('facts'), facts: DeviceFacts }),
  z.strictObject({ type: z.literal('report'), report: DeviceReport }),
  z.strictObject({
    type: z.literal('result'),
    /** null when the order could not be trusted: then nothing in it is, its number neither. */
    seq: Sequence.nullable(),
    refusal: CommandRefusal.nullable(),
    /** What is true on the device after the command. */
    report: DeviceReport,
  }),
  z.strictObject({ type: z.literal('signal'), channel: SignalChannel, signal: Signal }),
  /** Certificate request (PKCS #10, DER, base64) with the very key of this connection's certificate. */
  z.strictObject({
    type: z.literal('renew'),
    request: z
      .string()
      .max(3_000)
      .regex(/^[A-Za-z0-9+/]+={0,2}$/),
  }),
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
    /** The newest the console knows; null if it knows none. */
    roster: SignedRoster.nullable(),
    wallMs: WallMs,
  }),
  z.strictObject({ type: z.literal('roster'), roster: SignedRoster }),
  /** The answer to `renew`: the device's certificate and, behind it, the one of its room's authority. */
  z.strictObject({ type: z.literal('certificate'), certificatePem: z.string().max(8_192) }),
  z.strictObject({ type: z.literal('lesson'), lesson: LessonId.nullable() }),
  z.strictObject({ type: z.literal('refused'), code: LinkRefusal }),
  /** `order`: an `Order` as JSON, see [Note: order]. */
  z.strictObject({
    type: z.literal('command'),
    order: z.string().max(maxOrderLength),
    signature: Signature,
  }),
  z.strictObject({ type: z.literal('signal'), channel: SignalChannel, signal: Signal }),
]);
export type ConsoleMessage = z.infer<typeof ConsoleMessage>;
