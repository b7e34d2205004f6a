// Wires the console: link, room, lesson, wall, presentation, locks. It knows no window and no electron: pages are a
// broadcast, the relay is a spawn function.
import { randomUUID } from 'node:crypto';
import type { DeviceFacts, DeviceReport, DeviceView } from '../../shared/domain/device.ts';
import type { DeviceId, LessonId, LockId, PresentationId } from '../../shared/domain/ids.ts';
import type { Lesson, Room, Teacher } from '../../shared/domain/lesson.ts';
import type { ConsoleSnapshot, PerDevice } from '../../shared/ipc/contract.ts';
import type { CommandBody, SignalChannel } from '../../shared/protocol/link.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import type { Result } from '../../shared/result/result.ts';
import type { ConsoleAudit } from '../features/audit/console-audit.ts';
import { type ConsoleLocks, createConsoleLocks } from '../features/control/console-locks.ts';
import { type ConsoleLesson, createConsoleLesson } from '../features/lesson/console-lesson.ts';
import {
  type ConsolePresentation,
  createConsolePresentation,
} from '../features/presentation/console-presentation.ts';
import { createRelayHost, type RelayHost, type RelayProcess } from '../features/presentation/relay-host.ts';
import { createDeviceRegistry, type DeviceRegistry } from '../features/rooms/device-registry.ts';
import { type ConsoleWall, createConsoleWall } from '../features/wall/console-wall.ts';
import type { Broadcast } from '../ipc/router.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { DeviceMessage } from '../link/link-server.ts';
import type { ConsoleFiles } from './console-files.ts';

/** What the link tells the console. */
export type ConsoleLinkHandlers = {
  readonly onConnected: (device: {
    readonly id: DeviceId;
    readonly address: string;
    readonly facts: DeviceFacts;
    readonly report: DeviceReport;
  }) => void;
  readonly onMessage: (id: DeviceId, message: DeviceMessage) => void;
  readonly onGone: (id: DeviceId) => void;
  /** The same key answers at these addresses; the link lets neither of them in. */
  readonly onCloned: (id: DeviceId, addresses: readonly string[]) => void;
  readonly onEnrolled: (id: DeviceId, name: string) => void;
  /** True until the teacher has decided about a key that was at two places. */
  readonly isQuarantined: (id: DeviceId) => boolean;
};

/** The link as the console uses it. */
export type ConsoleLink = {
  /** Resolves with the device's answer, or with `gone` / `timeout`. */
  readonly command: (id: DeviceId, body: CommandBody) => Promise<Result<void>>;
  readonly signal: (id: DeviceId, channel: SignalChannel, signal: Signal) => void;
  readonly setLesson: (lesson: LessonId | null) => void;
};

type Problem = ConsoleSnapshot['problem'];

type Parts = {
  readonly room: Room;
  readonly teacher: Teacher;
  readonly files: ConsoleFiles;
  readonly lockGraceMs: number;
  readonly relayPort: number;
  readonly spawnRelay: () => RelayProcess;
  readonly addresses: () => string[];
  readonly audit: ConsoleAudit;
  readonly clock: Clock;
  readonly log: Log;
  readonly broadcast: Broadcast;
};

/** A running console. `handlers` go to the link, which comes by `attach` once it listens. */
export type Console = {
  readonly handlers: ConsoleLinkHandlers;
  readonly attach: (link: ConsoleLink) => void;
  readonly snapshot: () => ConsoleSnapshot;
  readonly setProblem: (problem: Problem) => void;
  readonly startLesson: () => Lesson;
  /** Releases every lock, ends the presentation, stops watching. */
  readonly endLesson: () => Promise<void>;
  readonly devices: DeviceRegistry;
  readonly locks: ConsoleLocks;
  readonly wall: ConsoleWall;
  readonly presentation: ConsolePresentation;
  readonly relay: RelayHost;
  /** Opens a web page on each; gives an error per device that did not. */
  readonly openUrl: (ids: readonly DeviceId[], url: string) => Promise<PerDevice>;
  readonly signalDevice: (id: DeviceId, channel: SignalChannel, signal: Signal) => void;
  readonly close: () => Promise<void>;
};

const noLink = { ok: false, error: { code: 'gone', retry: 'retry' } } as const;

export const createConsole = (parts: Parts): Console => {
  const { files, clock, log, broadcast, audit } = parts;
  let link: ConsoleLink | null = null;
  let problem: Problem = null;

  const command = async (id: DeviceId, body: CommandBody): Promise<Result<void>> => {
    const result = (await link?.command(id, body)) ?? noLink;
    audit.ordered(body.verb, id, result.ok ? null : result.error.code);
    return result;
  };
  const signalDevice = (id: DeviceId, channel: SignalChannel, signal: Signal): void =>
    link?.signal(id, channel, signal);
  const tellRoom = (): void => {
    const { room, teacher, lesson: running, addresses, problem: what } = snapshot();
    broadcast('room:changed', { room, teacher, lesson: running, addresses, problem: what });
  };
  const setProblem = (next: Problem): void => {
    problem = next;
    tellRoom();
  };

  const devices = createDeviceRegistry({
    known: files.devices.load() ?? [],
    save: files.devices.save,
    clock,
    onChanged: (views: readonly DeviceView[]) => broadcast('devices:changed', [...views]),
    onRemoved: (ids) => broadcast('devices:removed', [...ids]),
  });
  const wall = createConsoleWall({ command });
  const locks = createConsoleLocks({
    command,
    onPending: (id, pending, error) => devices.pending(id, pending, error?.code ?? null),
    save: (wanted) => files.locks.save([...wanted]),
    newLockId: () => randomUUID() as LockId,
    graceMs: parts.lockGraceMs,
    clock,
  });
  const relay: RelayHost = createRelayHost({
    spawn: parts.spawnRelay,
    udpPort: parts.relayPort,
    clock,
    log,
    onReady: () => presentation.relayReady(),
    onLost: () => presentation.relayLost(),
    onEvent: (event) => presentation.relayEvent(event),
    onGivenUp: () => {
      presentation.stop();
      setProblem('relay-failed');
    },
  });
  const presentation: ConsolePresentation = createConsolePresentation({
    relay,
    command,
    signalDevice: (id, signal) => signalDevice(id, 'presentation', signal),
    signalPage: (signal) => broadcast('signal:received', { from: { kind: 'relay' }, signal }),
    onlineDevices: devices.online,
    newPresentationId: () => randomUUID() as PresentationId,
    wallMs: clock.wallMs,
    onInsecure: devices.insecure,
    onGenuine: devices.genuine,
    onChange: (view) => broadcast('presentation:changed', view),
  });
  const lesson: ConsoleLesson = createConsoleLesson({
    kept: files.lesson.load(),
    save: files.lesson.save,
    newLessonId: () => randomUUID() as LessonId,
    clock,
    onChange: (running) => {
      audit.lesson(running?.id ?? null);
      link?.setLesson(running?.id ?? null);
      wall.setLesson(running !== null);
      if (running !== null) relay.start();
      tellRoom();
    },
  });

  // A lesson that a crash cut off goes on with what was locked.
  if (lesson.current() !== null) {
    locks.restore(files.locks.load() ?? []);
    wall.setLesson(true);
    relay.start();
  }

  const snapshot = (): ConsoleSnapshot => ({
    room: parts.room,
    teacher: parts.teacher,
    lesson: lesson.current(),
    devices: [...devices.all()],
    presentation: presentation.view(),
    addresses: parts.addresses(),
    problem,
  });

  const onReport = (id: DeviceId, report: DeviceReport): void => {
    devices.reported(id, report);
    locks.heal(id, report);
    wall.heal(id, report);
  };

  const handlers: ConsoleLinkHandlers = {
    onConnected({ id, address, facts, report }) {
      devices.connected(id, address, facts, report);
      locks.heal(id, report);
      wall.connected(id);
      presentation.deviceConnected(id);
    },
    onMessage(id, message) {
      if (message.type === 'report') onReport(id, message.report);
      else if (message.type === 'facts') devices.factsChanged(id, message.facts);
      else if (message.channel === 'presentation') presentation.fromDevice(id, message.signal);
      else broadcast('signal:received', { from: { kind: 'device', id }, signal: message.signal });
    },
    onGone(id) {
      devices.gone(id);
      presentation.deviceGone(id);
    },
    onCloned(id, addresses) {
      audit.quarantined(id, addresses);
      devices.quarantined(id, addresses);
      presentation.deviceGone(id);
    },
    onEnrolled(id, name) {
      audit.deviceJoined(id);
      devices.add(id, name);
    },
    isQuarantined: devices.isQuarantined,
  };

  const openUrl = (ids: readonly DeviceId[], url: string): Promise<PerDevice> =>
    Promise.all(
      ids.map(async (id) => {
        const result = await command(id, { verb: 'open-url', url });
        return { id, error: result.ok ? null : result.error.code };
      }),
    );

  const endLesson = async (): Promise<void> => {
    presentation.stop();
    await locks.releaseAll();
    lesson.end();
    relay.stop();
  };

  return {
    handlers,
    attach(attached) {
      link = attached;
      link.setLesson(lesson.current()?.id ?? null);
    },
    snapshot,
    setProblem,
    startLesson() {
      if (problem === 'relay-failed') setProblem(null);
      return lesson.start();
    },
    endLesson,
    devices,
    locks,
    wall,
    presentation,
    relay,
    openUrl,
    signalDevice,
    async close() {
      relay.stop();
      lesson.close();
      locks.close();
      devices.close();
      await files.settled();
    },
  };
};
