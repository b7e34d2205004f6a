// Reads bar codes from a video element of a page: what a person in front of that window sees.
import type { Locator } from '@playwright/test';
import { type BarCode, readBand } from './bar-code.ts';

export type VideoReading = {
  readonly code: BarCode | null;
  /** Unix milliseconds of the reading, on this machine's clock. */
  readonly readAt: number;
  readonly width: number;
  readonly height: number;
};

type Reader = (row: Uint8ClampedArray) => BarCode | null;

/** One function with the reader inside, for Playwright sends a function as its text and nothing around it. */
const withReader = <A, R>(
  work: (video: HTMLVideoElement, read: Reader, argument: A) => R,
): ((video: Element, argument: A) => R) =>
  new Function(
    'video',
    'argument',
    `return (${work.toString()})(video, ${readBand.toString()}, argument)`,
  ) as (video: Element, argument: A) => R;

const readOnce = (video: HTMLVideoElement, read: Reader): VideoReading => {
  const { videoWidth: width, videoHeight: height } = video;
  if (width === 0) return { code: null, readAt: Date.now(), width, height };
  const canvas = new OffscreenCanvas(width, 1);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('no canvas');
  context.drawImage(video, 0, Math.round(height * 0.9), width, 1, 0, 0, width, 1);
  return { code: read(context.getImageData(0, 0, width, 1).data), readAt: Date.now(), width, height };
};

const readFrames = (video: HTMLVideoElement, read: Reader, lastsMs: number): Promise<FrameLog> => {
  const log = { ages: [] as number[], sources: [] as number[], frames: 0 };
  const canvas = new OffscreenCanvas(1, 1);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('no canvas');
  const endsAt = performance.now() + lastsMs;
  return new Promise((done) => {
    // A still picture calls back no more: the reading ends all the same.
    const timeout = setTimeout(() => done(log), lastsMs + 1_000);
    const onFrame = (): void => {
      const now = Date.now();
      log.frames += 1;
      const width = video.videoWidth;
      if (canvas.width !== width) canvas.width = width;
      context.drawImage(video, 0, Math.round(video.videoHeight * 0.9), width, 1, 0, 0, width, 1);
      const code = read(context.getImageData(0, 0, width, 1).data);
      if (code !== null) {
        const range = 2 ** 24;
        log.ages.push((((now % range) - code.timeMs + range + range / 2) % range) - range / 2);
        if (!log.sources.includes(code.source)) log.sources.push(code.source);
      }
      if (performance.now() < endsAt) {
        video.requestVideoFrameCallback(onFrame);
        return;
      }
      clearTimeout(timeout);
      done(log);
    };
    video.requestVideoFrameCallback(onFrame);
  });
};

export type FrameLog = { readonly ages: number[]; readonly sources: number[]; frames: number };

/** The picture that the element shows now. */
export const readVideo = async (video: Locator): Promise<VideoReading> =>
  await video.evaluate(withReader<undefined, VideoReading>(readOnce), undefined);

/** Reads every presented frame for a while: ages in milliseconds, who drew them, and the number of frames shown. */
export const recordFrames = async (video: Locator, durationMs: number): Promise<FrameLog> =>
  await video.evaluate(withReader(readFrames), durationMs);

export const percentile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
};
