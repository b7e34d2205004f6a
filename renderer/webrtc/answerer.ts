// The side that answers: takes every offer of a higher generation as a new connection, ignores what is stale and
// asks for a new offer when the connection stays broken. The last picture stays until the new one has a first frame.
import type { Signal } from '../../shared/protocol/signal.ts';
import { createPeerTransport, type PeerTransport, type TransportState } from './peer-transport.ts';
import { disconnectedGraceMs, mediaRetry, retryDelayMs } from './retry-policy.ts';
import type { SignalPort } from './signal-port.ts';

/**
 * `frozen`: it was live, the connection is away, the last frame stays on screen.
 * `failed`: several requests for a new offer went unanswered; they go on. `insecure`: the far end is not who the link says;
 * nothing is shown and nothing is asked; whatever is tried next, it stays until somebody genuine is there. `closed` is final.
 */
export type ReceivingStatus = 'connecting' | 'live' | 'frozen' | 'failed' | 'insecure' | 'closed';

export type AnswererParts = {
  readonly signals: SignalPort;
  readonly onStatus: (status: ReceivingStatus) => void;
  /** A track of a new connection, not to be seen before `onGenuine`. */
  readonly onTrack: (track: MediaStreamTrack, receiver: RTCRtpReceiver) => void;
  /** The far end of the connection is the one whom the link has named. */
  readonly onGenuine: () => void;
  readonly onProblem: (step: string, error: Error) => void;
};

export type Answerer = {
  readonly status: () => ReceivingStatus;
  readonly generation: () => number;
  readonly transport: () => PeerTransport | null;
  /** Asks the far end for an offer: at start, when it may have offered before this side listened. */
  readonly ask: () => void;
  readonly close: () => void;
};

export const createAnswerer = (parts: AnswererParts): Answerer => {
  const { signals } = parts;
  let status: ReceivingStatus = 'connecting';
  let transport: PeerTransport | null = null;
  let generation = 0;
  let wasLive = false;
  let asked = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const change = (next: ReceivingStatus): void => {
    if (status === next || status === 'closed') return;
    if (status === 'insecure' && next !== 'live' && next !== 'closed') return;
    status = next;
    parts.onStatus(next);
  };
  const askLater = (delayMs: number): void => {
    clearTimeout(timer);
    timer = setTimeout(ask, delayMs);
  };
  const ask = (): void => {
    if (status === 'closed') return;
    signals.send({ kind: 'restart', generation });
    if (asked >= mediaRetry.failedAfter) change('failed');
    else change(wasLive ? 'frozen' : 'connecting');
    // Doubled: an offer needs a moment to come, and asking again would throw it away.
    askLater(2 * retryDelayMs(mediaRetry, asked, Math.random()));
    asked += 1;
  };
  const onState = (from: PeerTransport, state: TransportState): void => {
    if (from !== transport) return;
    if (state === 'connected') {
      clearTimeout(timer);
      asked = 0;
      wasLive = true;
      parts.onGenuine();
      change('live');
    } else if (state === 'insecure') {
      clearTimeout(timer);
      wasLive = false;
      change('insecure');
    } else if (state === 'disconnected') {
      change('frozen');
      askLater(disconnectedGraceMs);
    } else if (state === 'failed') {
      change(wasLive ? 'frozen' : 'connecting');
      askLater(0);
    }
  };
  const begin = (offer: Signal): void => {
    transport?.close();
    generation = offer.generation;
    change(wasLive ? 'frozen' : 'connecting');
    const next: PeerTransport = createPeerTransport({
      generation,
      send: signals.send,
      onState: (state) => onState(next, state),
      onTrack: parts.onTrack,
      onProblem: parts.onProblem,
    });
    transport = next;
    next.take(offer);
    askLater(disconnectedGraceMs * 3);
  };

  const stopListening = signals.onSignal((signal) => {
    if (status === 'closed' || signal.generation < generation) return;
    if (signal.kind === 'offer' && (signal.generation > generation || transport === null)) begin(signal);
    else if (signal.generation !== generation || transport === null) return;
    else if (signal.kind === 'bye') {
      clearTimeout(timer);
      transport.close();
      transport = null;
      change(wasLive ? 'frozen' : 'connecting');
    } else transport.take(signal);
  });

  return {
    status: () => status,
    generation: () => generation,
    transport: () => transport,
    ask,
    close() {
      if (status === 'closed') return;
      clearTimeout(timer);
      stopListening();
      if (transport !== null) signals.send({ kind: 'bye', generation });
      transport?.close();
      transport = null;
      change('closed');
    },
  };
};
