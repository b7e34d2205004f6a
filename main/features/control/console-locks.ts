// The console's side of locks: what the teacher wants, renewed while a lesson runs, healed where a device differs.
// What the wall shows is never this wish but the device's own report.
import type { DeviceReport } from '../../../shared/domain/device.ts';
import type { DeviceId, LockId } from '../../../shared/domain/ids.ts';
import type { CommandBody } from '../../../shared/protocol/link.ts';
import type { AppError, Result } from '../../../shared/result/result.ts';
import type { Clock } from '../../lib/clock.ts';

const renewEveryMs = 5_000;
const longestLockMs = 90 * 60_000;

export type WantedLock = {
  readonly lockId: LockId;
  readonly text: string;
  /** Unix milliseconds. */
  readonly capAt: number;
};

type Parts = {
  readonly command: (id: DeviceId, body: CommandBody) => Promise<Result<void>>;
  /** An order is under way (or no longer) to this device. */
  readonly onPending: (id: DeviceId, pending: 'locking' | 'unlocking' | null, error: AppError | null) => void;
  /** Kept so that a restarted console goes on holding the same locks. */
  readonly save: (wanted: ReadonlyMap<DeviceId, WantedLock>) => void;
  readonly newLockId: () => LockId;
  readonly graceMs: number;
  readonly clock: Clock;
};

export type ConsoleLocks = {
  /** `minutes` null = until the lesson ends. Gives an error per device that did not take it. */
  readonly lock: (ids: readonly DeviceId[], text: string, minutes: number | null) => Promise<PerDeviceResult>;
  readonly unlock: (ids: readonly DeviceId[]) => Promise<PerDeviceResult>;
  /** The lesson is over: every wish ends. */
  readonly releaseAll: () => Promise<void>;
  /** A report came: bring the device to what is wanted. */
  readonly heal: (id: DeviceId, report: DeviceReport) => void;
  readonly restore: (wanted: Iterable<readonly [DeviceId, WantedLock]>) => void;
  readonly close: () => void;
};

export type PerDeviceResult = { id: DeviceId; error: string | null }[];

export const createConsoleLocks = (parts: Parts): ConsoleLocks => {
  const { clock, graceMs } = parts;
  const wanted = new Map<DeviceId, WantedLock>();
  const busy = new Set<DeviceId>();

  const send = async (
    id: DeviceId,
    body: CommandBody,
    pending: 'locking' | 'unlocking',
  ): Promise<Result<void>> => {
    busy.add(id);
    parts.onPending(id, pending, null);
    const result = await parts.command(id, body);
    busy.delete(id);
    parts.onPending(id, null, result.ok ? null : result.error);
    return result;
  };

  const lockBody = (want: WantedLock): CommandBody => ({
    verb: 'lock',
    lockId: want.lockId,
    text: want.text,
    // The last renewal may be one interval old when the console dies: the grace time counts from its death.
    graceMs: graceMs + renewEveryMs,
    capMs: Math.max(1_000, want.capAt - clock.wallMs()),
  });

  const dropExpired = (): void => {
    for (const [id, want] of wanted) if (want.capAt <= clock.wallMs()) wanted.delete(id);
  };

  const stopTimer = clock.every(renewEveryMs, () => {
    dropExpired();
    for (const [id, want] of wanted) {
      // A refused renewal shows in the device's next report; heal() then locks it again.
      void parts.command(id, { verb: 'renew-lock', lockId: want.lockId });
    }
  });

  const unlock = async (ids: readonly DeviceId[]): Promise<PerDeviceResult> => {
    for (const id of ids) wanted.delete(id);
    parts.save(wanted);
    return await Promise.all(
      ids.map(async (id) => {
        const result = await send(id, { verb: 'unlock', lockId: null }, 'unlocking');
        return { id, error: result.ok ? null : result.error.code };
      }),
    );
  };

  return {
    async lock(ids, text, minutes) {
      const capAt = clock.wallMs() + (minutes === null ? longestLockMs : minutes * 60_000);
      const lockId = parts.newLockId();
      for (const id of ids) wanted.set(id, { lockId, text, capAt });
      parts.save(wanted);
      return await Promise.all(
        ids.map(async (id) => {
          const result = await send(id, lockBody({ lockId, text, capAt }), 'locking');
          return { id, error: result.ok ? null : result.error.code };
        }),
      );
    },
    unlock,
    async releaseAll() {
      await unlock([...wanted.keys()]);
    },
    heal(id, report) {
      if (busy.has(id)) return;
      dropExpired();
      const want = wanted.get(id);
      const lockedAs = report.lock.state === 'locked' ? report.lock.lockId : null;
      if (want !== undefined && lockedAs !== want.lockId) void send(id, lockBody(want), 'locking');
      else if (want === undefined && lockedAs !== null) {
        void send(id, { verb: 'unlock', lockId: null }, 'unlocking');
      }
    },
    restore(kept) {
      for (const [id, want] of kept) wanted.set(id, want);
      dropExpired();
    },
    close: stopTimer,
  };
};
