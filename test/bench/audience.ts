// The devices of one round: a real Chromium that reads every frame's age, and simulated ones that decrypt and count.
import type { Signal } from '../../shared/protocol/signal.ts';
import { percentile } from '../support/read-video.ts';
import { until } from '../support/relay-rig.ts';
import type { CleanUp } from './clean-up.ts';
import { median } from './machine.ts';
import { startSinks } from './sinks.ts';
import type { Stage } from './stage.ts';

/** Name of the device that is a Chromium. */
export const receiverName = 'device-0';

/** Names of a class of that size. */
export const deviceNames = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `device-${index}`);

/** How a class joined; the Chromium device by itself, for the others are many connections in one process. */
export type Storm = {
  /** The Chromium device's first frame; null when it had none in time. */
  readonly chromiumMs: number | null;
  /** Until the last device had its first frame; null when not all had one in time. */
  readonly allMs: number | null;
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly withoutFrame: number;
};

export type Reception = {
  /** The frames that nothing else on the machine held up. */
  readonly latencyP5Ms: number;
  readonly latencyP50Ms: number;
  readonly latencyP95Ms: number;
  /** Frames per second of the Chromium device and of the simulated ones (NaN when there are none). */
  readonly receiverFps: number;
  readonly sinkFpsMin: number;
  readonly sinkFpsMedian: number;
  readonly jitterBufferMs: number;
  readonly problems: readonly string[];
};

export type Audience = {
  readonly names: readonly string[];
  readonly deliver: (name: string, signal: Signal) => void;
  /** All wait for their offer from now on. */
  readonly show: () => Promise<void>;
  /** Resolves when every device had a frame or after the time; times count from `sinceMs` (Unix). */
  readonly storm: (sinceMs: number, timeoutMs: number) => Promise<Storm>;
  /** Starts to count; the returned function stops and tells what came in between. */
  readonly watch: () => Promise<() => Promise<Reception>>;
  readonly close: () => Promise<void>;
};

/** `send` carries what a device says to the one who offers to it. */
export const openAudience = (
  stage: Stage,
  cleanUp: CleanUp,
  count: number,
  send: (name: string, signal: Signal) => void,
): Audience => {
  const names = deviceNames(count);
  const { receiver } = stage;
  const sinks = startSinks(names.slice(1), send);
  receiver.onSignal(receiverName, (signal) => send(receiverName, signal));
  const receiving = () => receiver.page.evaluate(() => window.bench.receiving());
  const close = cleanUp.add(async () => {
    await Promise.all([sinks.close(), receiver.page.evaluate(() => window.bench.closeView())]);
  });

  const firstFrames = async (): Promise<(number | null)[]> => {
    const [chromium, others] = await Promise.all([receiving(), sinks.counts()]);
    return [chromium.firstFrameAtMs, ...others.map(({ firstFrameAtMs }) => firstFrameAtMs)];
  };

  return {
    names,
    deliver(name, signal) {
      if (name === receiverName) void receiver.deliver(name, signal).catch(() => {});
      else sinks.deliver(name, signal);
    },
    async show() {
      const view = receiver.page.evaluate((id) => window.bench.view(id), receiverName);
      await Promise.all([sinks.show(), view]);
    },
    async storm(sinceMs, timeoutMs) {
      const isEverybody = (times: readonly (number | null)[]): boolean => !times.includes(null);
      const times = await until('a first frame for each', firstFrames, isEverybody, timeoutMs).catch(
        firstFrames,
      );
      const known = times.filter((time) => time !== null).map((time) => time - sinceMs);
      return {
        chromiumMs: times[0] === null || times[0] === undefined ? null : times[0] - sinceMs,
        allMs: isEverybody(times) ? Math.max(...known) : null,
        p50Ms: percentile(known, 0.5),
        p95Ms: percentile(known, 0.95),
        withoutFrame: times.length - known.length,
      };
    },
    async watch() {
      const startedAtMs = performance.now();
      const [before, sinksBefore] = await Promise.all([receiving(), sinks.counts()]);
      return async () => {
        const seconds = (performance.now() - startedAtMs) / 1000;
        const [after, sinksAfter] = await Promise.all([receiving(), sinks.counts()]);
        const ages = after.agesMs.slice(before.agesMs.length);
        const rates = sinksAfter.map(
          ({ frames }, index) => (frames - (sinksBefore[index]?.frames ?? 0)) / seconds,
        );
        const problems = await receiver.page.evaluate(() => window.bench.problems());
        return {
          latencyP5Ms: percentile(ages, 0.05),
          latencyP50Ms: percentile(ages, 0.5),
          latencyP95Ms: percentile(ages, 0.95),
          receiverFps: (after.frames - before.frames) / seconds,
          sinkFpsMin: rates.length === 0 ? Number.NaN : Math.min(...rates),
          sinkFpsMedian: median(rates),
          jitterBufferMs:
            (after.jitterBufferMs - before.jitterBufferMs) /
            (after.jitterBufferFrames - before.jitterBufferFrames),
          problems: [...problems, ...sinksAfter.flatMap((sink) => sink.problems)],
        };
      };
    },
    close,
  };
};
