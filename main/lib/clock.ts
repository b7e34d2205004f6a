// Time as a port: monotonic for every wait and lease, wall clock only for what people read and certificates.

/** Ends a timer; calling it twice is fine. */
export type CancelTimer = () => void;

export type Clock = {
  /** Monotonic milliseconds; the start is arbitrary and jumps of the wall clock do not touch it. */
  readonly nowMs: () => number;
  /** Unix milliseconds. */
  readonly wallMs: () => number;
  /** Calls `action` once, `delayMs` from now. The timer does not keep the process alive. */
  readonly after: (delayMs: number, action: () => void) => CancelTimer;
  /** Calls `action` every `intervalMs` until cancelled. The timer does not keep the process alive. */
  readonly every: (intervalMs: number, action: () => void) => CancelTimer;
};

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after: (delayMs, action) => {
    const timer = setTimeout(action, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
  every: (intervalMs, action) => {
    const timer = setInterval(action, intervalMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};
