// When to try again: full jitter over a rising bound. Pure; the caller keeps the state and owns the timer.

export type BackoffPlan = {
  /** Upper bound of the first wait. */
  readonly baseMs: number;
  /** Upper bound of every wait. */
  readonly capMs: number;
  /** Factor by which the bound rises per failed try. */
  readonly growth: number;
};

/** `tries`: failed tries since the last success. */
export type BackoffState = { readonly tries: number };

export const freshBackoff: BackoffState = { tries: 0 };

/** Upper bound of the wait after `state.tries` failures, in milliseconds. */
export function backoffBoundMs(plan: BackoffPlan, state: BackoffState): number {
  return Math.min(plan.capMs, plan.baseMs * plan.growth ** state.tries);
}

/**
 * The wait after one more failure, evenly spread over 0..bound so that a room full of agents does not come in
 * one wave ("full jitter", AWS Architecture Blog 2015). `random` gives [0, 1).
 */
export function nextBackoff(
  plan: BackoffPlan,
  state: BackoffState,
  random: () => number,
): { readonly state: BackoffState; readonly delayMs: number } {
  return { state: { tries: state.tries + 1 }, delayMs: Math.round(random() * backoffBoundMs(plan, state)) };
}

/** The state in which the bound is at its cap: for a peer that said no, where hurry is of no use. */
export function slowestBackoff(plan: BackoffPlan): BackoffState {
  return { tries: Math.ceil(Math.log(plan.capMs / plan.baseMs) / Math.log(plan.growth)) };
}
