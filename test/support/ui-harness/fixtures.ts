// Rooms, lessons and devices as the screenshots show them. No real person, no real school.
import type { DeviceView } from '../../../shared/domain/device.ts';
import type { DevicePairing, FoundRoom, PairingView } from '../../../shared/domain/joining.ts';
import type { AgentSnapshot, ConsoleSnapshot, WatchEntry } from '../../../shared/ipc/contract.ts';

type Ids = { -readonly [K in 'device' | 'lock' | 'presentation' | 'room' | 'lesson' | 'teacher']: string };
const uuid = '3d1f0f5a-6d0e-4c0b-9a55-0d6f2f0b7a01';
const ids: Ids = {
  device: '',
  lock: uuid,
  presentation: uuid,
  room: uuid,
  lesson: uuid,
  teacher: 'e'.repeat(64),
};

const minute = 60_000;

export const deviceIdOf = (seat: number): string => (seat + 1).toString(16).padStart(4, '0').repeat(16);

type Kind =
  | 'live'
  | 'connecting'
  | 'reconnecting'
  | 'offline'
  | 'never-seen'
  | 'locked'
  | 'locking'
  | 'showing'
  | 'showing-failed'
  | 'showing-insecure'
  | 'screen-problem'
  | 'insecure'
  | 'quarantined';

const presentationStates: { readonly [K in Kind]?: string } = {
  showing: 'showing',
  'showing-failed': 'failed',
  'showing-insecure': 'insecure',
};

const connectionOf = (kind: Kind, now: number): unknown => {
  if (kind === 'never-seen') return { state: 'never-seen' };
  if (kind === 'offline') return { state: 'offline', since: now - 12 * minute };
  if (kind === 'reconnecting') return { state: 'reconnecting', since: now - 4_000 };
  if (kind === 'quarantined') {
    return { state: 'quarantined', since: now - minute, addresses: ['10.20.0.17', '10.20.0.143'] };
  }
  return { state: 'online', since: now - 20 * minute, address: '10.20.0.17' };
};

const device = (seat: number, kind: Kind, now: number, name?: string): DeviceView =>
  ({
    id: deviceIdOf(seat),
    name: name ?? `PC-${String(seat + 1).padStart(2, '0')}`,
    seat,
    connection: connectionOf(kind, now),
    facts: null,
    report: {
      lock:
        kind === 'locked'
          ? {
              state: 'locked',
              lockId: ids.lock,
              text: 'Augen nach vorn',
              freeInMs: 110_000,
              coveredDisplays: 1,
            }
          : { state: 'free' },
      presentation:
        presentationStates[kind] === undefined
          ? { state: 'none' }
          : { state: presentationStates[kind], presentationId: ids.presentation },
      screen: kind === 'offline' || kind === 'never-seen' ? 'off' : 'tile',
      screenProblem: kind === 'screen-problem' ? 'no-permission' : null,
    },
    pending: kind === 'locking' ? 'locking' : null,
    lastError: kind === 'insecure' ? 'not-secure' : null,
  }) as unknown as DeviceView;

/** Every state a tile can have, then live ones, up to `count`. */
const mixedKinds: readonly Kind[] = [
  'live',
  'live',
  'showing',
  'locked',
  'connecting',
  'live',
  'reconnecting',
  'offline',
  'live',
  'never-seen',
  'screen-problem',
  'insecure',
  'locking',
  'showing-failed',
  'quarantined',
  'showing-insecure',
];

export type Scene = {
  readonly count: number;
  readonly hasLesson: boolean;
  readonly kinds: 'mixed' | 'calm' | 'showing' | 'locked';
  readonly presentation: 'off' | 'starting' | 'running' | 'paused' | 'recovering';
  readonly problem?: ConsoleSnapshot['problem'];
};

const kindOf = (scene: Scene, seat: number): Kind => {
  if (scene.kinds === 'mixed') return mixedKinds[seat] ?? (seat % 9 === 8 ? 'offline' : 'live');
  if (seat === scene.count - 1) return 'offline';
  if (scene.kinds === 'showing') return seat === 4 ? 'showing-failed' : 'showing';
  return scene.kinds === 'locked' ? 'locked' : 'live';
};

export const consoleSnapshot = (scene: Scene, now: number): ConsoleSnapshot =>
  ({
    room: { id: ids.room, name: 'Computerraum 204' },
    teacher: { id: ids.teacher, name: 'Frau Muster' },
    lesson: scene.hasLesson ? { id: ids.lesson, startedAt: now - 23 * minute } : null,
    devices: Array.from({ length: scene.count }, (_, seat) =>
      device(seat, kindOf(scene, seat), now, seat === 5 ? 'Fensterplatz links vorn (Tablet)' : undefined),
    ),
    presentation:
      scene.presentation === 'off'
        ? { state: 'off' }
        : {
            state: scene.presentation,
            id: ids.presentation,
            source: { id: 's1', kind: 'window', name: 'Bruchrechnen – Seite 12 – Dokumentbetrachter' },
            startedAt: now - 3 * minute,
            relayGeneration: 1,
          },
    addresses: ['10.20.0.5:47100', 'pult-204.schule.example:47100'],
    problem: scene.problem ?? null,
  }) as unknown as ConsoleSnapshot;

/** What main answers beyond the room itself; each view takes what it needs. */
export type Answers = {
  readonly setup?: 'needed' | 'missing' | 'due';
  /** Code with which a setup fails. */
  readonly setupProblem?: string;
  readonly pairing?: 'none' | 'comparing' | 'many' | 'closed';
  /** How many rooms a device finds. */
  readonly rooms?: number;
  readonly devicePairing?: 'connecting' | 'comparing' | 'waiting-for-teacher' | 'failed';
  readonly hasNoWatchLog?: boolean;
  readonly camera?: 'none' | 'denied' | 'starting' | 'picture' | 'code';
};

const code = [0, 21, 33, 17, 10, 48];

export const pairingView = (kind: Answers['pairing'], now: number): PairingView => {
  const request = { address: '10.20.0.31', code: null, problem: null } as const;
  const comparing = {
    ...request,
    id: '1',
    deviceName: 'Tablet 1',
    code,
    state: 'comparing' as const,
  };
  const openUntil = kind === 'closed' ? null : now + 4 * minute + 31_000;
  if (kind === 'comparing') return { openUntil, requests: [comparing] };
  if (kind !== 'many') return { openUntil, requests: [] };
  return {
    openUntil,
    requests: [
      { ...comparing, id: '0', deviceName: 'Tablet 2', code: [5, 6, 7, 8, 9, 63], state: 'confirmed' },
      comparing,
      { ...request, id: '2', deviceName: 'LAPTOP-7QK2MVX4', state: 'exchanging' },
      { ...request, id: '3', deviceName: 'Tablet 3', state: 'done' },
      { ...request, id: '4', deviceName: 'PC-09', state: 'refused' },
      { ...request, id: '5', deviceName: 'Unbekannt', state: 'aborted', problem: 'timeout' },
    ],
  };
};

export const foundRooms = (count: number): readonly FoundRoom[] =>
  [
    { address: '10.20.0.5:47100', room: 'Computerraum 204', teacher: 'Frau Muster' },
    { address: '10.20.0.6:47100', room: 'Raum 12', teacher: 'Herr Beispiel' },
  ].slice(0, count);

export const devicePairing = (kind: Answers['devicePairing']): DevicePairing => {
  switch (kind) {
    case 'connecting':
      return { state: 'connecting' };
    case 'failed':
      return { state: 'failed', code: 'timeout' };
    case undefined:
      return { state: 'idle' };
    default:
      return { state: kind, room: 'Computerraum 204', code };
  }
};

export const watchLog = (now: number): readonly WatchEntry[] => {
  const look = (by: string, minutesAgo: number, forMs: number | null): WatchEntry => {
    const startedAt = now - minutesAgo * minute;
    return { by, startedAt, endedAt: forMs === null ? null : startedAt + forMs };
  };
  const day = 24 * 60;
  return [
    look('Frau Muster', 8, null),
    look('Frau Muster', 31, 12 * minute),
    look('Herr Beispiel', day + 40, 40_000),
    look('Frau Muster', day + 95, 75 * minute),
    look('Dr. Annegret Musterfrau-Beispielhausen', 5 * day, 3 * minute),
  ];
};

export const agentSnapshots = (now: number): Record<string, AgentSnapshot> => {
  const base = {
    deviceName: 'PC-07',
    watched: null,
    lock: null,
    isShowingPresentation: false,
    clockDifferenceMs: null,
  } as const;
  const online = {
    state: 'online',
    room: 'Computerraum 204',
    teacher: 'Frau Muster',
    hasLesson: true,
  } as const;
  const watched = { by: 'Frau Muster', quality: 'tile', since: now - 8 * minute } as const;
  return {
    unenrolled: { ...base, link: { state: 'unenrolled' } },
    cloned: { ...base, link: { state: 'waiting', code: 'cloned', retryAt: now + minute } },
    revoked: { ...base, link: { state: 'waiting', code: 'revoked', retryAt: now + minute } },
    'wrong-clock': { ...base, link: online, clockDifferenceMs: -(3 * 24 * 60 * minute) },
    searching: { ...base, link: { state: 'searching' } },
    waiting: { ...base, link: { state: 'waiting', code: 'unreachable', retryAt: now + minute } },
    unwatched: { ...base, link: { ...online, hasLesson: false } },
    watched: { ...base, link: online, watched, isShowingPresentation: true },
    blurred: { ...base, link: online, watched: { ...watched, quality: 'blurred' } },
    locked: {
      ...base,
      link: online,
      watched,
      lock: { text: 'Augen nach vorn, bitte!', teacher: 'Frau Muster' },
    },
    lockedLong: {
      ...base,
      link: online,
      watched,
      lock: {
        text: 'Wir besprechen jetzt gemeinsam die Aufgaben 3 und 4 auf Seite 12.\nLegt bitte Stift und Heft bereit und schaut nach vorn zur Tafel. Wer noch Fragen hat, meldet sich bitte gleich.',
        teacher: 'Frau Muster',
      },
    },
  };
};
