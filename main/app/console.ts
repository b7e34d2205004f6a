// Wires the console: link, room, lesson, wall, presentation, locks. It knows no window and no electron: pages are a
// broadcast, the relay is a spawn function.
import { randomUUID } from 'node:crypto';
import type { DeviceFacts, DeviceReport, DeviceView } from '../../shared/domain/device.ts';
import type { DeviceId, LessonId, LockId, PresentationId } from '../../shared/domain/ids.ts';
import type { Lesson, Room, Teacher } from '../../shared/domain/lesson.ts';
import type { ConsoleSnapshot } from '../../shared/ipc/contract.ts';
import type { AgentMessage, CommandBody, SignalChannel } from '../../shared/protocol/link.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import type { Result } from '../../shared/result/result.ts';
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
import type { ConsoleFiles } from './console-files.ts';

/** What the link tells the console. */
export type ConsoleLinkHandlers = {
  readonly onConnected: (device: {
    readonly id: DeviceId;
    readonly address: string;
    readonly facts: DeviceFacts;
    readonly report: DeviceReport;
  }) => void;
  readonly onMessage: (id: DeviceId, message: Exclude<AgentMessage, { type: 'hello' | 'result' }>) => void;
  readonly onGone: (id: DeviceId) => void;
  readonly onEnrolled: (id: DeviceId, name: string) => void;
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
  readonly signalDevice: (id: DeviceId, channel: SignalChannel, signal: Signal) => void;
  readonly close: () => Promise<void>;
};

const noLink = { ok: false, error: { code: 'gone', retry: 'retry' } } as const;

export const createConsole = (parts: Parts): Console => {
  const { files, clock, log, broadcast } = parts;
  let link: ConsoleLink | null = null;
  let problem: Problem = null;

  const command = (id: DeviceId, body: CommandBody): Promise<Result<void>> =>
    link?.command(id, body) ?? Promise.resolve(noLink);
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
    onChange: (view) => broadcast('presentation:changed', view),
  });
  const lesson: ConsoleLesson = createConsoleLesson({
    kept: files.lesson.load(),
    save: files.lesson.save,
    newLessonId: () => randomUUID() as LessonId,
    clock,
    onChange: (running) => {
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
    onEnrolled: devices.add,
  };

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
