// The device's side of its own screen: one track to the console in the quality that was asked for, changed
// without negotiating again. `off` sends no picture at all.
import type { ScreenQuality } from '../../shared/domain/device.ts';
import { createEmitter, type Emitter } from './emitter.ts';
import { createOfferer, type SendingStatus } from './offerer.ts';
import { sendSettingsFor } from './screen-quality.ts';
import type { SignalPort } from './signal-port.ts';

/** The display's size is looked at again that often: a projector may have been plugged in. */
const sizeCheckMs = 2_000;

export type ScreenSenderEvents = {
  status: SendingStatus;
  /** The quality that leaves the device from now on. */
  quality: ScreenQuality;
  'source-ended': null;
  problem: { readonly step: string; readonly error: Error };
};

export type ScreenSender = {
  readonly on: Emitter<ScreenSenderEvents>['on'];
  readonly status: () => SendingStatus;
  readonly quality: () => ScreenQuality;
  readonly setQuality: (quality: ScreenQuality) => Promise<void>;
  /** Another display; the console notices nothing but the picture. The old track is stopped. */
  readonly replaceTrack: (track: MediaStreamTrack) => Promise<void>;
  /** Bytes and frames that have left the device; null while there is no connection. */
  readonly stats: () => Promise<{ readonly framesSent: number; readonly bytesSent: number } | null>;
  /** Ends the sending and the capture. */
  readonly close: () => void;
};

export const createScreenSender = (options: {
  readonly signals: SignalPort;
  readonly track: MediaStreamTrack;
  readonly quality: ScreenQuality;
}): ScreenSender => {
  const events = createEmitter<ScreenSenderEvents>();
  let { track, quality } = options;
  let sizeSeen = '';

  const settings = () => {
    const { width = 0, height = 0 } = track.getSettings();
    sizeSeen = `${width}x${height}`;
    return sendSettingsFor(quality, width, height);
  };
  const adopt = (next: MediaStreamTrack): void => {
    next.contentHint = 'detail';
    next.onended = () => events.emit('source-ended', null);
    track = next;
  };
  adopt(track);

  const offerer = createOfferer({
    signals: options.signals,
    startKbps: 4_000,
    setUp: (transport) => transport.addTrack(track, settings()),
    onStatus: (status) => events.emit('status', status),
    onProblem: (step, error) => events.emit('problem', { step, error }),
  });
  const apply = async (): Promise<void> => {
    await offerer.transport()?.setSending(settings());
  };
  const sizeTimer = setInterval(() => {
    const { width = 0, height = 0 } = track.getSettings();
    if (sizeSeen !== `${width}x${height}`) void apply();
  }, sizeCheckMs);
  offerer.connect();

  return {
    on: events.on,
    status: offerer.status,
    quality: () => quality,
    async setQuality(next) {
      if (quality === next) return;
      quality = next;
      await apply();
      events.emit('quality', next);
    },
    async replaceTrack(next) {
      const old = track;
      adopt(next);
      await offerer.transport()?.replaceTrack(next);
      await apply();
      if (old === next) return;
      old.onended = null;
      old.stop();
    },
    async stats() {
      const report = (await offerer.transport()?.stats()) ?? null;
      const row = [...(report?.values() ?? [])].find((each) => each.type === 'outbound-rtp');
      return row === undefined ? null : { framesSent: row.framesSent ?? 0, bytesSent: row.bytesSent ?? 0 };
    },
    close() {
      clearInterval(sizeTimer);
      offerer.close();
      track.onended = null;
      track.stop();
      events.clear();
    },
  };
};
