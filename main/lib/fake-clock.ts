// A clock for tests: time stands still until `advance` moves it.
import type { Clock } from './clock.ts';

export type FakeClock = Clock & {
  /** Moves time and runs what falls due, in order. Timers set meanwhile run too if they fall due. */
  readonly advance: (byMs: number) => void;
  /** Sets the wall clock alone, as a person or a time server does. */
  readonly setWall: (wallMs: number) => void;
  /** Number of timers that are set. */
  readonly pending: () => number;
};

type Timer = { dueMs: number; readonly action: () => void; readonly intervalMs: number | null };

export function createFakeClock(wallStartMs = 1_800_000_000_000): FakeClock {
  let nowMs = 0;
  let wallOffsetMs = wallStartMs;
  const timers = new Set<Timer>();
  const set = (delayMs: number, action: () => void, intervalMs: number | null) => {
    const timer: Timer = { dueMs: nowMs + Math.max(0, delayMs), action, intervalMs };
    timers.add(timer);
    return () => {
      timers.delete(timer);
    };
  };
  const nextDue = (untilMs: number): Timer | undefined => {
    let next: Timer | undefined;
    for (const timer of timers) {
      if (timer.dueMs <= untilMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  };
  return {
    nowMs: () => nowMs,
    wallMs: () => wallOffsetMs + nowMs,
    setWall: (wallMs) => {
      wallOffsetMs = wallMs - nowMs;
    },
    after: (delayMs, action) => set(delayMs, action, null),
    every: (intervalMs, action) => set(intervalMs, action, Math.max(1, intervalMs)),
    advance: (byMs) => {
      const untilMs = nowMs + byMs;
      for (let timer = nextDue(untilMs); timer !== undefined; timer = nextDue(untilMs)) {
        nowMs = timer.dueMs;
        if (timer.intervalMs === null) timers.delete(timer);
        else timer.dueMs += timer.intervalMs;
        timer.action();
      }
      nowMs = untilMs;
    },
    pending: () => timers.size,
  };
}
