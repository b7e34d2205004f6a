// A process with a few dozen simulated devices; started and ordered about by fleet.ts. Ends when the parent goes.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { createLog, type Log } from '../../main/lib/log.ts';
import type { Policy } from '../../shared/settings/policy.ts';
import type { FleetMember, FromFleetProcess, ProcessStats, ToFleetProcess } from './fleet-messages.ts';
import { type DesktopRecording, readRecordings } from './recording.ts';
import { createSimulatedDevice, type SimulatedDevice } from './simulated-device.ts';
import { createTimerWheel } from './timer-wheel.ts';

type Start = Extract<ToFleetProcess, { kind: 'start' }>;
type Slot = { readonly member: FleetMember; device: SimulatedDevice | null };

const wheel = createTimerWheel();
const slots = new Map<number, Slot>();
let recordings: readonly DesktopRecording[] = [];
let policy: Partial<Policy> = {};
let start: Start | null = null;

const send = (message: FromFleetProcess): void => {
  // A parent that is gone hears nothing; that it is gone comes as `disconnect`.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
};

const logOf = (name: string): Log =>
  createLog({
    part: name,
    level: start?.isVerbose === true ? 'info' : 'error',
    sink: (line) => void process.stderr.write(`${line}\n`),
  });

/** One JSON line per change of what a pupil would see. */
const createTeller = (name: string, look: () => SimulatedDevice | null): (() => void) => {
  let told = '';
  return () => {
    const stats = look()?.stats();
    if (stats === undefined) return;
    const { lock, presentation, screen } = stats.report;
    const line = JSON.stringify({
      device: name,
      link: stats.link.state,
      lock: lock.state,
      presentation: presentation.state,
      screen,
    });
    if (line !== told) process.stdout.write(`${line}\n`);
    told = line;
  };
};

const open = async (slot: Slot): Promise<void> => {
  const { index, name, profile, token } = slot.member;
  const recording = recordings[index % recordings.length];
  if (recording === undefined || start === null) throw new Error('the process has not started');
  slot.device = await createSimulatedDevice({
    index,
    name,
    profile,
    policy: token === null ? policy : { ...policy, enrolmentToken: token },
    recording,
    wheel,
    bindAddress: start.bindAddress,
    log: logOf(name),
    onChange: start.isVerbose ? createTeller(name, () => slot.device) : () => {},
  });
};

const close = async (slot: Slot): Promise<void> => {
  await slot.device?.close();
};

const restart = async (slot: Slot): Promise<void> => {
  await close(slot);
  await open(slot);
};

/** A parent that was killed cannot tidy up: the last of its processes takes the folder of all away. */
const removeProfiles = (): void => {
  for (const { member } of slots.values()) {
    rmSync(member.profile, { recursive: true, force: true });
    const root = dirname(member.profile);
    if (existsSync(root) && readdirSync(root).length === 0) rmSync(root, { recursive: true, force: true });
  }
};

const stats = (): ProcessStats => {
  const { user, system } = process.cpuUsage();
  return {
    pid: process.pid,
    cpuMs: (user + system) / 1_000,
    memoryBytes: process.memoryUsage.rss(),
    devices: [...slots.values()].flatMap(({ device }) => (device === null ? [] : [device.stats()])),
  };
};

const slotOf = (index: number): Slot => {
  const slot = slots.get(index);
  if (slot === undefined) throw new Error(`no device ${index} here`);
  return slot;
};

const carryOut = async (message: ToFleetProcess): Promise<FromFleetProcess> => {
  switch (message.kind) {
    case 'start':
      start = message;
      policy = message.policy;
      recordings = readRecordings(message.recordings);
      for (const member of message.members) slots.set(member.index, { member, device: null });
      await Promise.all([...slots.values()].map(open));
      return { kind: 'started' };
    case 'stats':
      return { kind: 'done', id: message.id, stats: stats() };
    case 'kill':
      await close(slotOf(message.index));
      return { kind: 'done', id: message.id, stats: null };
    case 'restart':
      await restart(slotOf(message.index));
      return { kind: 'done', id: message.id, stats: null };
    case 'policy':
      policy = { ...policy, ...message.policy };
      await Promise.all([...slots.values()].map(restart));
      return { kind: 'done', id: message.id, stats: null };
  }
};

process.on('message', (message: ToFleetProcess) => {
  carryOut(message).then(send, (error: unknown) =>
    send({
      kind: 'failed',
      id: 'id' in message ? message.id : null,
      detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
    }),
  );
});
// A person's Ctrl+C reaches every process of the terminal: the parent decides when this one ends.
process.on('SIGINT', () => {});
process.on('disconnect', () => {
  Promise.all([...slots.values()].map(close)).finally(() => {
    if (start?.isTemporary === true) removeProfiles();
    process.exit(0);
  });
});
