// What the teacher's PC orders, as entries of its log. Orders of one kind that belong together become one entry.
import type { DeviceId, LessonId } from '../../../shared/domain/ids.ts';
import type { CancelTimer, Clock } from '../../lib/clock.ts';
import type { Audit } from './audit-log.ts';

export type ConsoleAudit = {
  /** `code` null: done. */
  readonly ordered: (verb: string, device: DeviceId, code: string | null) => void;
  readonly lesson: (lesson: LessonId | null) => void;
  readonly deviceJoined: (device: DeviceId) => void;
  readonly deviceRemoved: (device: DeviceId) => void;
  readonly quarantined: (device: DeviceId, addresses: readonly string[]) => void;
  readonly readmitted: (device: DeviceId) => void;
  readonly roster: (epoch: number) => void;
  /** Writes what is still gathered. */
  readonly close: () => void;
};

type Gathered = { done: DeviceId[]; failed: { device: DeviceId; code: string }[] };

/** Orders to a whole room come back within this time. */
const gatherMs = 1_000;
const maxGathered = 200;
/** Kept up every few seconds by itself: the lock it renews was written down. */
const silent: ReadonlySet<string> = new Set(['renew-lock']);

export const createConsoleAudit = (audit: Audit, clock: Clock): ConsoleAudit => {
  const gathered = new Map<string, Gathered>();
  let stopTimer: CancelTimer | null = null;
  let running: LessonId | null = null;
  audit.append({ kind: 'started' });

  const flush = (): void => {
    stopTimer?.();
    stopTimer = null;
    for (const [verb, { done, failed }] of gathered) audit.append({ kind: 'command', verb, done, failed });
    gathered.clear();
  };

  return {
    ordered(verb, device, code) {
      if (silent.has(verb)) return;
      const entry = gathered.get(verb) ?? { done: [], failed: [] };
      gathered.set(verb, entry);
      if (code === null) entry.done.push(device);
      else entry.failed.push({ device, code });
      if (entry.done.length + entry.failed.length >= maxGathered) flush();
      else stopTimer ??= clock.after(gatherMs, flush);
    },
    lesson(next) {
      if (next === running) return;
      flush();
      if (running !== null) audit.append({ kind: 'lesson-end' });
      if (next !== null) audit.append({ kind: 'lesson-start', lesson: next });
      running = next;
    },
    deviceJoined: (device) => audit.append({ kind: 'device-joined', device }),
    deviceRemoved: (device) => audit.append({ kind: 'device-removed', device }),
    quarantined: (device, addresses) =>
      audit.append({ kind: 'device-quarantined', device, addresses: addresses.slice(0, 8) }),
    readmitted: (device) => audit.append({ kind: 'device-readmitted', device }),
    roster: (epoch) => audit.append({ kind: 'roster', epoch }),
    close: flush,
  };
};
