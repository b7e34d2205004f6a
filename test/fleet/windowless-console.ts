// A whole console without its window for the fleet's tests: school, link server, lesson, wall, locks, presentation and
// a real relay process. Simulated parts stand in for its page: a viewer per device, a recorded screen to present.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConsole } from '../../main/app/console.ts';
import { openConsoleFiles } from '../../main/app/console-files.ts';
import { openDesk } from '../../main/app/console-link.ts';
import { openProfileAudit } from '../../main/app/open-audit.ts';
import { createConsoleAudit } from '../../main/features/audit/console-audit.ts';
import type { RelayProcess } from '../../main/features/presentation/relay-host.ts';
import { systemClock } from '../../main/lib/clock.ts';
import { silentLog } from '../../main/lib/log.ts';
import { createOwnSchool } from '../../main/trust/identity-store.ts';
import { fileModeBox } from '../../main/trust/secret-box.ts';
import type { ScreenQuality } from '../../shared/domain/device.ts';
import { DeviceId } from '../../shared/domain/ids.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import { Policy } from '../../shared/settings/policy.ts';
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
  const names = { roomName: 'Raum 204', teacherName: 'Frau Muster' };
  const path = join(profile, 'school.json');
  const created = await createOwnSchool(path, fileModeBox, { ...names, nowMs: Date.now() });
  if (!created.ok) throw new Error(created.error.code);
  const policy = Policy.parse({ linkPort: 0, listenAddress: '127.0.0.1', useDiscovery: false });
  const log = silentLog();
  const desk = await openDesk({ profile, policy, identity: created.value, log, onPairing: () => {} });
  const auditFile = await openProfileAudit({ profile, policy, box: fileModeBox, clock: systemClock, log });
  const console = createConsole({
    room: desk.room,
    teacher: desk.teacher,
    files: openConsoleFiles(profile, log),
    lockGraceMs: 30_000,
    relayPort: 0,
    spawnRelay,
    addresses: desk.addresses,
    audit: createConsoleAudit(auditFile, systemClock),
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
  console.attach(desk.connect(console.handlers));
  await desk.listen(console.setProblem);
  const [address] = desk.addresses();
  if (address === undefined) throw new Error('the console does not listen');
  return {
    console,
    address,
    desk,
    async close() {
      await console.endLesson();
      await console.close();
      await desk.close();
      auditFile.close();
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
      const made = await room.desk.createToken(uses, 1);
      if (!made.ok) throw new Error(made.error.code);
      return made.value.token;
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
