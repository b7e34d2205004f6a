// The console's one TCP port: looks at the first bytes of a connection and hands it to its service. Bounds how many
// connections may be unfinished, and for how long. It knows nothing of certificates or messages.
import { createServer, type Server, type Socket } from 'node:net';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import type { Clock } from '../lib/clock.ts';
import { enrolmentServerName } from '../trust/certificate-profile.ts';
import { maxClientHelloBytes, peekClientHello } from './client-hello.ts';

export type DoorLimits = {
  /** Unfinished connections in all; above it the oldest of the address with most of them is cut. */
  readonly maxPending: number;
  /** Time from the first packet to the upgrade to WebSocket, or to the end of an enrolment. */
  readonly handshakeTimeoutMs: number;
};

export type DoorRefusal = 'half-open' | 'crowded' | 'not-tls' | 'no-such-service';
export type DoorService = 'link' | 'enrolment' | 'authority';

/** First bytes come in a packet or two; whoever drips them costs a reading of all each time. */
const maxFirstReads = 16;
/** At the end, time for what was said last to reach the peers. */
const closeGraceMs = 300;

export type FrontDoorOptions = {
  readonly clock: Clock;
  readonly limits: DoorLimits;
  /** Services that are open; a connection to any other is refused. */
  readonly services: Partial<Readonly<Record<DoorService, (socket: Socket) => void>>>;
  readonly onRefused: (code: DoorRefusal, address: string) => void;
};

export type ListenFailure = AppError<'port-in-use' | 'port-forbidden' | 'address-unknown' | 'listen-failed'>;

export type FrontDoor = {
  /** Gives the port, which matters if 0 was asked for. `host` undefined: all addresses. */
  readonly listen: (port: number, host: string | undefined) => Promise<Result<number, ListenFailure>>;
  /** Gives an unfinished connection more time and says what to do when that is over. */
  readonly extend: (socket: Peer, deadlineMs: number, onLate: () => void) => void;
  /** The connection is finished with its beginning: it counts no more. */
  readonly admit: (socket: Peer) => void;
  /** Cuts what is late. The owner calls it at least twice a second. */
  readonly sweep: () => void;
  readonly pending: () => number;
  readonly close: () => Promise<void>;
};

/** A TLS socket and the TCP socket below it have the same two ends, which is how they are known as one. */
export type Peer = Pick<Socket, 'remoteAddress' | 'remotePort' | 'localAddress' | 'localPort'>;

type Pending = {
  readonly key: string;
  readonly socket: Socket;
  readonly address: string;
  deadlineMs: number;
  onLate: () => void;
};

const keyOf = (socket: Peer): string =>
  [socket.remoteAddress, socket.remotePort, socket.localAddress, socket.localPort].join(' ');

/** An IPv4 address without the prefix that a dual-stack socket puts before it. */
export const plainAddress = (address: string | undefined): string => (address ?? '').replace(/^::ffff:/, '');

function listenFailure(cause: NodeJS.ErrnoException): { readonly ok: false; readonly error: ListenFailure } {
  if (cause.code === 'EADDRINUSE') return fail('port-in-use', 'retry', cause.message);
  if (cause.code === 'EACCES') return fail('port-forbidden', 'ask-it', cause.message);
  if (cause.code === 'EADDRNOTAVAIL' || cause.code === 'ENOTFOUND') {
    return fail('address-unknown', 'ask-it', cause.message);
  }
  return fail('listen-failed', 'retry', cause.message);
}

/** Which service the first bytes ask for; null while too few have come. */
function serviceOf(bytes: Buffer): DoorService | 'not-tls' | null {
  const start = bytes.subarray(0, 4).toString('latin1');
  if (start === 'GET ') return 'authority';
  if ('GET '.startsWith(start)) return null;
  const peek = peekClientHello(bytes);
  if (peek.kind === 'incomplete') return null;
  if (peek.kind === 'not-tls') return 'not-tls';
  return peek.serverName === enrolmentServerName ? 'enrolment' : 'link';
}

export function createFrontDoor(options: FrontDoorOptions): FrontDoor {
  const { clock, limits, services, onRefused } = options;
  const pending = new Map<string, Pending>();
  const sockets = new Set<Socket>();

  const refuse = (socket: Socket, code: DoorRefusal) => {
    onRefused(code, plainAddress(socket.remoteAddress));
    socket.destroy();
  };

  const cutHeaviest = () => {
    const perAddress = Map.groupBy(pending.values(), (entry) => entry.address);
    const heaviest = [...perAddress.values()].reduce((a, b) => (b.length > a.length ? b : a));
    // A Map keeps the order of arrival, so the first is the oldest.
    const oldest = heaviest[0];
    if (oldest === undefined) return;
    pending.delete(oldest.key);
    refuse(oldest.socket, 'crowded');
  };

  const sort = (socket: Socket) => {
    let bytes = Buffer.alloc(0);
    let reads = 0;
    const onReadable = () => {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) return;
      bytes = Buffer.concat([bytes, chunk]);
      reads += 1;
      const service = serviceOf(bytes);
      if (service === null && bytes.length < maxClientHelloBytes && reads < maxFirstReads) return;
      socket.off('readable', onReadable);
      if (service === null || service === 'not-tls') {
        refuse(socket, 'not-tls');
        return;
      }
      const serve = services[service];
      if (serve === undefined) {
        refuse(socket, 'no-such-service');
        return;
      }
      socket.unshift(bytes);
      serve(socket);
    };
    socket.on('readable', onReadable);
  };

  const server: Server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    const key = keyOf(socket);
    const late = () => refuse(socket, 'half-open');
    const address = plainAddress(socket.remoteAddress);
    pending.set(key, {
      key,
      socket,
      address,
      deadlineMs: clock.nowMs() + limits.handshakeTimeoutMs,
      onLate: late,
    });
    // A reset by the peer is no event of ours; `close` follows it.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      pending.delete(key);
    });
    if (pending.size > limits.maxPending) cutHeaviest();
    if (!socket.destroyed) sort(socket);
  });

  return {
    listen: (port, host) =>
      new Promise((resolve) => {
        const onError = (cause: NodeJS.ErrnoException) => resolve(listenFailure(cause));
        server.once('error', onError);
        server.listen({ port, ...(host === undefined ? {} : { host }), backlog: 512 }, () => {
          server.off('error', onError);
          // Errors of a listening socket (out of descriptors) concern the one connection that was not taken.
          server.on('error', () => onRefused('crowded', ''));
          const address = server.address();
          resolve(ok(typeof address === 'object' && address !== null ? address.port : port));
        });
      }),
    extend: (socket, deadlineMs, onLate) => {
      const entry = pending.get(keyOf(socket));
      if (entry === undefined) return;
      entry.deadlineMs = deadlineMs;
      entry.onLate = onLate;
    },
    admit: (socket) => {
      pending.delete(keyOf(socket));
    },
    sweep: () => {
      const nowMs = clock.nowMs();
      for (const [key, entry] of pending) {
        if (entry.deadlineMs > nowMs) continue;
        pending.delete(key);
        entry.onLate();
      }
    },
    pending: () => pending.size,
    close: () =>
      new Promise((resolve) => {
        const cut = clock.after(closeGraceMs, () => {
          for (const socket of sockets) socket.destroy();
        });
        for (const entry of pending.values()) entry.socket.destroy();
        const done = () => {
          cut();
          resolve();
        };
        // `close` comes when the last connection has ended.
        if (server.listening) server.close(done);
        else done();
      }),
  };
}
