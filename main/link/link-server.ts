// The console's end of the link: one TCP port, mutual TLS 1.3, one session per device. Features get typed events and
// sessions; they never see a socket or a frame.
import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { WebSocketServer } from 'ws';
import type { DeviceId, LessonId } from '../../shared/domain/ids.ts';
import type { Room } from '../../shared/domain/lesson.ts';
import {
  type CommandRefusal,
  heartbeatIntervalMs,
  heartbeatTimeoutMs,
  helloTimeoutMs,
  linkSubprotocol,
  maxFrameBytes,
} from '../../shared/protocol/link.ts';
import { ok, type Result } from '../../shared/result/result.ts';
import { type CancelTimer, type Clock, systemClock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { linkServerName } from '../trust/certificate-profile.ts';
import { createSigner } from '../trust/command-signature.ts';
import type { EnrolmentDesk } from '../trust/enrolment-desk.ts';
import type { TeacherIdentity } from '../trust/identity.ts';
import type { RosterKeeper } from '../trust/roster.ts';
import { createEnrolmentService, type EnrolmentServiceRefusal } from './enrolment-service.ts';
import {
  createFrontDoor,
  type DoorLimits,
  type DoorRefusal,
  type ListenFailure,
  plainAddress,
} from './front-door.ts';
import { createSession } from './link-session.ts';
import type { OrderSigner } from './order-book.ts';
import type { PairingService } from './pairing-service.ts';
import { createSessionRoll, type RenewDevice, type RollEvents, type RollRefusal } from './session-roll.ts';
import type {
  LinkSession,
  SessionControl,
  SessionLimits,
  SessionOwner,
  SessionRefusal,
} from './session-types.ts';
import { devicePeer, mutualServerOptions, onTlsFailure, type TransportFailure } from './tls-settings.ts';

export type { DeviceMessage, LinkSession } from './session-types.ts';

/** Every reason for which the console turns somebody away; each is counted and logged as `link.refused.<code>`. */
export type RefusalCode =
  | DoorRefusal
  | TransportFailure
  | SessionRefusal
  | RollRefusal
  | EnrolmentServiceRefusal
  /** A device did not take an order of ours for genuine. */
  | `order-${CommandRefusal}`
  | 'browser'
  | 'not-websocket'
  | 'subprotocol';

export type LinkServerEvents = RollEvents & {
  /** Somebody was turned away; `address` is an IP address, empty if it is not known any more. */
  refused: [code: RefusalCode, address: string];
};

export type LinkLimits = DoorLimits & SessionLimits;

export const defaultLinkLimits: LinkLimits = {
  maxPending: 256,
  handshakeTimeoutMs: 5_000,
  helloTimeoutMs,
  heartbeatIntervalMs,
  heartbeatTimeoutMs,
  messages: { burst: 300, perSecond: 100 },
  bytes: { burst: 4_194_304, perSecond: 524_288 },
  maxWaitingBytes: 4_194_304,
};

export type LinkServerOptions = {
  readonly identity: TeacherIdentity;
  /** `room.id` is the identity's. */
  readonly room: Room;
  /** Name that pupils read. */
  readonly teacherName: string;
  readonly log: Log;
  readonly clock?: Clock;
  /** False for a device whose certificate is good and that is nevertheless not wanted any more. Default: all are. */
  readonly admits?: (deviceId: DeviceId) => boolean;
  /** Who teaches and which keys no longer count; devices get each newer one as soon as it is known here. */
  readonly roster: RosterKeeper;
  /** True while the teacher has not decided what a key that was at two places belongs to. Default: never. */
  readonly isQuarantined?: (deviceId: DeviceId) => boolean;
  /** Without it devices keep the certificate they have. */
  readonly renew?: RenewDevice;
  /** With it devices can enrol on the link's own port; without it they cannot. */
  readonly enrolment?: EnrolmentDesk;
  /** With it, and with `enrolment`, devices can join by hand, too. */
  readonly pairing?: PairingService;
  readonly limits?: Partial<LinkLimits>;
};

export type LinkServer = {
  readonly events: EventEmitter<LinkServerEvents>;
  /** `port` 0 takes any free one; without `host` all addresses are served. Gives the port. */
  readonly listen: (port: number, host?: string) => Promise<Result<number, ListenFailure>>;
  readonly session: (deviceId: DeviceId) => LinkSession | null;
  readonly sessions: () => readonly LinkSession[];
  /** Tells every device, and every one that comes later. Null: no lesson. */
  readonly setLesson: (lesson: LessonId | null) => void;
  readonly counters: () => Readonly<Record<string, number>>;
  /** Says `console-closing` to all and frees the port. */
  readonly close: () => Promise<void>;
};

const sweepIntervalMs = 500;
const linkPath = '/link';

export function createLinkServer(options: LinkServerOptions): LinkServer {
  const { identity, log } = options;
  const clock = options.clock ?? systemClock;
  const limits: LinkLimits = { ...defaultLinkLimits, ...options.limits };
  const events = new EventEmitter<LinkServerEvents>();
  /** Sessions that have not said hello; the door goes on counting their sockets. */
  const unfinished = new Map<SessionControl, TLSSocket>();
  const counters = new Map<string, number>();
  const signer: OrderSigner = {
    room: identity.roomId,
    issuer: identity.teacherId,
    sign: createSigner(identity.privateKeyPem),
  };
  let stopSweep: CancelTimer = () => undefined;

  const count = (code: string) => counters.set(code, (counters.get(code) ?? 0) + 1);
  const refused = (code: RefusalCode, address: string, detail?: string) => {
    count(code);
    log.warn(`link.refused.${code}`, detail === undefined ? { address } : { address, detail });
    events.emit('refused', code, address);
  };

  const roll = createSessionRoll({
    room: options.room,
    teacherName: options.teacherName,
    roster: options.roster,
    clock,
    log,
    emit: (name, parts) => {
      (events as EventEmitter).emit(name, ...parts);
    },
    admits: options.admits ?? (() => true),
    isQuarantined: options.isQuarantined ?? (() => false),
    renew: options.renew ?? null,
    count: refused,
    onOpen: (session) => {
      const socket = unfinished.get(session);
      if (socket !== undefined) door.admit(socket);
      unfinished.delete(session);
    },
  });
  const owner: SessionOwner = {
    ...roll,
    onRefused: (code, session, detail) => refused(code, session.address, detail),
    onOrderRefused: (code, session) => refused(`order-${code}`, session.address, session.deviceId),
    // No refusal of the device: a browser names candidates that are of no use here all day long.
    onSignalLoss: (loss, session) => {
      count(loss);
      log.info(`link.${loss}`, { device: session.deviceId });
    },
  };

  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: maxFrameBytes,
    perMessageDeflate: false,
    handleProtocols: () => linkSubprotocol,
  });

  const turnAway = (socket: Duplex, code: RefusalCode, address: string, status: string) => {
    refused(code, address);
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    clock.after(sweepIntervalMs, () => socket.destroy());
  };

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (!(socket instanceof TLSSocket)) throw new Error('the link runs on TLS only');
    const address = plainAddress(socket.remoteAddress);
    const peer = devicePeer(socket, identity.roomId);
    if (typeof peer === 'string') {
      turnAway(socket, peer, address, '403 Forbidden');
      return;
    }
    // A browser always names its origin (RFC 6455 section 10.2) and the host of its page; no agent does.
    if (request.headers.origin !== undefined || request.headers.host !== linkServerName) {
      turnAway(socket, 'browser', address, '403 Forbidden');
      return;
    }
    if (request.url !== linkPath) {
      turnAway(socket, 'not-websocket', address, '404 Not Found');
      return;
    }
    if (request.headers['sec-websocket-protocol'] !== linkSubprotocol) {
      return turnAway(socket, 'subprotocol', address, '400 Bad Request');
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const session = createSession({ socket: webSocket, ...peer, address, clock, limits, signer, owner });
      unfinished.set(session, socket);
      webSocket.on('close', () => unfinished.delete(session));
      // From here the session keeps the time itself.
      door.extend(socket, Number.POSITIVE_INFINITY, () => undefined);
    });
  };

  const tls = createHttpsServer({
    ...mutualServerOptions(identity),
    maxHeaderSize: 4_096,
    requestTimeout: limits.handshakeTimeoutMs,
    keepAliveTimeout: 1,
  });
  tls.on('upgrade', onUpgrade);
  tls.on('request', (request: IncomingMessage, response: ServerResponse) => {
    refused('not-websocket', plainAddress(request.socket.remoteAddress));
    response.writeHead(404, { Connection: 'close' }).end();
  });
  onTlsFailure(tls, (code, address, detail) => refused(code, address, detail));
  tls.on('clientError', (_cause: Error, socket: Duplex) => {
    const address = socket instanceof TLSSocket ? plainAddress(socket.remoteAddress) : '';
    turnAway(socket, 'not-websocket', address, '400 Bad Request');
  });

  const enrolment =
    options.enrolment === undefined
      ? null
      : createEnrolmentService({
          identity,
          desk: options.enrolment,
          ...(options.pairing === undefined ? {} : { pairing: options.pairing }),
          requestTimeoutMs: limits.handshakeTimeoutMs,
          onRefused: refused,
        });

  const door = createFrontDoor({
    clock,
    limits,
    services: {
      link: (socket) => tls.emit('connection', socket),
      ...(enrolment ?? {}),
    },
    onRefused: refused,
  });

  const sweep = () => {
    door.sweep();
    for (const session of unfinished.keys()) session.tick();
    for (const session of roll.sessions()) session.tick();
  };

  return {
    events,
    listen: async (port, host) => {
      const listening = await door.listen(port, host);
      if (!listening.ok) return listening;
      stopSweep = clock.every(sweepIntervalMs, sweep);
      return ok(listening.value);
    },
    session: roll.session,
    sessions: roll.sessions,
    setLesson: roll.setLesson,
    counters: () => Object.fromEntries(counters),
    close: async () => {
      stopSweep();
      roll.close();
      for (const session of [...roll.sessions(), ...unfinished.keys()])
        session.close('console-closing', 'console-closing');
      await door.close();
    },
  };
}
