// What a device's connection offers on the console: to features a `LinkSession`, to the server a `SessionControl`.
import type { WebSocket } from 'ws';
import type { DeviceFacts, DeviceReport } from '../../shared/domain/device.ts';
import type { DeviceId } from '../../shared/domain/ids.ts';
import type {
  AgentMessage,
  CommandBody,
  CommandRefusal,
  ConsoleMessage,
  LinkRefusal,
} from '../../shared/protocol/link.ts';
import type { Result } from '../../shared/result/result.ts';
import type { Clock } from '../lib/clock.ts';
import type { CommandFailure, OrderSigner } from './order-book.ts';
import type { SignalLoss } from './signal-filter.ts';
import type { BucketPlan } from './token-bucket.ts';

/** What features get to see; hello and results are the session's own business. */
export type DeviceMessage = Exclude<AgentMessage, { type: 'hello' } | { type: 'result' } | { type: 'renew' }>;
export type SendableMessage = Extract<ConsoleMessage, { type: 'signal' }>;
export type GoneReason = 'closed' | 'silent' | 'replaced' | 'cloned' | 'refused' | 'console-closing';

export type LinkSession = {
  readonly deviceId: DeviceId;
  /** The device's IP address. */
  readonly address: string;
  /** Unix milliseconds. */
  readonly connectedAt: number;
  /** By how much the device's clock was ahead of ours at hello; null if people need not know. Nothing depends on it. */
  readonly clockDifferenceMs: number | null;
  /** Last facts and report the device sent. */
  readonly facts: DeviceFacts;
  readonly report: DeviceReport;
  /** False if the connection is closed; a message to nobody is lost, as on any network. */
  readonly send: (message: SendableMessage) => boolean;
  /** Orders something and waits for the device's answer. Never rejects. `timeoutMs` default 5,000. */
  readonly command: (body: CommandBody, timeoutMs?: number) => Promise<Result<void, CommandFailure>>;
  /** Tells the device why and ends the connection. */
  readonly refuse: (code: LinkRefusal) => void;
  readonly isOpen: () => boolean;
};

export type SessionLimits = {
  readonly messages: BucketPlan;
  readonly bytes: BucketPlan;
  /** Bytes that may wait for a device that does not read. */
  readonly maxWaitingBytes: number;
  readonly helloTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly heartbeatTimeoutMs: number;
};

/** Codes beside those of the protocol for what the WebSocket layer itself refuses. */
export type SessionRefusal = LinkRefusal | 'too-big' | 'bad-frame';

export type SessionOwner = {
  /** Hello was good: sooner or later the owner calls `open` or `turnAway`. */
  readonly onHello: (session: SessionControl, version: number) => void;
  /** The device asks for a new certificate. `requestDer` is whatever it sent. */
  readonly onRenew: (session: SessionControl, requestDer: Buffer) => void;
  readonly onMessage: (session: SessionControl, message: DeviceMessage) => void;
  readonly onRefused: (code: SessionRefusal, session: SessionControl, detail?: string) => void;
  /** The device did not trust an order; which one it was cannot be known, so its asker hears `timeout`. */
  readonly onOrderRefused: (code: CommandRefusal, session: SessionControl) => void;
  /** Part of a signal, or all of it, was not passed on. */
  readonly onSignalLoss: (loss: SignalLoss, session: SessionControl) => void;
  /** Comes once for each session that was open. */
  readonly onGone: (session: SessionControl, reason: GoneReason) => void;
};

export type Welcome = Extract<ConsoleMessage, { type: 'welcome' }>;

export type SessionControl = LinkSession & {
  /** SHA-256 of the key of the room authority that issued its certificate, null if that is not known. */
  readonly authorityKeyId: string | null;
  /** Welcomes a device that has said hello; false if it has gone meanwhile. */
  readonly open: (welcome: Welcome) => boolean;
  /** Counts, says why and closes. */
  readonly turnAway: (code: LinkRefusal, detail?: string) => void;
  /** To a device that was welcomed; false to any other. */
  readonly tell: (message: ConsoleMessage) => boolean;
  /** Not closed; it may not have said hello yet. */
  readonly isAlive: () => boolean;
  /** Is somebody there now? Asks with a ping of its own; false after `timeoutMs` or when the connection ends. */
  readonly probe: (timeoutMs: number) => Promise<boolean>;
  readonly close: (code: LinkRefusal, reason: GoneReason) => void;
  /** Heartbeat and time limits; called every half second. */
  readonly tick: () => void;
};

export type SessionOptions = {
  readonly socket: WebSocket;
  readonly deviceId: DeviceId;
  /** SHA-256 of the key of the room authority that issued its certificate, null if that is not known. */
  readonly authorityKeyId: string | null;
  readonly address: string;
  readonly clock: Clock;
  readonly limits: SessionLimits;
  readonly signer: OrderSigner;
  readonly owner: SessionOwner;
};
