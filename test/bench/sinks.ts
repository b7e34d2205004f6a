// Starts the processes in which a bench's simulated devices live and speaks with them.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Signal } from '../../shared/protocol/signal.ts';
import type { FromSinks, SinkCounts, ToSinks } from './sink-process.ts';

const sinksPerProcess = 30;
const answerTimeoutMs = 10_000;

export type Sinks = {
  readonly pids: readonly number[];
  /** Makes all devices wait for their offer; resolves when they do. */
  readonly show: () => Promise<void>;
  readonly deliver: (name: string, signal: Signal) => void;
  readonly counts: () => Promise<readonly SinkCounts[]>;
  readonly close: () => Promise<void>;
};

const ask = <K extends FromSinks['kind']>(
  child: ChildProcess,
  message: ToSinks,
  kind: K,
): Promise<Extract<FromSinks, { kind: K }>> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.off('message', look);
      reject(new Error(`A process of sinks did not answer ${message.kind}.`));
    }, answerTimeoutMs);
    const look = (answer: FromSinks): void => {
      if (answer.kind !== kind) return;
      clearTimeout(timer);
      child.off('message', look);
      resolve(answer as Extract<FromSinks, { kind: K }>);
    };
    child.on('message', look);
    child.send(message);
  });

const end = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  if (child.connected) child.disconnect();
  const timer = setTimeout(() => child.kill('SIGKILL'), 2_000);
  await ended;
  clearTimeout(timer);
};

/** `onSignal` gets what a device says to whoever offers to it. */
export const startSinks = (
  names: readonly string[],
  onSignal: (name: string, signal: Signal) => void,
): Sinks => {
  const groups = Array.from({ length: Math.ceil(names.length / sinksPerProcess) }, (_, index) =>
    names.slice(index * sinksPerProcess, (index + 1) * sinksPerProcess),
  );
  const home = new Map<string, ChildProcess>();
  const children = groups.map((group) => {
    const child = fork(fileURLToPath(new URL('./sink-process.ts', import.meta.url)), [], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    child.on('message', (message: FromSinks) => {
      if (message.kind === 'signal') onSignal(message.name, message.signal);
    });
    for (const name of group) home.set(name, child);
    return child;
  });
  return {
    pids: children.map((child) => child.pid ?? 0),
    async show() {
      await Promise.all(
        children.map((child, index) => ask(child, { kind: 'show', names: groups[index] ?? [] }, 'shown')),
      );
    },
    deliver(name, signal) {
      const child = home.get(name);
      if (child?.connected) child.send({ kind: 'signal', name, signal } satisfies ToSinks);
    },
    async counts() {
      const answers = await Promise.all(children.map((child) => ask(child, { kind: 'counts' }, 'counts')));
      return answers.flatMap(({ counts }) => counts);
    },
    async close() {
      await Promise.all(children.map(end));
    },
  };
};
