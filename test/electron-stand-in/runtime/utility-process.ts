// Owns utilityProcess: a Node process of its own, with ports to main.
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { appRaw } from './app.ts';
import { codec } from './codec.ts';
import { ElectronEmitter, makeEvent } from './emitter.ts';
import { realNode } from './host.ts';
import { type MessagePortMain, RemotePorts } from './message-ports.ts';
import { refusing } from './refuse.ts';

interface ForkOptions {
  env?: NodeJS.ProcessEnv;
  execArgv?: string[];
  cwd?: string;
  stdio?: 'pipe' | 'ignore' | 'inherit' | ('pipe' | 'ignore' | 'inherit')[];
  serviceName?: string;
}

/** Between main and a utility process, over Node's own channel. */
export type UtilityMessage =
  | { k: 'message'; data: string; ports: string[] }
  | { k: 'port'; port: string; data: string; ports: string[] }
  | { k: 'port-close'; port: string };

const entry = fileURLToPath(new URL('./utility-entry.ts', import.meta.url));
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

class UtilityProcess extends ElectronEmitter {
  pid: number | undefined = undefined;
  readonly stdout: NodeJS.ReadableStream | null;
  readonly stderr: NodeJS.ReadableStream | null;
  private readonly child: ChildProcess;
  private readonly ports: RemotePorts;
  private readonly serviceName: string;

  constructor(modulePath: string, args: string[], options: ForkOptions) {
    super();
    this.setKnownEvents('UtilityProcess', ['spawn', 'exit', 'message', 'error']);
    this.serviceName = options.serviceName ?? 'Node Utility Process';
    const [, stdout, stderr] =
      [options.stdio ?? 'inherit'].flat().length === 1
        ? ['ignore', [options.stdio ?? 'inherit'].flat()[0], [options.stdio ?? 'inherit'].flat()[0]]
        : (options.stdio as string[]);
    this.child = spawn(
      realNode,
      [...(options.execArgv ?? []), '--disable-warning=ExperimentalWarning', entry, modulePath, ...args],
      {
        cwd: options.cwd,
        env: { ...(options.env ?? process.env), LEHRPULT_STAND_IN_EXECUTABLE: process.execPath },
        stdio: ['ignore', stdout, stderr, 'ipc'] as StdioOptions,
      },
    );
    running.add(this.child);
    this.stdout = this.child.stdout;
    this.stderr = this.child.stderr;
    const tell = (message: UtilityMessage): void => {
      if (this.child.connected) this.child.send(message, () => undefined);
    };
    this.ports = new RemotePorts(
      (port, data, ports) => tell({ k: 'port', port, data, ports }),
      (port) => tell({ k: 'port-close', port }),
    );
    this.child.on('message', (message: UtilityMessage) => this.onMessage(message));
    this.child.once('spawn', () => {
      this.pid = this.child.pid;
      this.emit('spawn');
    });
    this.child.once('exit', (code, signal) => this.onExit(code, signal));
  }

  private onMessage(message: UtilityMessage): void {
    if (message.k === 'port') this.ports.onMessage(message.port, message.data, message.ports);
    else if (message.k === 'port-close') this.ports.onClose(message.port);
    else this.emit('message', codec.decode(message.data));
  }

  private onExit(code: number | null, signal: NodeJS.Signals | null): void {
    running.delete(this.child);
    this.pid = undefined;
    this.ports.closeAll();
    const exitCode = code ?? (signal === null ? 1 : constants.signals[signal]);
    this.emit('exit', exitCode);
    const reason =
      signal === null
        ? exitCode === 0
          ? 'clean-exit'
          : 'abnormal-exit'
        : signal === 'SIGTERM' || signal === 'SIGKILL'
          ? 'killed'
          : 'crashed';
    appRaw.emit('child-process-gone', makeEvent({}), {
      type: 'Utility',
      reason,
      exitCode,
      serviceName: 'node.mojom.NodeService',
      name: this.serviceName,
    });
  }

  postMessage(message: unknown, transfer: MessagePortMain[] = []): void {
    const data = codec.encode(message);
    const ports = this.ports.send(transfer.map((port) => port.surrender()));
    if (this.child.connected)
      this.child.send({ k: 'message', data, ports } satisfies UtilityMessage, () => undefined);
  }

  kill(): boolean {
    return this.child.kill();
  }
}

export const utilityProcess = refusing(
  {
    fork(modulePath: string, args: string[] = [], options: ForkOptions = {}): UtilityProcess {
      if (!appRaw.isReady()) throw new Error('utilityProcess cannot be created before app is ready.');
      return refusing(new UtilityProcess(modulePath, args, options), 'UtilityProcess');
    },
  },
  'utilityProcess',
);
