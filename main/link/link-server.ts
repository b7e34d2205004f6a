// The console's end of the link: one TCP port, mutual TLS 1.3, one session per device. Features get typed events and
// sessions; they never see a socket or a frame.
import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { WebSocketServer } from 'ws';
import { DeviceId, type LessonId } from '../../shared/domain/ids.ts';
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
import { readCertificate } from '../trust/certificate-profile.ts';
import { createSigner } from '../trust/command-signature.ts';
import type { EnrolmentDesk } from '../trust/enrolment-desk.ts';
import type { TeacherIdentity } from '../trust/identity.ts';
import { createEnrolmentService, type EnrolmentServiceRefusal } from './enrolment-service.ts';
import {
  createFrontDoor,
  type DoorLimits,
  type DoorRefusal,
  type ListenFailure,
  plainAddress,
} from './front-door.ts';
import {
  createSession,
  type DeviceMessage,
  type GoneReason,
  type LinkSession,
  type SessionControl,
  type SessionLimits,
  type SessionOwner,
  type SessionRefusal,
} from './link-session.ts';
import type { OrderSigner } from './order-book.ts';
import { mutualServerOptions, onTlsFailure, peerProblem, type TransportFailure } from './tls-settings.ts';

export type { DeviceMessage, GoneReason, LinkSession } from './link-session.ts';

/** Every reason for which the console turns somebody away; each is counted and logged as `link.refused.<code>`. */
export type RefusalCode =
  | DoorRefusal
  | TransportFailure
  | SessionRefusal
  | EnrolmentServiceRefusal
  /** A device did not take an order of ours for genuine. */
  | `order-${CommandRefusal}`
  | 'browser'
  | 'not-websocket'
  | 'subprotocol';

export type LinkServerEvents = {
  /** Hello was good; the session can be used. An older session of the same device went before, as `replaced`. */
  connected: [session: LinkSession];
  message: [session: LinkSession, message: DeviceMessage];
  gone: [deviceId: DeviceId, reason: GoneReason, session: LinkSession];
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
  /** With it devices can enrol on the link's own port; without it they cannot. */
  readonly enrolment?: EnrolmentDesk;
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
  const sessions = new Map<DeviceId, SessionControl>();
  /** Sessions that have not said hello; the door goes on counting their sockets. */
  const unfinished = new Map<SessionControl, TLSSocket>();
  const counters = new Map<string, number>();
  const signer: OrderSigner = {
    room: identity.roomId,
    issuer: identity.teacherId,
    sign: createSigner(identity.privateKeyPem),
  };
  let lesson: LessonId | null = null;
  let stopSweep: CancelTimer = () => undefined;

  const refused = (code: RefusalCode, address: string, detail?: string) => {
    counters.set(code, (counters.get(code) ?? 0) + 1);
    log.warn(`link.refused.${code}`, detail === undefined ? { address } : { address, detail });
    events.emit('refused', code, address);
  };

  const owner: SessionOwner = {
    onHello: (session, version) => {
      if (options.admits !== undefined && !options.admits(session.deviceId)) return 'not-enrolled';
      return { type: 'welcome', version, room: options.room, teacher: options.teacherName, lesson };
    },
    onOpen: (session) => {
      const socket = unfinished.get(session);
      if (socket !== undefined) door.admit(socket);
      unfinished.delete(session);
      const older = sessions.get(session.deviceId);
      sessions.set(session.deviceId, session);
      if (older !== undefined) {
        refused('replaced', older.address, session.address);
        older.close('replaced', 'replaced');
      }
      log.info('link.connected', { device: session.deviceId, address: session.address });
      events.emit('connected', session);
    },
    onMessage: (session, message) => {
      events.emit('message', session, message);
    },
    onRefused: (code, session, detail) => refused(code, session.address, detail),
    onOrderRefused: (code, session) => refused(`order-${code}`, session.address, session.deviceId),
    onGone: (session, reason) => {
      if (sessions.get(session.deviceId) === session) sessions.delete(session.deviceId);
      log.info('link.gone', { device: session.deviceId, reason });
      events.emit('gone', session.deviceId, reason, session);
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
    const certificate = socket.getPeerCertificate().raw;
    if (!socket.authorized || certificate === undefined) {
      return turnAway(socket, 'no-certificate', address, '403 Forbidden');
    }
    const problem = peerProblem(certificate, { role: 'agent', roomId: identity.roomId });
    if (problem !== null) {
      turnAway(socket, problem, address, '403 Forbidden');
      return;
    }
    // A browser always names its origin (RFC 6455 section 10.2); no agent does.
    if (request.headers.origin !== undefined) {
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
    const deviceId = DeviceId.parse(readCertificate(certificate).keyId);
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const session = createSession({ socket: webSocket, deviceId, address, clock, limits, signer, owner });
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
    for (const session of sessions.values()) session.tick();
  };

  return {
    events,
    listen: async (port, host) => {
      const listening = await door.listen(port, host);
      if (!listening.ok) return listening;
      stopSweep = clock.every(sweepIntervalMs, sweep);
      return ok(listening.value);
    },
    session: (deviceId) => sessions.get(deviceId) ?? null,
    sessions: () => [...sessions.values()],
    setLesson: (next) => {
      lesson = next;
      for (const session of sessions.values()) session.sendLesson(next);
    },
    counters: () => Object.fromEntries(counters),
    close: async () => {
      stopSweep();
      for (const session of [...sessions.values(), ...unfinished.keys()])
        session.close('console-closing', 'console-closing');
      await door.close();
    },
  };
}
