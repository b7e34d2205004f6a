// Turns a device's reports into loss over whole seconds. A single report's own fraction says little: browsers send one
// with every packet request, and then it covers a handful of packets, just those around a hole.

const windowMs = 1_000;
/** Fewer packets than that say nothing. */
const enoughPackets = 30;

export type LossWindow = {
  /** Takes one report; gives the share lost (0 to 1) when a window is full, else null. */
  readonly take: (lost: number, highestSequence: number, nowMs: number) => number | null;
  /** The next report begins anew: something was held back on purpose, or the connection is new. */
  readonly reset: () => void;
};

export const createLossWindow = (): LossWindow => {
  let start: { readonly lost: number; readonly highest: number; readonly atMs: number } | null = null;
  return {
    take(lost, highestSequence, nowMs) {
      const now = { lost, highest: highestSequence, atMs: nowMs };
      if (start === null) {
        start = now;
        return null;
      }
      const expected = (highestSequence - start.highest) | 0;
      if (nowMs - start.atMs < windowMs || expected < enoughPackets) return null;
      const share = (lost - start.lost) / expected;
      start = now;
      return Math.min(1, Math.max(0, share));
    },
    reset() {
      start = null;
    },
  };
};
