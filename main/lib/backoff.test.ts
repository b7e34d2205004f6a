import { describe, expect, it } from 'vitest';
import { linkBackoff } from '../link/link-client.ts';
import { type BackoffPlan, backoffBoundMs, freshBackoff, nextBackoff, slowestBackoff } from './backoff.ts';

const plan: BackoffPlan = { baseMs: 500, capMs: 8_000, growth: 2 };

/** Reproducible numbers in [0, 1) (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe('back-off', () => {
  it('spreads each wait over 0..bound and raises the bound to the cap', () => {
    const bounds: number[] = [];
    let state = freshBackoff;
    for (let index = 0; index < 6; index += 1) {
      bounds.push(backoffBoundMs(plan, state));
      expect(nextBackoff(plan, state, () => 0).delayMs).toBe(0);
      expect(nextBackoff(plan, state, () => 0.5).delayMs).toBe((bounds.at(-1) ?? 0) / 2);
      ({ state } = nextBackoff(plan, state, () => 0.5));
    }
    expect(bounds).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000]);
    expect(backoffBoundMs(plan, slowestBackoff(plan))).toBe(8_000);
    expect(backoffBoundMs(linkBackoff, slowestBackoff(linkBackoff))).toBe(8_000);
  });

  it('[LK15] has 95 of 100 agents back within 3 s of the console after 5 s and 30 s away, and all within 10 s', () => {
    for (const [outageMs, boundMs] of [
      [5_000, 3_000],
      [30_000, 3_000],
      [300_000, 10_000],
    ] as const) {
      const lates = Array.from({ length: 2_000 }, (_, seed) => {
        const random = seeded(seed);
        let state = freshBackoff;
        let atMs = 0;
        while (atMs < outageMs) {
          const next = nextBackoff(linkBackoff, state, random);
          ({ state } = next);
          atMs += next.delayMs;
        }
        return atMs - outageMs;
      }).sort((a, b) => a - b);
      expect(lates[Math.floor(lates.length * 0.95)]).toBeLessThan(boundMs);
      expect(lates.at(-1)).toBeLessThan(10_000);
    }
  });
});
