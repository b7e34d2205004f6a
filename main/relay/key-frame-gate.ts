// Merges every device's wish for a key frame into few requests to the presenter: one request in flight,
// and not more often than the number of devices allows.

export type KeyFrameGate = {
  /** Somebody needs a key frame. */
  readonly want: () => void;
  /** A key frame began to arrive: all wishes up to now are met. */
  readonly arrived: () => void;
  readonly setPeerCount: (count: number) => void;
  readonly close: () => void;
};

type Clock = {
  readonly nowMs: () => number;
  /** Calls back once; gives the way to stop it. */
  readonly after: (delayMs: number, callback: () => void) => () => void;
};

/** Least time between two key frames for `peerCount` devices: their bytes must leave the machine in between. */
export const keyFrameIntervalMs = (peerCount: number): number => Math.max(500, 40 * peerCount);

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
    close() {
      isWanted = false;
      stopTimer?.();
      stopTimer = null;
    },
  };
};
