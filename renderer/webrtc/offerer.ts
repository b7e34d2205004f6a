// The side that offers: keeps one connection alive, replaces it by one of a higher generation when it breaks,
// when the far end asks for it or when told to. What is sent is up to the session above.
import { nextGeneration } from './generation.ts';
import { createPeerTransport, type PeerTransport, type TransportState } from './peer-transport.ts';
import { connectTimeoutMs, disconnectedGraceMs, mediaRetry, retryDelayMs } from './retry-policy.ts';
import type { SignalPort } from './signal-port.ts';

/**
 * `connecting` also while a broken connection is replaced; `failed`: several tries in a row, still trying. `insecure`: the far
 * end is not who the link says; nothing is sent and nothing is tried until it asks for a new offer; it stays until somebody genuine is there.
 */
export type SendingStatus = 'connecting' | 'live' | 'failed' | 'insecure' | 'closed';

export type OffererParts = {
  readonly signals: SignalPort;
  readonly startKbps: number;
  /** Adds the media to a new connection before it is offered. */
  readonly setUp: (transport: PeerTransport) => void;
  readonly onStatus: (status: SendingStatus) => void;
  readonly onProblem: (step: string, error: Error) => void;
};

export type Offerer = {
  readonly status: () => SendingStatus;
  /** The connection of now, null before `connect` and after `close`. */
  readonly transport: () => PeerTransport | null;
  /** Makes a new connection at once, whatever there was. */
  readonly connect: () => void;
  readonly close: () => void;
};

export const createOfferer = (parts: OffererParts): Offerer => {
  const { signals } = parts;
  let status: SendingStatus = 'connecting';
  let transport: PeerTransport | null = null;
  let attempt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const change = (next: SendingStatus): void => {
    if (status === next || (status === 'insecure' && next !== 'live' && next !== 'closed')) return;
    status = next;
    parts.onStatus(next);
  };
  const later = (delayMs: number): void => {
    clearTimeout(timer);
    timer = setTimeout(connect, delayMs);
  };
  const onState = (from: PeerTransport, state: TransportState): void => {
    if (from !== transport) return;
    if (state === 'connected') {
      clearTimeout(timer);
      attempt = 0;
      change('live');
    } else if (state === 'insecure') {
      clearTimeout(timer);
      change('insecure');
    } else if (state === 'disconnected') later(disconnectedGraceMs);
    else if (state === 'failed') later(retryDelayMs(mediaRetry, attempt, Math.random()));
  };
  const connect = (): void => {
    if (status === 'closed') return;
    transport?.close();
    change(attempt >= mediaRetry.failedAfter ? 'failed' : 'connecting');
    const next: PeerTransport = createPeerTransport({
      generation: nextGeneration(),
      send: signals.send,
      onState: (state) => onState(next, state),
      onTrack: () => {},
      onProblem: parts.onProblem,
    });
    transport = next;
    parts.setUp(next);
    next.offer(parts.startKbps);
    // Nobody may be there yet: the next offer comes by itself, each later than the one before.
    later(connectTimeoutMs + retryDelayMs(mediaRetry, attempt, Math.random()));
    attempt += 1;
  };

  const stopListening = signals.onSignal((signal) => {
    if (transport === null || signal.generation > transport.generation) return;
    // An answerer that is new here knows no generation yet and asks with 0.
    const isAsked =
      signal.kind === 'restart' && (signal.generation === 0 || signal.generation === transport.generation);
    if (isAsked) connect();
    else if (signal.generation === transport.generation) transport.take(signal);
  });

  return {
    status: () => status,
    transport: () => transport,
    connect() {
      attempt = 0;
      connect();
    },
    close() {
      if (status === 'closed') return;
      clearTimeout(timer);
      stopListening();
      if (transport !== null) signals.send({ kind: 'bye', generation: transport.generation });
      transport?.close();
      transport = null;
      change('closed');
    },
  };
};
