// A running room to attack: one console and four devices, each in a process and, where that is permitted, a network stack of
// its own; the attacker is this process. It knows every key of the school, so that a test can steal whichever it likes.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentIdentity, KeyAndCertificate, TeacherIdentity } from '../../main/trust/identity.ts';
import { loadAgentIdentity } from '../../main/trust/identity-store.ts';
import { createRoomAuthority } from '../../main/trust/school-authority.ts';
import { fileModeBox } from '../../main/trust/secret-box.ts';
import type { Room } from '../../shared/domain/lesson.ts';
import type { Policy } from '../../shared/settings/policy.ts';
import { makeSchool, newRoom, type TestSchool, teacherOf } from '../contract/link/classroom.ts';
import type { FleetOrder, FromFleetProcess, ProcessStats, ToFleetProcess } from '../fleet/fleet-messages.ts';
import { ensureRecordings } from '../fleet/record-desktops.ts';
import type { DeviceStats } from '../fleet/simulated-device.ts';
import { callsOf, type Remote, startProcess } from './calls.ts';
import type { ConsoleCalls } from './console-process.ts';
import { deviceCount, type Host, makeNetwork, type Network } from './network.ts';

export type AttackDevice = {
  readonly host: Host;
  readonly name: string;
  readonly profile: string;
  readonly pid: () => number;
  readonly stats: () => Promise<DeviceStats>;
  /** Ends its connections at once; the profile stays. */
  readonly kill: () => Promise<void>;
  readonly restart: () => Promise<void>;
  /** Changes keys of its policy and starts it again. */
  readonly setPolicy: (policy: Partial<Policy>) => Promise<void>;
  /** Everything a thief of the machine would have. Throws before the device has joined. */
  readonly steal: () => Promise<AgentIdentity>;
  readonly end: () => Promise<void>;
};

export type AttackRoom = {
  readonly network: Network;
  readonly school: TestSchool;
  readonly room: Room;
  readonly teacher: TeacherIdentity;
  readonly roomAuthority: KeyAndCertificate;
  readonly address: string;
  readonly port: number;
  /** The joining code that all devices used; it is used up. */
  readonly token: string;
  readonly console: Remote<ConsoleCalls>;
  readonly consolePid: number;
  readonly devices: readonly AttackDevice[];
  readonly recordings: string;
  readonly folder: string;
  readonly untilOnline: (timeoutMs?: number) => Promise<void>;
  /** What people in the room would notice: who is there under which name, and what each device does. */
  readonly state: () => Promise<string>;
  readonly close: () => Promise<void>;
};

export type RoomOptions = {
  readonly roomName?: string;
  readonly teacherName?: string;
  readonly deviceNames?: readonly string[];
  /** For every device; by default nothing is discovered and the console's address stands in it. */
  readonly policy?: Partial<Policy>;
  readonly isAdvertised?: boolean;
  /** Where school IT lays the roster; console and devices look there. */
  readonly rosterFile?: string;
  /** Commands in front of the console's and each device's process, for another clock. */
  readonly consolePrefix?: readonly string[];
  readonly devicePrefix?: (index: number) => readonly string[];
  /** Called when the console is there and no device has joined yet. */
  readonly beforeDevices?: (network: Network) => Promise<void>;
};

export const until = async (
  what: string,
  isTrue: () => Promise<boolean>,
  timeoutMs = 15_000,
): Promise<void> => {
  const endMs = performance.now() + timeoutMs;
  while (!(await isTrue())) {
    if (performance.now() > endMs) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
};

type DeviceStart = {
  readonly index: number;
  readonly name: string;
  readonly host: Host;
  readonly profile: string;
  readonly policy: Partial<Policy>;
  readonly recordings: string;
  readonly prefix: readonly string[];
};

type DistributedOrder<T> = T extends unknown ? Omit<T, 'id'> : never;

export const startDevice = async (start: DeviceStart): Promise<AttackDevice> => {
  const { index, name, host, profile, recordings } = start;
  mkdirSync(profile, { recursive: true, mode: 0o700 });
  const script = join(import.meta.dirname, '../fleet/fleet-process.ts');
  const running = startProcess(script, [...host.prefix, ...start.prefix]);
  const { child } = running;
  const waiting = new Map<number | null, (message: FromFleetProcess) => void>();
  let lastId = 0;
  child.on('message', (message: FromFleetProcess) => {
    const id = message.kind === 'started' ? null : message.id;
    waiting.get(id)?.(message);
    waiting.delete(id);
  });
  const post = (id: number | null, message: ToFleetProcess): Promise<ProcessStats | null> =>
    new Promise((resolve, reject) => {
      waiting.set(id, (answer) => {
        if (answer.kind === 'failed') reject(new Error(answer.detail));
        else resolve(answer.kind === 'done' ? answer.stats : null);
      });
      child.once('exit', () => reject(new Error(`${name} ended`)));
      child.send(message);
    });
  const order = (what: DistributedOrder<FleetOrder>): Promise<ProcessStats | null> => {
    lastId += 1;
    return post(lastId, { ...what, id: lastId });
  };
  child.setMaxListeners(0);
  await post(null, {
    kind: 'start',
    members: [{ index, name, profile, token: null }],
    policy: start.policy,
    recordings,
    bindAddress: null,
    isTemporary: false,
    isVerbose: false,
  });
  return {
    host,
    name,
    profile,
    pid: () => child.pid ?? 0,
    async stats() {
      const [stats] = (await order({ kind: 'stats' }))?.devices ?? [];
      if (stats === undefined) throw new Error(`${name} has no device`);
      return stats;
    },
    kill: async () => void (await order({ kind: 'kill', index })),
    restart: async () => void (await order({ kind: 'restart', index })),
    setPolicy: async (policy) => void (await order({ kind: 'policy', policy })),
    async steal() {
      const identity = await loadAgentIdentity(join(profile, 'identity.json'), fileModeBox);
      if (!identity.ok || identity.value === null) throw new Error(`${name} has no identity`);
      return identity.value;
    },
    end: running.end,
  };
};

/** Starts everything and waits until all devices are there. */
export const startRoom = async (options: RoomOptions = {}): Promise<AttackRoom> => {
  const recordings = await ensureRecordings();
  const folder = mkdtempSync(join(tmpdir(), 'lehrpult-attack-'));
  const network = makeNetwork();
  const school = await makeSchool();
  const room = newRoom(options.roomName ?? 'Raum 204');
  const teacher = await teacherOf(school, room);
  const roomAuthority = await createRoomAuthority(school, room.id, Date.now());
  const consoleProcess = startProcess(join(import.meta.dirname, 'console-process.ts'), [
    ...network.console.prefix,
    ...(options.consolePrefix ?? []),
  ]);
  const console = callsOf<ConsoleCalls>(consoleProcess.child);
  const devices: AttackDevice[] = [];
  const roster = options.rosterFile === undefined ? {} : { rosterFile: options.rosterFile };
  const close = async (): Promise<void> => {
    await Promise.all([...devices.map((device) => device.end()), consoleProcess.end()]);
    network.remove();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { address } = await console.start({
      content: {
        roomId: room.id,
        roomName: room.name,
        teacherName: options.teacherName ?? 'Frau Muster',
        authorityPem: teacher.authorityPem,
        certificatePem: teacher.certificatePem,
        roomAuthorityPem: roomAuthority.certificatePem,
        roster: school.roster(),
        secrets: {
          teacherKeyPem: teacher.privateKeyPem,
          roomAuthorityKeyPem: roomAuthority.privateKeyPem,
          schoolKeyPem: null,
        },
      },
      policy: {
        linkPort: 0,
        listenAddress: network.console.address,
        useDiscovery: options.isAdvertised ?? false,
        ...roster,
      },
    });
    await options.beforeDevices?.(network);
    const token = await console.createToken(deviceCount);
    const policy: Partial<Policy> = {
      useDiscovery: false,
      enrolmentToken: token,
      consoleAddresses: [address],
      ...roster,
      ...options.policy,
    };
    devices.push(
      ...(await Promise.all(
        network.devices.map((host, index) =>
          startDevice({
            index,
            host,
            policy,
            recordings,
            name: options.deviceNames?.[index] ?? `PC ${String(index + 1).padStart(2, '0')}`,
            profile: join(folder, `device-${index + 1}`),
            prefix: options.devicePrefix?.(index) ?? [],
          }),
        ),
      )),
    );
    const untilOnline = (timeoutMs = 20_000): Promise<void> =>
      until(
        'all devices online',
        async () => {
          const stats = await Promise.all(devices.map((device) => device.stats()));
          return (
            stats.every(({ link }) => link.state === 'online') &&
            (await console.online()).length === devices.length
          );
        },
        timeoutMs,
      );
    await untilOnline();
    return {
      network,
      school,
      room,
      teacher,
      roomAuthority,
      address,
      token,
      port: Number(address.split(':').at(-1)),
      console,
      consolePid: consoleProcess.child.pid ?? 0,
      devices,
      recordings,
      folder,
      untilOnline,
      async state() {
        const snapshot = await console.snapshot();
        const seen = snapshot.devices.map(({ id, name, connection, report }) => {
          const lock = report.lock.state === 'locked' ? report.lock.text : report.lock.state;
          return [id, name, connection.state, lock, report.presentation.state, report.screen].join(' | ');
        });
        const own = await Promise.all(devices.map((device) => device.stats()));
        const there = own.map(({ deviceId, link, report, cover }) =>
          [
            deviceId,
            link.state,
            report.lock.state,
            report.presentation.state,
            report.screen,
            cover.covers,
          ].join(' | '),
        );
        return [snapshot.room.name, snapshot.lesson?.id ?? 'no lesson', ...seen.toSorted(), ...there].join(
          '\n',
        );
      },
      close,
    };
  } catch (cause) {
    await close();
    throw cause;
  }
};
