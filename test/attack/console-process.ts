// The console of an attacked room, in a process of its own: school, link server, lesson, wall, locks, presentation and a
// real relay, with a viewer per device and a recorded screen in place of its page. Ends when the parent goes.
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createConsole } from '../../main/app/console.ts';
import { openConsoleFiles } from '../../main/app/console-files.ts';
import { openDesk } from '../../main/app/console-link.ts';
import { openProfileAudit } from '../../main/app/open-audit.ts';
import { createConsoleAudit } from '../../main/features/audit/console-audit.ts';
import type { RelayProcess } from '../../main/features/presentation/relay-host.ts';
import { systemClock } from '../../main/lib/clock.ts';
import { createLog } from '../../main/lib/log.ts';
import { type ConsoleContent, identityOf } from '../../main/trust/identity-store.ts';
import { fileModeBox } from '../../main/trust/secret-box.ts';
import type { ScreenQuality } from '../../shared/domain/device.ts';
import { DeviceId } from '../../shared/domain/ids.ts';
import type { CommandBody } from '../../shared/protocol/link.ts';
import type { SignedRoster } from '../../shared/protocol/roster.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import { Policy } from '../../shared/settings/policy.ts';
import { readRecordings } from '../fleet/recording.ts';
import { createSimulatedScreen } from '../fleet/simulated-screen.ts';
import { createSimulatedViewer, type SimulatedViewer } from '../fleet/simulated-viewer.ts';
import { createTimerWheel } from '../fleet/timer-wheel.ts';
import { serveCalls } from './calls.ts';

export type ConsoleStart = {
  /** What stands in the file of a console that has joined the school. */
  readonly content: ConsoleContent;
  readonly policy: Partial<Policy>;
};

const profile = mkdtempSync(join(tmpdir(), 'lehrpult-attacked-'));
const logged: string[] = [];
const maxLogged = 20_000;
/** Stands for a command that was not answered. */
const failedTimeMs = 60_000;
const log = createLog({
  sink: (line) => {
    if (logged.length < maxLogged) logged.push(line);
  },
});
const loop = monitorEventLoopDelay({ resolution: 5 });
loop.enable();
const wheel = createTimerWheel();
const media = { wheel, random: Math.random, bindAddress: null };
const tiles = new Map<DeviceId, SimulatedViewer>();
let presenter: ReturnType<typeof createSimulatedScreen> | null = null;
let relayGeneration = 0;

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

const tileOf = (id: DeviceId): SimulatedViewer => {
  const known = tiles.get(id);
  if (known !== undefined) return known;
  const tile = createSimulatedViewer({ ...media, name: `tile ${id.slice(0, 8)}` });
  tile.onSignal((signal) => running().console.signalDevice(id, 'screen', signal));
  tile.show();
  tiles.set(id, tile);
  return tile;
};

const onBroadcast = (channel: string, payload: unknown): void => {
  if (channel === 'presentation:changed') {
    const { presentation } = running().console.snapshot();
    if (presentation.state === 'off' || presentation.relayGeneration === relayGeneration) return;
    relayGeneration = presentation.relayGeneration;
    presenter?.deliver({ kind: 'restart', generation: 0 });
  } else if (channel === 'signal:received') {
    const { from, signal } = payload as { from: { kind: string; id?: string }; signal: Signal };
    if (from.kind === 'device') tileOf(DeviceId.parse(from.id)).deliver(signal);
    else presenter?.deliver(signal);
  }
};

const open = async (start: ConsoleStart) => {
  const policy = Policy.parse(start.policy);
  const identity = await identityOf(start.content);
  const desk = await openDesk({ profile, policy, identity, log, onPairing: () => {} });
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
    broadcast: onBroadcast,
  });
  const link = desk.connect(console.handlers);
  console.attach(link);
  await desk.listen(console.setProblem);
  const [address] = desk.addresses();
  if (address === undefined) throw new Error('the console does not listen');
  return {
    console,
    desk,
    link,
    address,
    async close() {
      await console.endLesson();
      await console.close();
      await desk.close();
      auditFile.close();
    },
  };
};

let opened: Awaited<ReturnType<typeof open>> | null = null;
const running = () => {
  if (opened === null) throw new Error('the console has not started');
  return opened;
};
const onlineIds = (): DeviceId[] =>
  running()
    .console.snapshot()
    .devices.filter(({ connection }) => connection.state === 'online')
    .map(({ id }) => id);

const calls = {
  async start(start: ConsoleStart) {
    opened = await open(start);
    return { address: opened.address };
  },
  snapshot: () => running().console.snapshot(),
  online: () => onlineIds(),
  /** How often each code was logged. */
  counters: () => log.counts(),
  /** Lines of the log from `from` on. */
  logged: (from: number) => logged.slice(from),
  createToken: async (uses: number) => {
    const made = await running().desk.createToken(uses, 1);
    if (!made.ok) throw new Error(made.error.code);
    return made.value.token;
  },
  startLesson: () => running().console.startLesson(),
  endLesson: () => running().console.endLesson(),
  lock: (ids: readonly DeviceId[], text: string) => running().console.locks.lock(ids, text, null),
  unlock: (ids: readonly DeviceId[]) => running().console.locks.unlock(ids),
  watch: (quality: ScreenQuality) => running().console.wall.want(onlineIds().map((id) => ({ id, quality }))),
  tile: (id: string) => tileOf(DeviceId.parse(id)).stats(),
  present(folder: string) {
    const [recording] = readRecordings(folder);
    if (recording === undefined) throw new Error('no recording');
    const { presentation } = running().console;
    const screen = createSimulatedScreen({ ...media, name: 'presenter', index: 0, recording });
    presenter = screen;
    screen.onSignal(presentation.fromPage);
    presentation.chooseSource({ id: 'recorded', kind: 'screen', name: 'Recorded' });
    const started = presentation.start();
    if (!started.ok) throw new Error(started.error.code);
    screen.setQuality('focus');
  },
  endPresentation() {
    presenter?.close();
    presenter = null;
    running().console.presentation.stop();
  },
  /** Says this to the device about its screen, whatever was said before. */
  signal: (id: DeviceId, signal: Signal) => running().console.signalDevice(id, 'screen', signal),
  command: async (id: DeviceId, body: CommandBody) => {
    const result = await running().link.command(id, body);
    return result.ok ? 'ok' : result.error.code;
  },
  /** Milliseconds of `rounds` harmless commands to each of these devices, one after another. */
  async commandTimes(ids: readonly DeviceId[], rounds: number) {
    const times: number[] = [];
    for (let round = 0; round < rounds; round += 1)
      for (const id of ids) {
        const startedMs = performance.now();
        const result = await running().link.command(id, { verb: 'unlock', lockId: null });
        times.push(result.ok ? performance.now() - startedMs : failedTimeMs);
      }
    return times;
  },
  offerRoster: (signed: SignedRoster) => {
    const offered = running().desk.roster.offer(signed);
    return offered.ok ? offered.value : offered.error.code;
  },
  openPairing: () => void running().desk.pairing.open(),
  revoke: (id: DeviceId) => running().desk.revoke(id),
  /** The link under another address, too. */
  backDoor(host: string) {
    const [front = '', port = ''] = running().address.split(':');
    const server = createServer((near) => {
      const far = connect(Number(port), front);
      near.on('error', () => far.destroy()).on('close', () => far.destroy());
      far.on('error', () => near.destroy()).on('close', () => near.destroy());
      near.pipe(far).pipe(near);
    });
    server.unref();
    return new Promise<void>((resolve, reject) =>
      server.once('error', reject).listen(Number(port), host, resolve),
    );
  },
  /** A TCP server beside the link that says everything back in clear, to show what a listener on the wire can see. */
  echo: () =>
    new Promise<number>((resolve) => {
      const server = createServer((socket) => socket.on('error', () => {}).pipe(socket));
      server.unref();
      server.listen(0, () => {
        const bound = server.address();
        resolve(typeof bound === 'object' && bound !== null ? bound.port : 0);
      });
    }),
  /** Memory of the process and the longest waits of its event loop since the last call. */
  figures() {
    const figures = {
      rssBytes: process.memoryUsage.rss(),
      loopP99Ms: loop.percentile(99) / 1e6,
      loopMaxMs: loop.max / 1e6,
    };
    loop.reset();
    return figures;
  },
  collectGarbage: () => void globalThis.gc?.(),
};
export type ConsoleCalls = typeof calls;

serveCalls(calls, async () => {
  presenter?.close();
  for (const tile of tiles.values()) tile.close();
  await opened?.close();
  wheel.close();
  rmSync(profile, { recursive: true, force: true });
});
