// One timer for all simulated devices of a process: a hashed wheel whose slots are swept every 10 ms.
// A timer per device and frame would cost more than the frames.

export const tickMs = 10;
const slotCount = 256;

/** A reusable timer of one owner. */
export type WheelTimer = {
  /** Calls the action once, at `dueMs` of the wheel's clock or up to a tick later; replaces what was set before. */
  readonly at: (dueMs: number) => void;
  readonly cancel: () => void;
};

export type TimerWheel = {
  /** Milliseconds of the clock that `at` refers to. */
  readonly nowMs: () => number;
  readonly timer: (action: (nowMs: number) => void) => WheelTimer;
  /** Ends the ticking for good. */
  readonly close: () => void;
};

type Entry = { tick: number; readonly action: (nowMs: number) => void };

/** The ticking begins with the first timer that is set and does not keep the process alive. */
export const createTimerWheel = (nowMs: () => number = () => performance.now()): TimerWheel => {
  const slots = Array.from({ length: slotCount }, () => new Set<Entry>());
  let sweptTick = Math.floor(nowMs() / tickMs);
  let interval: NodeJS.Timeout | null = null;
  let isClosed = false;

  const sweep = (): void => {
    const now = nowMs();
    const lastTick = Math.floor(now / tickMs);
    // After a pause longer than a turn every slot is looked at once.
    for (let tick = Math.max(sweptTick + 1, lastTick - slotCount + 1); tick <= lastTick; tick += 1) {
      const slot = slots[tick % slotCount];
      if (slot === undefined || slot.size === 0) continue;
      for (const entry of [...slot]) {
        if (entry.tick > lastTick || !slot.delete(entry)) continue;
        entry.tick = -1;
        entry.action(now);
      }
    }
    sweptTick = lastTick;
  };

  const cancel = (entry: Entry): void => {
    if (entry.tick >= 0) slots[entry.tick % slotCount]?.delete(entry);
    entry.tick = -1;
  };

  const schedule = (entry: Entry, dueMs: number): void => {
    cancel(entry);
    if (isClosed) return;
    if (interval === null) {
      sweptTick = Math.floor(nowMs() / tickMs);
      interval = setInterval(sweep, tickMs);
      interval.unref();
    }
    entry.tick = Math.max(sweptTick + 1, Math.ceil(dueMs / tickMs));
    slots[entry.tick % slotCount]?.add(entry);
  };

  return {
    nowMs,
    timer(action) {
      const entry: Entry = { tick: -1, action };
      return { at: (dueMs) => schedule(entry, dueMs), cancel: () => cancel(entry) };
    },
    close() {
      isClosed = true;
      if (interval !== null) clearInterval(interval);
      for (const slot of slots) slot.clear();
    },
  };
};
