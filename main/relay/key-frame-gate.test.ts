import { describe, expect, it } from 'vitest';
import { createKeyFrameGate, createWishBudget } from './key-frame-gate.ts';

const newGate = (peers: number) => {
  let nowMs = 0;
  let timers: { atMs: number; callback: () => void }[] = [];
  const requests: number[] = [];
  const gate = createKeyFrameGate(() => requests.push(nowMs), {
    nowMs: () => nowMs,
    after: (delayMs, callback) => {
      const timer = { atMs: nowMs + delayMs, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter((other) => other !== timer);
      };
    },
  });
  gate.setPeerCount(peers);
  const pass = (ms: number): void => {
    const endMs = nowMs + ms;
    for (;;) {
      const due = timers.filter((timer) => timer.atMs <= endMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      timers = timers.filter((other) => other !== due);
      nowMs = due.atMs;
      due.callback();
    }
    nowMs = endMs;
  };
  return { gate, requests, pass };
};

describe('key frame gate', () => {
  it('asks at once and only once for a whole class', () => {
    const { gate, requests } = newGate(30);
    for (let peer = 0; peer < 30; peer += 1) gate.want();
    expect(requests).toEqual([0]);
  });

  it('waits longer between key frames the more devices there are', () => {
    const { gate, requests, pass } = newGate(30);
    gate.want();
    gate.arrived();
    pass(10);
    gate.want();
    pass(3_000);
    // Unanswered it is repeated, but the first comes not before 40 ms x 30.
    expect(requests[1]).toBe(1_200);
  });

  it('forgets a wish that a key frame has met', () => {
    const { gate, requests, pass } = newGate(1);
    gate.want();
    gate.arrived();
    gate.want();
    pass(100);
    gate.arrived();
    pass(5_000);
    expect(requests).toEqual([0]);
  });

  it('repeats a request that was lost', () => {
    const { gate, requests, pass } = newGate(1);
    gate.want();
    pass(1_100);
    expect(requests).toEqual([0, 500, 1_000]);
  });

  it('is silent once told to forget', () => {
    const { gate, requests, pass } = newGate(1);
    gate.want();
    gate.forget();
    pass(5_000);
    expect(requests).toEqual([0]);
  });
});

describe('wishes of one device', () => {
  const allowedTimes = (everyMs: number, untilMs: number): number[] => {
    const budget = createWishBudget();
    const times: number[] = [];
    for (let atMs = 0; atMs <= untilMs; atMs += everyMs) if (budget.allows(atMs)) times.push(atMs);
    return times;
  };

  it('count ever more rarely while it asks without end', () => {
    expect(allowedTimes(200, 30_000)).toEqual([0, 1_000, 3_000, 7_000, 15_000, 23_000]);
  });

  it('count at once again after it was quiet or has a new connection', () => {
    const budget = createWishBudget();
    budget.allows(0);
    budget.allows(1_000);
    expect(budget.allows(2_000)).toBe(false);
    expect(budget.allows(20_000)).toBe(true);
    expect(budget.allows(21_000)).toBe(true);
    expect(budget.allows(21_100)).toBe(false);
    budget.reset();
    expect(budget.allows(21_200)).toBe(true);
  });
});
