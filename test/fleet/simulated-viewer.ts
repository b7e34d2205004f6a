// A presentation window without a window: answers the relay, receives and decrypts the stream and counts frames. Asks
// for lost packets and key frames like a browser does.
import type { Track } from 'node-datachannel';
import type { ViewerPort, ViewerState } from '../../main/features/presentation/viewer-port.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import { createListeners } from './listeners.ts';
import { createNativePeer, type NativePeer, type NativeState } from './native-peer.ts';
import { buildNack, buildPli, buildReceiverReport, isRtcp, senderReportTime } from './rtcp.ts';
import type { TimerWheel } from './timer-wheel.ts';
import { createVp8Receiver, type FrameCounts, noFrames, type Vp8Receiver } from './vp8-receiver.ts';

const reportIntervalMs = 1_000;
const askIntervalMs = 50;
/** How long show() waits for the relay's offer before it asks for one. */
const offerTimeoutMs = 3_000;
const longestAskMs = 8_000;
const disconnectedGraceMs = 2_000;
/** Requests for an offer without success after which the device says that it failed; it goes on asking. */
const failedAfter = 4;

export type ViewerStats = Readonly<FrameCounts> & {
  readonly state: ViewerState | 'none';
  readonly connections: number;
  /** Milliseconds from show() to the first whole frame; null before. */
  readonly firstFrameAfterMs: number | null;
  /** What the native side refused; each cost a new connection. */
  readonly problems: readonly string[];
};

export type SimulatedViewer = ViewerPort & { readonly stats: () => ViewerStats };

export type SimulatedViewerParts = {
  readonly name: string;
  readonly wheel: TimerWheel;
  /** Gives [0, 1). */
  readonly random: () => number;
  /** Local address to use alone, null for all. */
  readonly bindAddress: string | null;
};

type Connection = { readonly peer: NativePeer; readonly receiver: Vp8Receiver; track: Track | null };

export const createSimulatedViewer = (parts: SimulatedViewerParts): SimulatedViewer => {
  const { wheel, random } = parts;
  const signals = createListeners<Signal>();
  const states = createListeners<ViewerState>();
  const counts = noFrames();
  const ssrc = 1 + Math.floor(random() * 0x7fff_fffe);
  let state: ViewerState | 'none' = 'none';
  const problems: string[] = [];
  let connection: Connection | null = null;
  let connections = 0;
  let generation = 0;
  let shownAtMs = 0;
  let firstFrameAfterMs: number | null = null;
  let asked = 0;
  let retry: NodeJS.Timeout | undefined;
  let lastSenderReport = 0;
  let senderReportAtMs = 0;

  const change = (next: ViewerState): void => {
    if (state === next || state === 'none') return;
    state = next;
    states.tell(next);
  };
  const later = (delayMs: number): void => {
    clearTimeout(retry);
    retry = setTimeout(ask, delayMs);
    retry.unref();
  };
  /** Asks the relay for a new offer. */
  const ask = (): void => {
    signals.tell({ kind: 'restart', generation });
    asked += 1;
    change(asked >= failedAfter ? 'failed' : 'connecting');
    later(Math.min(longestAskMs, 1_000 * 2 ** asked) * (0.5 + random() / 2));
  };

  const sendRtcp = (packet: Buffer): void => {
    try {
      connection?.track?.sendMessageBinary(packet);
    } catch {
      // The track closed between two events; the state change that tells it is on its way.
    }
  };
  const askTimer = wheel.timer((nowMs) => {
    if (connection === null) return;
    const { receiver } = connection;
    const { missing, wantsKeyFrame } = receiver.ask(nowMs);
    if (missing.length > 0) sendRtcp(buildNack(ssrc, receiver.ssrc(), missing));
    if (wantsKeyFrame) sendRtcp(buildPli(ssrc, receiver.ssrc()));
    if (receiver.isWaiting()) askTimer.at(nowMs + askIntervalMs);
    else isAsking = false;
  });
  let isAsking = false;

  const reportTimer = wheel.timer((nowMs) => {
    if (connection === null) return;
    reportTimer.at(nowMs + reportIntervalMs);
    const { receiver } = connection;
    if (receiver.ssrc() === 0) return;
    sendRtcp(
      buildReceiverReport(ssrc, {
        mediaSsrc: receiver.ssrc(),
        ...receiver.reception(),
        lastSenderReport,
        delaySinceLastSenderReport:
          lastSenderReport === 0 ? 0 : Math.round(((nowMs - senderReportAtMs) / 1_000) * 65_536),
      }),
    );
  });

  const onPacket = (from: Connection, packet: Buffer): void => {
    if (connection !== from) return;
    const nowMs = performance.now();
    if (isRtcp(packet)) {
      const time = senderReportTime(packet);
      if (time === null) return;
      lastSenderReport = time;
      senderReportAtMs = nowMs;
      return;
    }
    const { receiver } = from;
    const before = counts.framesComplete;
    receiver.take(packet, nowMs);
    if (!isAsking && receiver.isWaiting()) {
      isAsking = true;
      askTimer.at(nowMs);
    }
    if (counts.framesComplete === before || state === 'showing') return;
    clearTimeout(retry);
    asked = 0;
    firstFrameAfterMs ??= nowMs - shownAtMs;
    change('showing');
  };

  const disconnect = (): void => {
    clearTimeout(retry);
    askTimer.cancel();
    reportTimer.cancel();
    isAsking = false;
    const old = connection;
    connection = null;
    old?.peer.close();
  };

  const onState = (of: number, native: NativeState): void => {
    if (connection?.peer.generation !== of) return;
    if (native === 'connected') {
      // A paused presentation sends nothing: connected is enough not to ask for another offer.
      clearTimeout(retry);
    } else later(native === 'disconnected' ? disconnectedGraceMs : 0);
  };

  const answer = (offer: Extract<Signal, { kind: 'offer' }>): void => {
    disconnect();
    generation = offer.generation;
    connections += 1;
    const peer = createNativePeer({
      name: parts.name,
      generation,
      bindAddress: parts.bindAddress,
      send: signals.tell,
      onState: (native) => onState(offer.generation, native),
      onProblem: (detail) => problems.push(detail),
      onTrack(track) {
        made.track = track;
        track.onMessage((packet) => onPacket(made, packet));
      },
    });
    const made: Connection = { peer, receiver: createVp8Receiver(counts), track: null };
    connection = made;
    lastSenderReport = 0;
    peer.take(offer);
    change('connecting');
    reportTimer.at(wheel.nowMs() + random() * reportIntervalMs);
    later(2 * disconnectedGraceMs + offerTimeoutMs);
  };

  const leave = (): void => {
    if (connection !== null) signals.tell({ kind: 'bye', generation });
    state = 'none';
    disconnect();
  };

  return {
    show() {
      disconnect();
      state = 'connecting';
      states.tell('connecting');
      shownAtMs = performance.now();
      firstFrameAfterMs = null;
      asked = 0;
      later(offerTimeoutMs);
    },
    hide: leave,
    deliver(signal) {
      if (state === 'none' || signal.generation < generation) return;
      if (signal.kind === 'offer' && (signal.generation > generation || connection === null)) answer(signal);
      else if (signal.generation !== generation || connection === null) return;
      else if (signal.kind === 'bye') {
        disconnect();
        change('connecting');
      } else connection.peer.take(signal);
    },
    onSignal: signals.add,
    onState: states.add,
    close: leave,
    stats: () => ({ ...counts, state, connections, firstFrameAfterMs, problems: [...problems] }),
  };
};
