// The devices of the room as the console knows them: who belongs to it, who is there, what each reports.
// It decides nothing; others tell it facts and it tells the pages, many changes in one message.
import {
  type DeviceFacts,
  type DeviceReport,
  type DeviceView,
  idleReport,
} from '../../../shared/domain/device.ts';
import type { DeviceId } from '../../../shared/domain/ids.ts';
import type { Clock } from '../../lib/clock.ts';

/** What is kept of a device over a restart. */
export type KnownDevice = {
  readonly id: DeviceId;
  readonly name: string;
  readonly seat: number;
  /** Its key was seen at two places; null or absent: it was not. */
  readonly quarantine?: { readonly since: number; readonly addresses: string[] } | undefined;
};

export type DeviceRegistry = {
  readonly all: () => readonly DeviceView[];
  readonly get: (id: DeviceId) => DeviceView | undefined;
  readonly online: () => readonly DeviceId[];
  /** A device was enrolled or seen with a certificate of this school. Known ones keep name and seat. */
  readonly add: (id: DeviceId, suggestedName: string) => void;
  readonly connected: (id: DeviceId, address: string, facts: DeviceFacts, report: DeviceReport) => void;
  readonly reported: (id: DeviceId, report: DeviceReport) => void;
  readonly factsChanged: (id: DeviceId, facts: DeviceFacts) => void;
  readonly gone: (id: DeviceId) => void;
  /** Its key answers at these addresses at once. Kept until `readmitted` or `forget`. */
  readonly quarantined: (id: DeviceId, addresses: readonly string[]) => void;
  /** The teacher says that the copy is off; false for a device that is not known. */
  readonly readmitted: (id: DeviceId) => boolean;
  readonly isQuarantined: (id: DeviceId) => boolean;
  /** Its pictures come under another key than the link has announced. */
  readonly insecure: (id: DeviceId) => void;
  /** They come from the device itself again. */
  readonly genuine: (id: DeviceId) => void;
  readonly pending: (id: DeviceId, pending: DeviceView['pending'], error: string | null) => void;
  readonly rename: (id: DeviceId, name: string) => boolean;
  readonly forget: (id: DeviceId) => boolean;
  readonly close: () => void;
};

type Parts = {
  readonly known: readonly KnownDevice[];
  readonly save: (known: KnownDevice[]) => void;
  readonly clock: Clock;
  readonly onChanged: (devices: readonly DeviceView[]) => void;
  readonly onRemoved: (ids: readonly DeviceId[]) => void;
};

/** Changes within this time go to the pages together. */
const gatherMs = 50;
/** A lost connection is called "reconnecting" for that long and "offline" after. */
const offlineAfterMs = 6_000;
/** Its tile says so until the device itself is there. */
const insecureCode = 'not-secure';

const neverSeen = ({ quarantine, ...known }: KnownDevice): DeviceView => ({
  ...known,
  connection: quarantine === undefined ? { state: 'never-seen' } : { state: 'quarantined', ...quarantine },
  facts: null,
  report: idleReport,
  pending: null,
  lastError: null,
});

export const createDeviceRegistry = (parts: Parts): DeviceRegistry => {
  const { clock } = parts;
  const devices = new Map<DeviceId, DeviceView>(parts.known.map((known) => [known.id, neverSeen(known)]));
  const changed = new Set<DeviceId>();
  const offlineTimers = new Map<DeviceId, () => void>();
  let stopGather: (() => void) | null = null;

  const flush = (): void => {
    stopGather = null;
    const views = [...changed].flatMap((id) => devices.get(id) ?? []);
    changed.clear();
    if (views.length > 0) parts.onChanged(views);
  };

  const put = (view: DeviceView): void => {
    devices.set(view.id, view);
    changed.add(view.id);
    stopGather ??= clock.after(gatherMs, flush);
  };

  const update = (id: DeviceId, change: Partial<DeviceView>): boolean => {
    const view = devices.get(id);
    if (view === undefined) return false;
    put({ ...view, ...change });
    return true;
  };

  const save = (): void => {
    parts.save(
      [...devices.values()].map(({ id, name, seat, connection }) => {
        if (connection.state !== 'quarantined') return { id, name, seat };
        const { since, addresses } = connection;
        return { id, name, seat, quarantine: { since, addresses } };
      }),
    );
  };

  const freeSeat = (): number => {
    const taken = new Set([...devices.values()].map(({ seat }) => seat));
    let seat = 0;
    while (taken.has(seat)) seat += 1;
    return seat;
  };

  const freeName = (wish: string): string => {
    const taken = new Set([...devices.values()].map(({ name }) => name));
    let name = wish;
    for (let count = 2; taken.has(name); count += 1) name = `${wish.slice(0, 58)} (${count})`;
    return name;
  };

  const add = (id: DeviceId, suggestedName: string): void => {
    if (devices.has(id)) return;
    put(neverSeen({ id, name: freeName(suggestedName), seat: freeSeat() }));
    save();
  };

  const isQuarantined = (id: DeviceId): boolean => devices.get(id)?.connection.state === 'quarantined';

  const stopOfflineTimer = (id: DeviceId): void => {
    offlineTimers.get(id)?.();
    offlineTimers.delete(id);
  };

  return {
    all: () => [...devices.values()].sort((a, b) => a.seat - b.seat),
    get: (id) => devices.get(id),
    online: () =>
      [...devices.values()].flatMap(({ id, connection }) => (connection.state === 'online' ? id : [])),
    add,
    connected(id, address, facts, report) {
      stopOfflineTimer(id);
      add(id, facts.name);
      const connection = { state: 'online', since: clock.wallMs(), address } as const;
      update(id, { connection, facts, report, pending: null, lastError: null });
    },
    reported: (id, report) => void update(id, { report }),
    factsChanged: (id, facts) => void update(id, { facts }),
    gone(id) {
      // What keeps a quarantined device away is no loss of its connection.
      if (isQuarantined(id)) return;
      stopOfflineTimer(id);
      const since = clock.wallMs();
      update(id, { connection: { state: 'reconnecting', since }, pending: null });
      offlineTimers.set(
        id,
        clock.after(offlineAfterMs, () => update(id, { connection: { state: 'offline', since } })),
      );
    },
    quarantined(id, addresses) {
      stopOfflineTimer(id);
      const since = clock.wallMs();
      update(id, {
        connection: { state: 'quarantined', since, addresses: addresses.slice(0, 8) },
        pending: null,
      });
      save();
    },
    readmitted(id) {
      if (!isQuarantined(id)) return devices.has(id);
      const isKnown = update(id, {
        connection: { state: 'offline', since: clock.wallMs() },
        lastError: null,
      });
      save();
      return isKnown;
    },
    isQuarantined,
    insecure: (id) => void update(id, { lastError: insecureCode }),
    genuine(id) {
      if (devices.get(id)?.lastError === insecureCode) update(id, { lastError: null });
    },
    pending: (id, pending, lastError) => void update(id, { pending, lastError }),
    rename(id, name) {
      const isKnown = update(id, { name });
      if (isKnown) save();
      return isKnown;
    },
    forget(id) {
      stopOfflineTimer(id);
      if (!devices.delete(id)) return false;
      changed.delete(id);
      save();
      parts.onRemoved([id]);
      return true;
    },
    close() {
      stopGather?.();
      for (const stop of offlineTimers.values()) stop();
    },
  };
};
