// Rooms, lessons and devices as the screenshots show them. No real person, no real school.
import type { DeviceView } from '../../../shared/domain/device.ts';
import type { AgentSnapshot, ConsoleSnapshot } from '../../../shared/ipc/contract.ts';

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
  | 'screen-problem'
  | 'insecure';

const connectionOf = (kind: Kind, now: number): unknown => {
  if (kind === 'never-seen') return { state: 'never-seen' };
  if (kind === 'offline') return { state: 'offline', since: now - 12 * minute };
  if (kind === 'reconnecting') return { state: 'reconnecting', since: now - 4_000 };
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
        kind === 'showing' || kind === 'showing-failed'
          ? { state: kind === 'showing' ? 'showing' : 'failed', presentationId: ids.presentation }
          : { state: 'none' },
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

export const agentSnapshots = (now: number): Record<string, AgentSnapshot> => {
  const base = {
    deviceName: 'PC-07',
    watched: null,
    lock: null,
    isShowingPresentation: false,
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
