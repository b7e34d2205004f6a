import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createTimerWheel, type TimerWheel } from './timer-wheel.ts';

let wheel: TimerWheel;
let calls: [name: string, atMs: number][];
const timer = (name: string) => wheel.timer((nowMs) => calls.push([name, nowMs]));

beforeEach(() => {
  vi.useFakeTimers();
  wheel = createTimerWheel();
  calls = [];
});
afterEach(() => {
  wheel.close();
  vi.useRealTimers();
});

it('calls each timer once, when it is due and at most a tick later', () => {
  const start = wheel.nowMs();
  timer('b').at(start + 205);
  timer('a').at(start + 12);
  timer('far').at(start + 4_000);
  vi.advanceTimersByTime(3_900);
  expect(calls.map(([name]) => name)).toEqual(['a', 'b']);
  for (const [name, atMs] of calls) {
    const late = atMs - start - (name === 'a' ? 12 : 205);
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThanOrEqual(20);
  }
  vi.advanceTimersByTime(200);
  expect(calls).toHaveLength(3);
});

it('moves a timer that is set again, and forgets one that is cancelled', () => {
  const start = wheel.nowMs();
  const moved = timer('moved');
  moved.at(start + 50);
  moved.at(start + 100);
  const cancelled = timer('cancelled');
  cancelled.at(start + 50);
  cancelled.cancel();
  vi.advanceTimersByTime(80);
  expect(calls).toEqual([]);
  vi.advanceTimersByTime(50);
  expect(calls.map(([name]) => name)).toEqual(['moved']);
});

it('goes on with a timer that sets itself again', () => {
  const own = wheel.timer((nowMs) => {
    calls.push(['own', nowMs]);
    own.at(nowMs + 100);
  });
  own.at(wheel.nowMs());
  vi.advanceTimersByTime(1_050);
  expect(calls.length).toBeGreaterThanOrEqual(9);
  expect(calls.length).toBeLessThanOrEqual(11);
});
