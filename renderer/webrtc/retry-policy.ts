// When to try again: pure numbers, no timers.

export type RetryPolicy = {
  readonly firstMs: number;
  readonly factor: number;
  readonly longestMs: number;
  /** Tries without success after which the session says that it failed; it goes on trying all the same. */
  readonly failedAfter: number;
};

export const mediaRetry: RetryPolicy = { firstMs: 500, factor: 2, longestMs: 8_000, failedAfter: 4 };

/** How long `disconnected` may last before a new connection is made; most Wi-Fi gaps are shorter. */
export const disconnectedGraceMs = 2_000;
/** How long an offer may stay without a connection. */
export const connectTimeoutMs = 6_000;

/** Wait before try number `attempt` (0 is the first); `random` in 0..1 spreads 30 devices over half of it. */
export const retryDelayMs = (policy: RetryPolicy, attempt: number, random: number): number => {
  const full = Math.min(policy.longestMs, policy.firstMs * policy.factor ** attempt);
  return full / 2 + (full / 2) * random;
};
