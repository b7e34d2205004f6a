// The hidden page that captures this device's screen and sends it to the console, only while it is asked to.
import '../../lib/no-eval.ts';
import type { ScreenQuality } from '../../../shared/domain/device.ts';
import type { CallInput } from '../../lib/ipc-client.ts';
import { call, on } from '../../lib/ipc-client.ts';
import { signalPortTo } from '../../lib/page-signals.ts';
import { createScreenSender, type ScreenSender } from '../../webrtc/screen-sender.ts';

type Problem = CallInput<'capture:report'>['problem'];

/** A capture that nobody wants is kept that long: scrolling the wall should not start it anew each time. */
const keepCaptureMs = 10_000;
/** Enough for focus; the screen is never captured faster than it can be sent. */
const captureFrameRate = 15;
const retryCaptureMs = 3_000;

const signals = signalPortTo({ kind: 'console' });
let wanted: ScreenQuality = 'off';
let sender: ScreenSender | null = null;
let steps: Promise<void> = Promise.resolve();
let timer: ReturnType<typeof setTimeout> | undefined;

const report = (quality: ScreenQuality, problem: Problem): void =>
  void call('capture:report', { quality, problem });

const problemOf = (error: unknown): Problem => {
  if (!(error instanceof DOMException)) return 'capture-failed';
  if (error.name === 'NotAllowedError') return 'no-permission';
  return error.name === 'NotFoundError' ? 'no-display' : 'capture-failed';
};

const capture = async (): Promise<MediaStreamTrack> => {
  await call('capture:prepare', {});
  const stream = await navigator.mediaDevices.getDisplayMedia({
    video: { frameRate: captureFrameRate },
    audio: false,
  });
  const track = stream.getVideoTracks()[0];
  if (track === undefined) throw new DOMException('no video track', 'NotFoundError');
  return track;
};

const stop = (): void => {
  clearTimeout(timer);
  sender?.close();
  sender = null;
};

/** The screen vanished (display unplugged, capture ended by the system): say so and try again while it is wanted. */
const onEnded = (): void => {
  stop();
  report('off', 'capture-failed');
  timer = setTimeout(() => enqueue(apply), retryCaptureMs);
};

const begin = async (quality: ScreenQuality): Promise<void> => {
  try {
    const track = await capture();
    const started = createScreenSender({ signals, track, quality });
    started.on('source-ended', onEnded);
    started.on('status', (status) => {
      if (status === 'insecure') report('off', 'not-secure');
      else if (status === 'live') report(started.quality(), null);
    });
    sender = started;
  } catch (error) {
    report('off', problemOf(error));
    timer = setTimeout(() => enqueue(apply), retryCaptureMs);
    return;
  }
  report(quality, null);
};

const apply = async (): Promise<void> => {
  clearTimeout(timer);
  const quality = wanted;
  if (sender === null) {
    if (quality === 'off') report('off', null);
    else await begin(quality);
    return;
  }
  await sender.setQuality(quality);
  // Nothing leaves for somebody who is not the console, whatever was ordered.
  if (sender.status() === 'insecure') report('off', quality === 'off' ? null : 'not-secure');
  else report(quality, null);
  if (quality === 'off') timer = setTimeout(stop, keepCaptureMs);
};

/** One step after the other: a capture that is still starting is never started twice. */
const enqueue = (step: () => void | Promise<void>): void => {
  steps = steps.then(step).catch(() => report('off', 'capture-failed'));
};

on('capture:quality', ({ quality }) => {
  wanted = quality;
  enqueue(apply);
});
on('capture:reset', () => {
  wanted = 'off';
  enqueue(stop);
});
void call('capture:ready', {}).then((result) => {
  if (!result.ok) return;
  wanted = result.value.quality;
  enqueue(apply);
});
