// The device's lock: a lease that ends by itself. It owns when a lock begins and ends; how it is drawn is the
// cover's business, and it never asks the network whether it may end.
//
// [Note: lock lease] A lock lives on the device's own monotonic clock. The console renews it every 5 s; without a
// renewal it ends after the grace time, and in any case at the cap. So a dead teacher's PC frees the room by
// itself, while a pulled cable frees nobody before the grace time is over. Across a restart of the agent the
// lease is carried in a file by wall clock, and can only become shorter.
import { z } from 'zod';
import type { ReportedLock } from '../../../shared/domain/device.ts';
import { DisplayName, LockId, PupilText } from '../../../shared/domain/ids.ts';
import type { Clock } from '../../lib/clock.ts';
import type { CoverPort } from './cover-port.ts';

/** A lock as it is kept over a restart; times are Unix milliseconds. */
export const StoredLease = z.strictObject({
  lockId: LockId,
  text: PupilText,
  teacher: DisplayName,
  graceMs: z.int().min(0).max(605_000),
  endsAt: z.int(),
  capAt: z.int(),
});
export type StoredLease = z.infer<typeof StoredLease>;

export type LeaseStore = {
  /** null when none is kept or what is kept cannot be read. */
  readonly load: () => StoredLease | null;
  readonly save: (lease: StoredLease | null) => void;
};

export type LockOrder = {
  readonly lockId: LockId;
  readonly text: string;
  readonly teacher: string;
  readonly graceMs: number;
  readonly capMs: number;
};

type Lease = Omit<LockOrder, 'capMs'> & { endsAtMs: number; readonly capAtMs: number };

export type AgentLock = {
  readonly lock: (order: LockOrder) => void;
  /** False if this lock is not there (any more). */
  readonly renew: (lockId: LockId) => boolean;
  /** Ends that lock, or any when null. Ending what is not there is no error. */
  readonly unlock: (lockId: LockId | null) => void;
  readonly report: () => ReportedLock;
  readonly notice: () => { readonly text: string; readonly teacher: string } | null;
  /** Covers again what a crash or a restart had uncovered; call once at start. */
  readonly restore: () => void;
  readonly close: () => void;
};

type Parts = {
  readonly cover: CoverPort;
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly onChange: () => void;
};

export const createAgentLock = ({ cover, store, clock, onChange }: Parts): AgentLock => {
  let lease: Lease | null = null;
  let covered = 0;
  let stopTimer = (): void => {};

  const remainingMs = (): number => (lease === null ? 0 : Math.max(0, lease.endsAtMs - clock.nowMs()));

  const keep = (): void => {
    if (lease === null) {
      store.save(null);
      return;
    }
    const { endsAtMs, capAtMs, ...kept } = lease;
    const nowMs = clock.nowMs();
    const wallNow = clock.wallMs();
    store.save({
      ...kept,
      endsAt: Math.round(wallNow + endsAtMs - nowMs),
      capAt: Math.round(wallNow + capAtMs - nowMs),
    });
  };

  const end = (): void => {
    if (lease === null) return;
    lease = null;
    covered = 0;
    stopTimer();
    cover.uncover();
    keep();
    onChange();
  };

  const arm = (): void => {
    stopTimer();
    stopTimer = clock.after(remainingMs(), () => {
      if (remainingMs() > 0) arm();
      else end();
    });
  };

  const begin = (next: Lease): void => {
    lease = next;
    covered = cover.cover({ text: next.text, teacher: next.teacher });
    keep();
    arm();
    onChange();
  };

  const stopListening = cover.onCovered((displays) => {
    if (lease === null || displays === covered) return;
    covered = displays;
    onChange();
  });

  return {
    lock({ capMs, ...order }) {
      const nowMs = clock.nowMs();
      const capAtMs = nowMs + capMs;
      begin({ ...order, capAtMs, endsAtMs: Math.min(nowMs + order.graceMs, capAtMs) });
    },
    renew(lockId) {
      if (lease?.lockId !== lockId) return false;
      lease.endsAtMs = Math.min(clock.nowMs() + lease.graceMs, lease.capAtMs);
      keep();
      arm();
      return true;
    },
    unlock(lockId) {
      if (lockId === null || lease?.lockId === lockId) end();
    },
    report: () =>
      lease === null
        ? { state: 'free' }
        : {
            state: 'locked',
            lockId: lease.lockId,
            text: lease.text,
            freeInMs: Math.round(remainingMs()),
            coveredDisplays: covered,
          },
    notice: () => lease && { text: lease.text, teacher: lease.teacher },
    restore() {
      const kept = store.load();
      if (kept === null) return;
      const { endsAt, capAt, ...order } = kept;
      const wallNow = clock.wallMs();
      // A clock set back must not lengthen the lease: it never gets more than one grace time from here.
      const leftMs = Math.min(endsAt - wallNow, order.graceMs);
      if (leftMs <= 0) {
        store.save(null);
        return;
      }
      const nowMs = clock.nowMs();
      begin({ ...order, endsAtMs: nowMs + leftMs, capAtMs: nowMs + Math.max(leftMs, capAt - wallNow) });
    },
    close() {
      stopTimer();
      stopListening();
    },
  };
};
