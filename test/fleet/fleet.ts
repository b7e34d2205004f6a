// A fleet of simulated devices in few processes: starts them, asks them, orders them, ends them by pid.
// On the command line: node test/fleet/fleet.ts --token LP1-... [--console 127.0.0.1:47100] [--count 11] [--names A,B] [--verbose]
import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Policy } from '../../shared/settings/policy.ts';
import type {
  FleetMember,
  FleetOrder,
  FromFleetProcess,
  ProcessStats,
  ToFleetProcess,
} from './fleet-messages.ts';
import { ensureRecordings } from './record-desktops.ts';
import type { DeviceStats } from './simulated-device.ts';

/** Devices of one process unless told otherwise: sixty cost a third of a core. */
const devicesPerProcess = 30;
const closeTimeoutMs = 3_000;

export type FleetOptions = {
  readonly count: number;
  /** Joining code for all, or one per device. */
  readonly token?: string;
  readonly tokens?: readonly string[];
  /** `host:port` besides those in the code. */
  readonly consoleAddress?: string;
  /** Over the defaults: no discovery, the token, the address. */
  readonly policy?: Partial<Policy>;
  /** Names by index; the rest is called "PC 01" and so on. */
  readonly names?: readonly string[];
  readonly processes?: number;
  /** Where identities and leases lie, kept after the end; without it a temporary folder. */
  readonly folder?: string;
  /** Local address of all media, null for all addresses. */
  readonly bindAddress?: string;
  /** Writes a JSON line for every change of a device. */
  readonly isVerbose?: boolean;
};

export type Fleet = {
  /** All devices by index, also those that were killed. */
  readonly devices: () => Promise<readonly DeviceStats[]>;
  /** Frames of presentations that each device has shown since its start, by index. */
  readonly framesShown: () => Promise<readonly number[]>;
  readonly processes: () => Promise<readonly ProcessStats[]>;
  /** Resolves when every running device is connected to its console. Throws after the time. */
  readonly untilOnline: (timeoutMs?: number) => Promise<void>;
  /** Ends the device's connections at once; nothing is said to the console beforehand. */
  readonly kill: (index: number) => Promise<void>;
  /** Starts a device again, as the same one: its profile stays. Ends it first if it runs. */
  readonly restart: (index: number) => Promise<void>;
  /** Changes keys of every device's policy and starts all again. */
  readonly setPolicy: (policy: Partial<Policy>) => Promise<void>;
  readonly pids: () => readonly number[];
  /** Ends all processes; again does nothing. */
  readonly close: () => Promise<void>;
};

type DistributedOrder<T> = T extends unknown ? Omit<T, 'id'> : never;
type Worker = {
  readonly child: ChildProcess;
  readonly indices: ReadonlySet<number>;
  readonly order: (order: DistributedOrder<FleetOrder>) => Promise<ProcessStats | null>;
  readonly start: (message: Extract<ToFleetProcess, { kind: 'start' }>) => Promise<void>;
  readonly close: () => Promise<void>;
};

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

const endChild = async (child: ChildProcess): Promise<void> => {
  if (hasEnded(child)) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), closeTimeoutMs);
  await ended;
  clearTimeout(timer);
};

const startWorker = (members: readonly FleetMember[]): Worker => {
  const child = fork(join(import.meta.dirname, 'fleet-process.ts'), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  type Waiting = { resolve: (stats: ProcessStats | null) => void; reject: (error: Error) => void };
  const waiting = new Map<number | null, Waiting>();
  let lastId = 0;

  child.on('message', (message: FromFleetProcess) => {
    const id = message.kind === 'started' ? null : message.id;
    const asked = waiting.get(id);
    waiting.delete(id);
    if (message.kind === 'failed') asked?.reject(new Error(message.detail));
    else asked?.resolve(message.kind === 'done' ? message.stats : null);
  });
  child.on('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`fleet process ended: ${code ?? signal}`));
    waiting.clear();
  });
  const post = (id: number | null, message: ToFleetProcess): Promise<ProcessStats | null> =>
    new Promise((resolve, reject) => {
      if (hasEnded(child) || !child.connected) {
        reject(new Error('fleet process is gone'));
        return;
      }
      waiting.set(id, { resolve, reject });
      child.send(message);
    });

  return {
    child,
    indices: new Set(members.map(({ index }) => index)),
    order(order) {
      lastId += 1;
      return post(lastId, { ...order, id: lastId });
    },
    async start(message) {
      await post(null, message);
    },
    close: () => endChild(child),
  };
};

const nameOf = (names: readonly string[], index: number): string =>
  names[index] ?? `PC ${String(index + 1).padStart(2, '0')}`;

const policyFor = (options: FleetOptions): Partial<Policy> => ({
  useDiscovery: false,
  ...(options.token === undefined ? {} : { enrolmentToken: options.token }),
  ...(options.consoleAddress === undefined ? {} : { consoleAddresses: [options.consoleAddress] }),
  ...options.policy,
});

/** Starts the devices; they join and connect by themselves, see `untilOnline`. Makes the recordings if there are none. */
export const startFleet = async (options: FleetOptions): Promise<Fleet> => {
  const recordings = await ensureRecordings();
  const root = options.folder ?? mkdtempSync(join(tmpdir(), 'lehrpult-fleet-'));
  const members = Array.from({ length: options.count }, (_, index): FleetMember => {
    const profile = join(root, `device-${index + 1}`);
    mkdirSync(profile, { recursive: true, mode: 0o700 });
    const token = options.tokens?.[index] ?? null;
    return { index, name: nameOf(options.names ?? [], index), profile, token };
  });
  const processCount = options.processes ?? Math.ceil(options.count / devicesPerProcess);
  const workers = Array.from({ length: processCount }, (_, at) =>
    startWorker(members.filter(({ index }) => index % processCount === at)),
  );
  // A caller that dies without close() leaves no process: they end when the channel does.
  let isClosed = false;

  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    await Promise.all(workers.map((worker) => worker.close()));
    if (options.folder === undefined) rmSync(root, { recursive: true, force: true });
  };
  const workerOf = (index: number): Worker => {
    const worker = workers.find(({ indices }) => indices.has(index));
    if (worker === undefined) throw new Error(`no device ${index}`);
    return worker;
  };
  const processes = async (): Promise<readonly ProcessStats[]> => {
    const all = await Promise.all(workers.map((worker) => worker.order({ kind: 'stats' })));
    return all.filter((stats) => stats !== null);
  };
  const devices = async (): Promise<readonly DeviceStats[]> =>
    (await processes()).flatMap((each) => each.devices).sort((a, b) => a.index - b.index);

  try {
    await Promise.all(
      workers.map((worker) =>
        worker.start({
          kind: 'start',
          members: members.filter(({ index }) => worker.indices.has(index)),
          policy: policyFor(options),
          recordings,
          bindAddress: options.bindAddress ?? null,
          isTemporary: options.folder === undefined,
          isVerbose: options.isVerbose ?? false,
        }),
      ),
    );
  } catch (error) {
    await close();
    throw error;
  }

  return {
    devices,
    framesShown: async () => (await devices()).map(({ viewer }) => viewer.framesComplete),
    processes,
    async untilOnline(timeoutMs = 15_000) {
      const endMs = performance.now() + timeoutMs;
      for (;;) {
        const waiting = (await devices()).filter(
          ({ link, isRunning }) => isRunning && link.state !== 'online',
        );
        if (waiting.length === 0) return;
        if (performance.now() > endMs)
          throw new Error(
            `not online: ${waiting.map(({ name, link }) => `${name} ${JSON.stringify(link)}`).join(', ')}`,
          );
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    kill: async (index) => void (await workerOf(index).order({ kind: 'kill', index })),
    restart: async (index) => void (await workerOf(index).order({ kind: 'restart', index })),
    setPolicy: async (policy) =>
      void (await Promise.all(workers.map((worker) => worker.order({ kind: 'policy', policy })))),
    pids: () => workers.flatMap(({ child }) => child.pid ?? []),
    close,
  };
};

const runFromCommandLine = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      console: { type: 'string' },
      token: { type: 'string' },
      count: { type: 'string', default: '11' },
      names: { type: 'string' },
      processes: { type: 'string' },
      folder: { type: 'string' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const fleet = await startFleet({
    count: Number(values.count),
    isVerbose: values.verbose,
    ...(values.token === undefined ? {} : { token: values.token }),
    ...(values.console === undefined ? {} : { consoleAddress: values.console }),
    ...(values.names === undefined ? {} : { names: values.names.split(',') }),
    ...(values.processes === undefined ? {} : { processes: Number(values.processes) }),
    ...(values.folder === undefined ? {} : { folder: values.folder }),
  });
  console.log(`${values.count} devices in processes ${fleet.pids().join(', ')}; Ctrl+C ends them.`);
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await fleet.close();
};

if (import.meta.main) await runFromCommandLine();
