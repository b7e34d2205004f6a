// What the two receiving sessions share: an answerer, the stream it yields and the element that shows it.
import { type Answerer, createAnswerer, type ReceivingStatus } from './answerer.ts';
import { createEmitter, type Emitter } from './emitter.ts';
import { type FrameCounts, type FrameWatch, watchFrames } from './frame-watch.ts';
import type { SignalPort } from './signal-port.ts';

export type ReceivingEvents = {
  status: ReceivingStatus;
  /** A stream to show; it replaces the one before. */
  stream: MediaStream;
  /** The first frame of this connection is on screen. */
  'first-frame': FrameCounts;
  size: FrameCounts;
  /** A step failed; for the log. The session goes on by itself. */
  problem: { readonly step: string; readonly error: Error };
};

export type ReceivingStats = {
  readonly framesReceived: number;
  readonly framesDecoded: number;
  readonly framesDropped: number;
  readonly keyFramesDecoded: number;
  readonly freezeCount: number;
  readonly bytesReceived: number;
  readonly packetsLost: number;
  readonly jitterBufferDelayMs: number;
  readonly roundTripMs: number | null;
};

export type ReceivingSession = {
  readonly on: Emitter<ReceivingEvents>['on'];
  readonly status: () => ReceivingStatus;
  readonly stream: () => MediaStream | null;
  /** Asks the far end for an offer now. */
  readonly ask: () => void;
  /** Shows the stream in that element and counts its frames; gives the way to let go of it. */
  readonly attach: (video: HTMLVideoElement) => () => void;
  readonly frames: () => FrameCounts | null;
  readonly stats: () => Promise<ReceivingStats | null>;
  readonly close: () => void;
};

type Row = Record<string, number | string | undefined>;
const count = (row: Row | undefined, key: string): number => Number(row?.[key] ?? 0);

const readStats = (report: RTCStatsReport): ReceivingStats => {
  const rows = [...report.values()] as Row[];
  const inbound = rows.find((row) => row.type === 'inbound-rtp' && row.kind === 'video');
  const pair = rows.find(
    (row) => row.type === 'candidate-pair' && row.nominated !== undefined && row.currentRoundTripTime,
  );
  const emitted = count(inbound, 'jitterBufferEmittedCount');
  return {
    framesReceived: count(inbound, 'framesReceived'),
    framesDecoded: count(inbound, 'framesDecoded'),
    framesDropped: count(inbound, 'framesDropped'),
    keyFramesDecoded: count(inbound, 'keyFramesDecoded'),
    freezeCount: count(inbound, 'freezeCount'),
    bytesReceived: count(inbound, 'bytesReceived'),
    packetsLost: count(inbound, 'packetsLost'),
    jitterBufferDelayMs: emitted === 0 ? 0 : (count(inbound, 'jitterBufferDelay') / emitted) * 1000,
    roundTripMs: pair === undefined ? null : count(pair, 'currentRoundTripTime') * 1000,
  };
};

export const createReceivingSession = (signals: SignalPort): ReceivingSession => {
  const events = createEmitter<ReceivingEvents>();
  let stream: MediaStream | null = null;
  let shown: { readonly video: HTMLVideoElement; readonly watch: FrameWatch } | null = null;

  /** Stream of a connection whose far end was not compared yet. */
  let unproven: MediaStream | null = null;
  /**
   * [Note: unproven picture] The element takes the stream at once, for a paused presentation sends one frame and no second,
   * but nobody sees or counts it before the far end was compared.
   */
  const put = (video: HTMLVideoElement, next: MediaStream, isProven: boolean): void => {
    video.style.visibility = isProven ? '' : 'hidden';
    if (video.srcObject !== next) video.srcObject = next;
  };
  const begin = (next: MediaStream): void => {
    unproven = next;
    if (shown === null) return;
    shown.watch.expectFirst();
    put(shown.video, next, false);
  };
  const reveal = (): void => {
    if (unproven === null) return;
    stream = unproven;
    unproven = null;
    if (shown !== null) {
      put(shown.video, stream, true);
      shown.watch.reveal();
    }
    events.emit('stream', stream);
  };
  const hide = (): void => {
    stream = null;
    unproven = null;
    if (shown !== null) shown.video.srcObject = null;
  };
  const answerer: Answerer = createAnswerer({
    signals,
    onStatus: (status) => {
      // Not even the last picture stays of somebody who is not who the link says.
      if (status === 'insecure') hide();
      events.emit('status', status);
    },
    onTrack: (track, receiver) => {
      // Pictures of a lesson are to be seen at once, not smoothly.
      if ('jitterBufferTarget' in receiver) receiver.jitterBufferTarget = 0;
      begin(new MediaStream([track]));
    },
    onGenuine: reveal,
    onProblem: (step, error) => events.emit('problem', { step, error }),
  });

  const letGo = (): void => {
    shown?.watch.close();
    shown = null;
  };

  return {
    on: events.on,
    status: answerer.status,
    stream: () => stream,
    ask: answerer.ask,
    attach(video) {
      letGo();
      const watch = watchFrames(video, {
        onFirstFrame: (counts) => events.emit('first-frame', counts),
        onSize: (counts) => events.emit('size', counts),
      });
      shown = { video, watch };
      video.muted = true;
      video.autoplay = true;
      const now = unproven ?? stream;
      if (now !== null) put(video, now, unproven === null);
      if (unproven === null) watch.reveal();
      return () => {
        if (shown?.watch === watch) letGo();
      };
    },
    frames: () => shown?.watch.counts() ?? null,
    async stats() {
      const report = (await answerer.transport()?.stats()) ?? null;
      return report === null ? null : readStats(report);
    },
    close() {
      answerer.close();
      letGo();
      events.clear();
    },
  };
};
