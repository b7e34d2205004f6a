import { describe, expect, it } from 'vitest';
import { mediaRetry, retryDelayMs } from './retry-policy.ts';

describe('retry policy', () => {
  it('grows and stays below its longest wait', () => {
    const waits = [0, 1, 2, 3, 10, 1000].map((attempt) => retryDelayMs(mediaRetry, attempt, 1));
    expect(waits).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000]);
  });
  it('spreads over the second half of the wait', () => {
    expect(retryDelayMs(mediaRetry, 1, 0)).toBe(500);
    expect(retryDelayMs(mediaRetry, 1, 0.5)).toBe(750);
  });
});
