// The console's side of a presentation: one connection to the relay, one encode, however many devices watch.
import { createEmitter, type Emitter } from './emitter.ts';
import { createOfferer, type SendingStatus } from './offerer.ts';
import type { SendSettings } from './peer-transport.ts';
import type { SignalPort } from './signal-port.ts';

export type PresenterEvents = {
  status: SendingStatus;
  /** The captured screen or window is gone (closed, or the user ended the capture). */
  'source-ended': null;
  /** A step failed; for the log. The session goes on by itself. */
  problem: { readonly step: string; readonly error: Error };
};

export type PresenterStats = {
  readonly framesEncoded: number;
  readonly framesSent: number;
  readonly keyFramesEncoded: number;
  readonly bytesSent: number;
  readonly encodeMsPerFrame: number;
  readonly framesPerSecond: number;
  readonly targetBitsPerSecond: number;
  readonly qualityLimitation: string;
  readonly width: number;
  readonly height: number;
  /** Key frame requests of the relay. */
  readonly plis: number;
};

export type PresenterSession = {
  readonly on: Emitter<PresenterEvents>['on'];
  readonly status: () => SendingStatus;
  /** Shows something else; devices notice nothing but the picture. The old track is stopped. */
  readonly replaceTrack: (track: MediaStreamTrack) => Promise<void>;
  /** Stops the encoder; devices keep the last frame. */
  readonly pause: () => Promise<void>;
  readonly resume: () => Promise<void>;
  /** The relay is a new process: offers to it at once. */
  readonly reconnect: () => void;
  /** null while there is no connection. */
  readonly stats: () => Promise<PresenterStats | null>;
  /** Ends the presentation and the capture. */
  readonly stop: () => void;
};

export type PresenterOptions = {
  readonly signals: SignalPort;
  readonly track: MediaStreamTrack;
  /** 'detail' for text and slides, 'motion' for video. */
  readonly contentHint?: 'detail' | 'motion';
  readonly maxBitsPerSecond?: number;
  readonly framesPerSecond?: number;
};

type Row = Record<string, number | string | undefined>;
const count = (row: Row | undefined, key: string): number => Number(row?.[key] ?? 0);

const readStats = (report: RTCStatsReport): PresenterStats | null => {
  const row = ([...report.values()] as Row[]).find(
    (each) => each.type === 'outbound-rtp' && each.kind === 'video',
  );
  if (row === undefined) return null;
  const framesEncoded = count(row, 'framesEncoded');
  return {
    framesEncoded,
    framesSent: count(row, 'framesSent'),
    keyFramesEncoded: count(row, 'keyFramesEncoded'),
    bytesSent: count(row, 'bytesSent'),
    encodeMsPerFrame: framesEncoded === 0 ? 0 : (count(row, 'totalEncodeTime') / framesEncoded) * 1000,
    framesPerSecond: count(row, 'framesPerSecond'),
    targetBitsPerSecond: count(row, 'targetBitrate'),
    qualityLimitation: String(row.qualityLimitationReason ?? 'none'),
    width: count(row, 'frameWidth'),
    height: count(row, 'frameHeight'),
    plis: count(row, 'pliCount'),
  };
};

export const createPresenterSession = (options: PresenterOptions): PresenterSession => {
  const events = createEmitter<PresenterEvents>();
  const { contentHint = 'detail', maxBitsPerSecond = 4_000_000, framesPerSecond = 30 } = options;
  let track = options.track;
  let isPaused = false;

  const settings = (): SendSettings => ({
    isActive: !isPaused,
    maxBitsPerSecond,
    maxFramesPerSecond: framesPerSecond,
    scaleDownBy: 1,
    wantsKeyFrame: false,
  });
  const adopt = (next: MediaStreamTrack): void => {
    next.contentHint = contentHint;
    next.onended = () => events.emit('source-ended', null);
    track = next;
  };
  adopt(track);

  const offerer = createOfferer({
    signals: options.signals,
    startKbps: maxBitsPerSecond / 1000,
    setUp: (transport) => transport.addTrack(track, settings()),
    onStatus: (status) => events.emit('status', status),
    onProblem: (step, error) => events.emit('problem', { step, error }),
  });
  const setPaused = async (paused: boolean): Promise<void> => {
    isPaused = paused;
    await offerer.transport()?.setSending(settings());
  };
  offerer.connect();

  return {
    on: events.on,
    status: offerer.status,
    async replaceTrack(next) {
      const old = track;
      adopt(next);
      await offerer.transport()?.replaceTrack(next);
      if (old === next) return;
      old.onended = null;
      old.stop();
    },
    pause: () => setPaused(true),
    resume: () => setPaused(false),
    reconnect: offerer.connect,
    async stats() {
      const report = (await offerer.transport()?.stats()) ?? null;
      return report === null ? null : readStats(report);
    },
    stop() {
      offerer.close();
      track.onended = null;
      track.stop();
      events.clear();
    },
  };
};
