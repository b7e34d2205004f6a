// What happens on a device as entries of its log, and the part of it that the pupil reads: who looked, and when.

import type { ScreenQuality } from '../../../shared/domain/device.ts';
import type { DeviceId, RoomId } from '../../../shared/domain/ids.ts';
import type { Audit } from './audit-log.ts';

type Watched = { readonly by: string; readonly quality: Exclude<ScreenQuality, 'off'> };
type Notice = { readonly teacher: string };

export type WatchedTime = {
  readonly by: string;
  /** Unix milliseconds; `endedAt` null while it lasts. */
  readonly startedAt: number;
  readonly endedAt: number | null;
};

export type AgentAudit = {
  /** Tells the state of now, as often as one likes: only changes are written. */
  readonly state: (now: { readonly watched: Watched | null; readonly lock: Notice | null }) => void;
  readonly refused: (verb: string | null, code: string) => void;
  readonly joined: (device: DeviceId, room: RoomId) => void;
  /** Newest first, 500 at most. */
  readonly watchLog: () => WatchedTime[];
};

const maxShown = 500;
/** A flood of refused commands must not fill the disk; how many there were is counted elsewhere. */
const refusalsPerMinute = 20;

export const createAgentAudit = (audit: Audit, nowMs: () => number): AgentAudit => {
  let watched: Watched | null = null;
  let lock: Notice | null = null;
  let refusals: number[] = [];
  /** null: something was written since it was made. */
  let shown: WatchedTime[] | null = null;
  audit.append({ kind: 'started' });

  const readWatchLog = (): WatchedTime[] => {
    const rows = audit.entries(['watch-start', 'watch-end', 'started'], maxShown * 3).reverse();
    const times: { by: string; startedAt: number; endedAt: number | null }[] = [];
    for (const { at, entry } of rows) {
      const last = times.at(-1);
      // The next entry of any of these kinds ends what was open: also a start after a crash, and another teacher.
      if (last !== undefined && last.endedAt === null) last.endedAt = Math.max(at, last.startedAt);
      if (entry.kind === 'watch-start') times.push({ by: entry.by, startedAt: at, endedAt: null });
    }
    return times.reverse().slice(0, maxShown);
  };

  return {
    state(now) {
      if (now.watched?.by !== watched?.by) shown = null;
      if (now.watched === null) {
        if (watched !== null) audit.append({ kind: 'watch-end' });
      } else if (now.watched.by !== watched?.by) {
        audit.append({ kind: 'watch-start', by: now.watched.by, quality: now.watched.quality });
      }
      watched = now.watched;
      if (now.lock === null && lock !== null) audit.append({ kind: 'unlocked' });
      if (now.lock !== null && now.lock.teacher !== lock?.teacher) {
        audit.append({ kind: 'locked', by: now.lock.teacher });
      }
      lock = now.lock;
    },
    refused(verb, code) {
      refusals = refusals.filter((atMs) => nowMs() - atMs < 60_000);
      if (refusals.length >= refusalsPerMinute) return;
      refusals.push(nowMs());
      audit.append({ kind: 'command-refused', verb, code });
    },
    joined: (device, room) => audit.append({ kind: 'joined', device, room }),
    watchLog() {
      shown ??= readWatchLog();
      return shown;
    },
  };
};
