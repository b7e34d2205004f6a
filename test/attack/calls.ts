// Calls between the attacks and a process of the room over Node's IPC channel: named, answered in any order.
import { type ChildProcess, spawn } from 'node:child_process';

// biome-ignore lint/suspicious/noExplicitAny: parameters of calls in general; each caller names its own.
type Calls = { readonly [name: string]: (...args: any[]) => unknown };

export type Remote<C extends Calls> = {
  readonly [N in keyof C]: (...args: Parameters<C[N]>) => Promise<Awaited<ReturnType<C[N]>>>;
};

type Question = { readonly id: number; readonly name: string; readonly args: readonly unknown[] };
type Answer = { readonly id: number; readonly value?: unknown; readonly error?: string };

/** In the process: answers calls until the parent goes, then ends. */
export const serveCalls = (calls: Calls, onEnd: () => Promise<void>): void => {
  const answer = (message: Answer): void => void process.send?.(message, undefined, undefined, () => {});
  process.on('message', ({ id, name, args }: Question) => {
    const run = async (): Promise<unknown> => calls[name]?.(...args);
    run().then(
      (value) => answer({ id, value }),
      (cause: unknown) =>
        answer({ id, error: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause) }),
    );
  });
  // A person's Ctrl+C reaches every process of the terminal: the parent decides when this one ends.
  process.on('SIGINT', () => {});
  process.on('disconnect', () => void onEnd().finally(() => process.exit(0)));
};

export type RunningProcess = {
  readonly child: ChildProcess;
  /** Asks it to end; kills it after 3 s. */
  readonly end: () => Promise<void>;
};

const endTimeoutMs = 3_000;

/** Starts a script with Node behind `prefix` (a namespace, another clock), with an IPC channel. */
export const startProcess = (
  script: string,
  prefix: readonly string[],
  more: readonly string[] = [],
): RunningProcess => {
  const node = [process.execPath, '--expose-gc', '--disable-warning=ExperimentalWarning', script, ...more];
  const [program = '', ...args] = [...prefix, ...node];
  const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    child,
    async end() {
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), endTimeoutMs);
      await ended;
      clearTimeout(timer);
    },
  };
};

/** In the parent: the process's calls as functions. All that wait are rejected when it ends. */
export const callsOf = <C extends Calls>(child: ChildProcess): Remote<C> => {
  const waiting = new Map<number, { resolve: (value: unknown) => void; reject: (cause: Error) => void }>();
  let lastId = 0;
  child.on('message', ({ id, value, error }: Answer) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) asked?.resolve(value);
    else asked?.reject(new Error(error));
  });
  child.on('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`process ended: ${code ?? signal}`));
    waiting.clear();
  });
  const call = (name: string, args: readonly unknown[]): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (!child.connected) {
        reject(new Error('process is gone'));
        return;
      }
      lastId += 1;
      waiting.set(lastId, { resolve, reject });
      child.send({ id: lastId, name, args });
    });
  return new Proxy({} as Remote<C>, {
    // A promise that resolves with this object looks for `then` on it.
    get: (_target, name) => (name === 'then' ? undefined : (...args: unknown[]) => call(String(name), args)),
  });
};
