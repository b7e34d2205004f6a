// A whole console without its window for the fleet's tests: school, link server, lesson, wall, locks, presentation and
// a real relay process. Simulated parts stand in for its page: a viewer per device, a recorded screen to present.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConsole } from '../../main/app/console.ts';
import { openConsoleFiles } from '../../main/app/console-files.ts';
import type { RelayProcess } from '../../main/features/presentation/relay-host.ts';
import { systemClock } from '../../main/lib/clock.ts';
import { silentLog } from '../../main/lib/log.ts';
import { createLinkServer } from '../../main/link/link-server.ts';
import { createEnrolmentDesk } from '../../main/trust/enrolment-desk.ts';
import { createOwnSchool } from '../../main/trust/identity-store.ts';
import { fileModeBox } from '../../main/trust/secret-box.ts';
import type { ScreenQuality } from '../../shared/domain/device.ts';
import { DeviceId } from '../../shared/domain/ids.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import { fail } from '../../shared/result/result.ts';
import type { DesktopRecording } from './recording.ts';
import { createSimulatedScreen } from './simulated-screen.ts';
import { createSimulatedViewer, type SimulatedViewer } from './simulated-viewer.ts';
import { createTimerWheel } from './timer-wheel.ts';

const spawnRelay = (): RelayProcess => {
  const child = fork(join(import.meta.dirname, '../../main/relay/relay.ts'), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  return {
    get pid() {
      return child.pid ?? null;
    },
    post: (message) => void (child.connected && child.send(message)),
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => void child.on('exit', listener),
    kill: () => void child.kill(),
  };
};

/** The school, its link and the room behind it, all in a temporary profile. */
const openRoom = async (page: {
  readonly onSignal: (from: DeviceId | 'relay', signal: Signal) => void;
  readonly onRelay: (relayGeneration: number) => void;
}) => {
  const profile = mkdtempSync(join(tmpdir(), 'lehrpult-console-'));
  const teacherName = 'Frau Muster';
  const names = { roomName: 'Raum 204', teacherName, nowMs: Date.now() };
  const opened = await createOwnSchool(join(profile, 'school.json'), fileModeBox, names);
  if (!opened.ok) throw new Error(opened.error.code);
  const identity = opened.value;
  const room = { id: identity.roomId, name: identity.roomName };
  const log = silentLog();
  const files = openConsoleFiles(profile, log);
  const desk = createEnrolmentDesk({
    school: identity.school,
    room: () => room,
    roster: () => identity.roster,
    clock: systemClock,
    log,
    store: { load: () => null, save: () => {}, settled: async () => {} },
    onEnrolled: ({ deviceId, facts }) => console.handlers.onEnrolled(deviceId, facts.name),
  });
  const server = createLinkServer({ identity, room, teacherName, log, enrolment: desk });
  const console = createConsole({
    room,
    teacher: { id: identity.teacherId, name: teacherName },
    files,
    lockGraceMs: 30_000,
    relayPort: 0,
    spawnRelay,
    addresses: () => [],
    clock: systemClock,
    log,
    broadcast(channel, payload) {
      if (channel === 'presentation:changed') {
        const { presentation } = console.snapshot();
        if (presentation.state !== 'off') page.onRelay(presentation.relayGeneration);
      } else if (channel === 'signal:received') {
        const { from, signal } = payload as { from: { kind: string; id?: string }; signal: Signal };
        page.onSignal(from.kind === 'device' ? DeviceId.parse(from.id) : 'relay', signal);
      }
    },
  });
  server.events.on('connected', ({ deviceId, address, facts, report }) =>
    console.handlers.onConnected({ id: deviceId, address, facts, report }),
  );
  server.events.on('message', (session, message) => console.handlers.onMessage(session.deviceId, message));
  server.events.on('gone', (id) => {
    if (server.session(id) === null) console.handlers.onGone(id);
  });
  console.attach({
    command: async (id, body) => (await server.session(id)?.command(body)) ?? fail('gone', 'retry'),
    signal: (id, channel, signal) => void server.session(id)?.send({ type: 'signal', channel, signal }),
    setLesson: server.setLesson,
  });
  const listening = await server.listen(0, '127.0.0.1');
  if (!listening.ok) throw new Error(listening.error.code);
  return {
    console,
    address: `127.0.0.1:${listening.value}`,
    desk,
    async close() {
      await console.endLesson();
      await console.close();
      await server.close();
      rmSync(profile, { recursive: true, force: true });
    },
  };
};

export type WindowlessConsole = Awaited<ReturnType<typeof startWindowlessConsole>>;

export const startWindowlessConsole = async () => {
  const wheel = createTimerWheel();
  const media = { wheel, random: Math.random, bindAddress: null };
  const tiles = new Map<DeviceId, SimulatedViewer>();
  let presenter: ReturnType<typeof createSimulatedScreen> | null = null;

  /** The page's receiver of one device's screen; an offer of a new connection finds it waiting. */
  const tileOf = (id: DeviceId): SimulatedViewer => {
    const known = tiles.get(id);
    if (known !== undefined) return known;
    const tile = createSimulatedViewer({ ...media, name: `tile ${id.slice(0, 8)}` });
    tile.onSignal((signal) => room.console.signalDevice(id, 'screen', signal));
    tile.show();
    tiles.set(id, tile);
    return tile;
  };
  let relayGeneration = 0;
  const room = await openRoom({
    onSignal(from, signal) {
      if (from === 'relay') presenter?.deliver(signal);
      else tileOf(from).deliver(signal);
    },
    onRelay(generation) {
      // A relay that was not there before knows nothing of the stream: it is offered again.
      if (generation !== relayGeneration) presenter?.deliver({ kind: 'restart', generation: 0 });
      relayGeneration = generation;
    },
  });
  const { console } = room;

  return {
    console,
    address: room.address,
    createToken: async (uses: number): Promise<string> => {
      const wish = { uses, lifetimeMs: 3_600_000, addresses: [room.address] };
      return (await room.desk.issue(wish)).text;
    },
    deviceIds: () => console.snapshot().devices.map(({ id }) => id),
    watch: (quality: ScreenQuality) =>
      console.wall.want(console.snapshot().devices.map(({ id }) => ({ id, quality }))),
    /** What arrived of a device's screen. */
    tile: (id: string) => tileOf(DeviceId.parse(id)).stats(),
    present(recording: DesktopRecording) {
      const screen = createSimulatedScreen({ ...media, name: 'presenter', index: 0, recording });
      presenter = screen;
      screen.onSignal(console.presentation.fromPage);
      console.presentation.chooseSource({ id: 'recorded', kind: 'screen', name: 'Recorded' });
      const started = console.presentation.start();
      if (!started.ok) throw new Error(started.error.code);
      screen.setQuality('focus');
    },
    presented: () => presenter?.stats() ?? null,
    endPresentation() {
      presenter?.close();
      presenter = null;
      console.presentation.stop();
    },
    async close() {
      presenter?.close();
      for (const tile of tiles.values()) tile.close();
      await room.close();
      wheel.close();
    },
  };
};
