// Keeps one relay process alive while it is needed and gives every new one all it has to know.
// It carries signals without looking into them.
import { FromRelay, type ToRelay } from '../../../shared/protocol/relay.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';

/** A running relay process, however it was started. */
export type RelayProcess = {
  readonly pid: number | null;
  readonly post: (message: ToRelay) => void;
  readonly onMessage: (listener: (message: unknown) => void) => void;
  readonly onExit: (listener: (code: number | null) => void) => void;
  readonly kill: () => void;
};

export type RelayEvent = Exclude<FromRelay, { type: 'ready' }>;

export type RelayHost = {
  /** Starts the process if none runs; repeated calls do nothing. */
  readonly start: () => void;
  readonly stop: () => void;
  /** Dropped while no relay is ready: whoever posts says everything again on `onReady`. */
  readonly post: (message: ToRelay) => void;
  readonly pid: () => number | null;
};

type Parts = {
  readonly spawn: () => RelayProcess;
  readonly udpPort: number;
  readonly clock: Clock;
  readonly log: Log;
  /** A new relay can take orders. `run` counts the processes from 1. */
  readonly onReady: (run: number) => void;
  readonly onLost: () => void;
  readonly onEvent: (event: RelayEvent) => void;
  /** It failed too often in a row; no further start is tried until `start` is called again. */
  readonly onGivenUp: () => void;
};

const restartDelayMs = 100;
const failuresInARow = 5;
const healthyAfterMs = 10_000;

export const createRelayHost = (parts: Parts): RelayHost => {
  const { clock, log } = parts;
  let process: RelayProcess | null = null;
  let isReady = false;
  let isWanted = false;
  let run = 0;
  let failures = 0;
  let stopTimer = (): void => {};

  const receive = (from: RelayProcess, raw: unknown): void => {
    if (from !== process) return;
    const parsed = FromRelay.safeParse(raw);
    if (!parsed.success) {
      log.warn('relay-bad-message', { detail: parsed.error.message.slice(0, 300) });
      return;
    }
    if (parsed.data.type === 'ready') {
      isReady = true;
      parts.onReady(run);
      return;
    }
    if (parsed.data.type === 'error') {
      log.warn('relay-error', { reason: parsed.data.code, detail: parsed.data.detail });
    }
    parts.onEvent(parsed.data);
  };

  const launch = (): void => {
    run += 1;
    const started = parts.spawn();
    const startedAtMs = clock.nowMs();
    process = started;
    started.onMessage((raw) => receive(started, raw));
    started.onExit((code) => {
      if (process !== started) return;
      process = null;
      isReady = false;
      if (!isWanted) return;
      log.error('relay-exited', { exitCode: code, run });
      parts.onLost();
      failures = clock.nowMs() - startedAtMs > healthyAfterMs ? 1 : failures + 1;
      if (failures >= failuresInARow) {
        isWanted = false;
        parts.onGivenUp();
        return;
      }
      // The first crash is answered at once: a lesson is looking at a still picture.
      stopTimer = clock.after(failures === 1 ? 0 : restartDelayMs * 2 ** failures, launch);
    });
    started.post({ type: 'start', udpPort: parts.udpPort, bindAddress: null, run });
  };

  return {
    start() {
      if (isWanted) return;
      isWanted = true;
      failures = 0;
      launch();
    },
    stop() {
      isWanted = false;
      stopTimer();
      const ending = process;
      process = null;
      isReady = false;
      ending?.post({ type: 'shutdown' });
      ending?.kill();
    },
    post(message) {
      if (isReady) process?.post(message);
    },
    pid: () => process?.pid ?? null,
  };
};
