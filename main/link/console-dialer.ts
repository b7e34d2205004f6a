// Finds, among several addresses, one where the console of our room proves itself, and gives the TLS connection to it.
// Addresses are hints from anywhere; what counts is the certificate.
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls';
import type { CancelTimer, Clock } from '../lib/clock.ts';
import { linkServerName } from '../trust/certificate-profile.ts';
import { type HostPort, parseAddress } from './address.ts';
import {
  type ConsoleWish,
  consoleClientOptions,
  dateFailureOf,
  type TransportFailure,
  transportFailureOf,
} from './tls-settings.ts';

/** `address`: the one of those asked for that answered. */
export type Dialled = { readonly socket: TLSSocket; readonly address: string };
export type DialResult =
  | ({ readonly ok: true } & Dialled)
  | { readonly ok: false; readonly problem: TransportFailure };

export type DialOptions = {
  readonly addresses: readonly string[];
  readonly defaultPort: number;
  readonly context: SecureContext;
  readonly wish: ConsoleWish;
  /** When our own certificate was issued, Unix milliseconds: the one moment of which we know that it is over. */
  readonly issuedMs: number;
  readonly clock: Clock;
  /** Local IP address to dial from; for machines with several and for tests. */
  readonly localAddress?: string;
  /** Comes once, unless cancelled before. */
  readonly onDone: (result: DialResult) => void;
};

/** The next address is tried while the one before is still silent (after RFC 8305, "happy eyeballs"). */
const staggerMs = 150;
const tcpTimeoutMs = 1_500;
const tlsTimeoutMs = 5_000;

/** Of several failures the one that says most is told: a console that could not prove itself before one that is absent. */
const silence: readonly TransportFailure[] = ['unreachable', 'timeout'];
const worse = (a: TransportFailure | null, b: TransportFailure): TransportFailure =>
  a === null || (silence.includes(a) && !silence.includes(b)) ? b : a;

type TryOptions = {
  readonly target: HostPort;
  readonly dial: DialOptions;
  readonly onEnd: (socket: TLSSocket | TransportFailure) => void;
};

function tryOne({ target, dial, onEnd }: TryOptions): () => void {
  let isOver = false;
  // TLS begins when TCP is there: most tries of a long outage end before, and TLS is what costs.
  const tcp = connectTcp({
    host: target.host,
    port: target.port,
    noDelay: true,
    ...(dial.localAddress === undefined ? {} : { localAddress: dial.localAddress }),
  });
  let socket: Socket = tcp;
  const end = (outcome: TLSSocket | TransportFailure) => {
    if (isOver) return;
    isOver = true;
    stopTimer();
    if (typeof outcome === 'string') socket.destroy();
    onEnd(outcome);
  };
  let stopTimer: CancelTimer = dial.clock.after(tcpTimeoutMs, () => end('timeout'));
  tcp.on('error', (cause) => end(transportFailureOf(cause)));
  tcp.once('connect', () => {
    if (isOver) return;
    stopTimer();
    stopTimer = dial.clock.after(tlsTimeoutMs, () => end('timeout'));
    const tls = connectTls({
      socket: tcp,
      ...consoleClientOptions(dial.context, linkServerName, dial.wish),
    });
    socket = tls;
    let peerUntil: string | undefined;
    // Before Node's own listener, which judges the certificate and may drop it.
    tls.prependListener('secure', () => {
      peerUntil = tls.getPeerCertificate().valid_to;
    });
    tls.on('error', (cause) => end(dateFailureOf(transportFailureOf(cause), peerUntil, dial.issuedMs)));
    tls.on('close', () => end('tls-failed'));
    tls.once('secureConnect', () => end(tls.authorized ? tls : 'untrusted-certificate'));
  });
  return () => {
    isOver = true;
    stopTimer();
    socket.destroy();
  };
}

/** Dials all addresses, staggered; the first that authenticates wins and the others are dropped. Gives a canceller. */
export function dialConsole(options: DialOptions): () => void {
  const targets = options.addresses
    .map((text) => ({ text, target: parseAddress(text, options.defaultPort) }))
    .filter((entry): entry is { text: string; target: HostPort } => entry.target !== null);
  /** Stops a try that runs or one that has not begun. */
  const stops = new Map<string, () => void>();
  let problem: TransportFailure | null = null;
  const cancel = () => {
    for (const stop of stops.values()) stop();
    stops.clear();
  };
  const onEnd = (text: string, outcome: TLSSocket | TransportFailure) => {
    stops.delete(text);
    if (typeof outcome !== 'string') {
      cancel();
      options.onDone({ ok: true, socket: outcome, address: text });
      return;
    }
    problem = worse(problem, outcome);
    if (stops.size === 0) options.onDone({ ok: false, problem });
  };
  targets.forEach(({ text, target }, index) => {
    const start = () =>
      stops.set(text, tryOne({ target, dial: options, onEnd: (outcome) => onEnd(text, outcome) }));
    if (index === 0) start();
    else stops.set(text, options.clock.after(index * staggerMs, start));
  });
  if (targets.length === 0) {
    stops.set(
      '',
      options.clock.after(0, () => options.onDone({ ok: false, problem: 'unreachable' })),
    );
  }
  return cancel;
}
