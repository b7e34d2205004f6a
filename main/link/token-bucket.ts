// How much of something is allowed: a bucket that refills with time. No timers.

export type BucketPlan = { readonly burst: number; readonly perSecond: number };

export type TokenBucket = {
  /** Takes `amount`; false if that is more than is left, and then takes nothing. */
  readonly take: (nowMs: number, amount?: number) => boolean;
};

export function createTokenBucket(plan: BucketPlan, startMs: number): TokenBucket {
  let level = plan.burst;
  let atMs = startMs;
  return {
    take: (nowMs, amount = 1) => {
      level = Math.min(plan.burst, level + ((nowMs - atMs) / 1000) * plan.perSecond);
      atMs = nowMs;
      if (amount > level) return false;
      level -= amount;
      return true;
    },
  };
}
