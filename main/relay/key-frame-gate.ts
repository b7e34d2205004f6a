// Merges every device's wish for a key frame into few requests to the presenter: one request in flight,
// and not more often than the number of devices allows.

export type KeyFrameGate = {
  /** Somebody needs a key frame. */
  readonly want: () => void;
  /** A key frame began to arrive: all wishes up to now are met. */
  readonly arrived: () => void;
  readonly setPeerCount: (count: number) => void;
  /** Drops every wish; later ones count as before. */
  readonly forget: () => void;
};

type Clock = {
  readonly nowMs: () => number;
  /** Calls back once; gives the way to stop it. */
  readonly after: (delayMs: number, callback: () => void) => () => void;
};

/** Least time between two key frames for `peerCount` devices: their bytes must leave the machine in between. */
const keyFrameIntervalMs = (peerCount: number): number => Math.max(500, 40 * peerCount);

/** A request that brought nothing is said again after that. */
const repeatMs = 500;

/** `request` sends one PLI to the presenter. */
export const createKeyFrameGate = (request: () => void, clock: Clock): KeyFrameGate => {
  let peerCount = 0;
  let lastKeyFrameMs = Number.NEGATIVE_INFINITY;
  let lastRequestMs = Number.NEGATIVE_INFINITY;
  let isWanted = false;
  let stopTimer: (() => void) | null = null;

  const schedule = (): void => {
    if (!isWanted || stopTimer !== null) return;
    const earliestMs = Math.max(lastKeyFrameMs + keyFrameIntervalMs(peerCount), lastRequestMs + repeatMs);
    const waitMs = earliestMs - clock.nowMs();
    if (waitMs > 0) {
      stopTimer = clock.after(waitMs, () => {
        stopTimer = null;
        schedule();
      });
      return;
    }
    lastRequestMs = clock.nowMs();
    request();
    // Stays wanted until a key frame arrives; the next look is when the request may be repeated.
    schedule();
  };

  return {
    want() {
      isWanted = true;
      schedule();
    },
    arrived() {
      lastKeyFrameMs = clock.nowMs();
      isWanted = false;
      stopTimer?.();
      stopTimer = null;
    },
    setPeerCount(count) {
      peerCount = count;
    },
    forget() {
      isWanted = false;
      stopTimer?.();
      stopTimer = null;
    },
  };
};

export type WishBudget = {
  /** True if this device's wish counts now; a refused one is forgotten, the device says it again. */
  readonly allows: (nowMs: number) => boolean;
  /** A new connection starts with a fresh budget. */
  readonly reset: () => void;
};

const firstPauseMs = 1_000;
const longestPauseMs = 8_000;

/**
 * [Note: bad peer] A device behind a bad network asks for key frames without end, and each one is sent to everybody.
 * Its wishes count ever more rarely, until it has been quiet for twice the longest pause.
 */
export const createWishBudget = (): WishBudget => {
  let pauseMs = 0;
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    allows(nowMs) {
      const sinceMs = nowMs - lastMs;
      if (sinceMs < pauseMs) return false;
      pauseMs = sinceMs > 2 * longestPauseMs ? firstPauseMs : Math.min(longestPauseMs, pauseMs * 2);
      lastMs = nowMs;
      return true;
    },
    reset() {
      pauseMs = 0;
      lastMs = Number.NEGATIVE_INFINITY;
    },
  };
};
