// Lock covers without windows: remembers what a pupil would read and counts how often the screen was covered.
import type { CoverPort } from '../../main/features/control/cover-port.ts';
import { createListeners } from './listeners.ts';

export type CoverStats = {
  /** Covers drawn since the start, changed texts included. */
  readonly covers: number;
  readonly uncovers: number;
  /** What the pupil reads now, null when the screen is free. */
  readonly notice: { readonly text: string; readonly teacher: string } | null;
};

export type SimulatedCover = CoverPort & {
  readonly stats: () => CoverStats;
  /** Plugs displays in or out. */
  readonly setDisplays: (displays: number) => void;
};

export const createSimulatedCover = (): SimulatedCover => {
  const covered = createListeners<number>();
  let displays = 1;
  let covers = 0;
  let uncovers = 0;
  let notice: CoverStats['notice'] = null;
  return {
    cover({ text, teacher }) {
      covers += 1;
      notice = { text, teacher };
      return displays;
    },
    uncover() {
      if (notice !== null) uncovers += 1;
      notice = null;
    },
    onCovered: covered.add,
    stats: () => ({ covers, uncovers, notice }),
    setDisplays(next) {
      displays = next;
      if (notice !== null) covered.tell(displays);
    },
  };
};
