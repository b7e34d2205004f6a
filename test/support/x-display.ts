// Starts an X display of its own (Xvfb) with a window manager (openbox), for tests, the demo and the bench.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';

export interface XDisplay {
  /** ':N', for the DISPLAY variable. */
  readonly display: string;
  /** Ends exactly what was started; safe to call twice. */
  close(): Promise<void>;
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

/** The number Xvfb writes once it accepts connections. */
function readNumber(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    let problems = '';
    server.stderr?.on('data', (part: Buffer) => {
      problems += part;
    });
    (server.stdio[3] as Readable).on('data', (part: Buffer) => {
      text += part;
      if (text.includes('\n')) resolve(text.trim());
    });
    server.once('error', (error) => reject(new Error(`Xvfb cannot be started: ${error.message}`)));
    server.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}: ${problems}`)));
  });
}

/** Resolves once openbox manages the display: only then do windows get their places. */
async function startManager(display: string): Promise<ChildProcess> {
  const manager = spawn('openbox', ['--sm-disable'], {
    env: { ...process.env, DISPLAY: display },
    stdio: 'ignore',
  });
  const { XConnection } = await import('../electron-stand-in/runtime/x11.ts');
  const connection = await XConnection.open(display);
  try {
    await new Promise<void>((resolve, reject) => {
      manager.once('error', (error) => reject(new Error(`openbox cannot be started: ${error.message}`)));
      manager.once('exit', (code) => reject(new Error(`openbox ended with ${code}`)));
      const look = (): void => {
        connection.hasManager().then((hasManager) => (hasManager ? resolve() : setTimeout(look, 20)), reject);
      };
      look();
    });
  } finally {
    connection.close();
  }
  return manager;
}

/**
 * Starts a display with a free number. Ends with this process at the latest.
 * @param size in pixels, default 1920x1080; `hasManager: false` leaves openbox out
 */
export async function startDisplay(
  size: { width?: number; height?: number; hasManager?: boolean } = {},
): Promise<XDisplay> {
  const { width = 1920, height = 1080, hasManager = true } = size;
  const server = spawn(
    'Xvfb',
    ['-displayfd', '3', '-screen', '0', `${width}x${height}x24`, '-nolisten', 'tcp', '-noreset'],
    { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] },
  );
  const display = `:${await readNumber(server)}`;
  const started: ChildProcess[] = [server];
  const killAll = (): void => {
    for (const child of [...started].reverse()) child.kill('SIGTERM');
  };
  process.once('exit', killAll);
  if (hasManager) started.push(await startManager(display));
  // Neither of them keeps a finished program alive.
  for (const child of started) child.unref();
  (server.stderr as Readable & { unref?(): void }).unref?.();
  (server.stdio[3] as Readable & { unref?(): void }).unref?.();
  return {
    display,
    async close() {
      process.off('exit', killAll);
      for (const child of started) child.ref();
      killAll();
      await Promise.all(started.map(ended));
    },
  };
}

/** True when windows can be shown on the display this process was given. */
export function hasDisplay(): boolean {
  const number = /^:(\d+)/.exec(process.env.DISPLAY ?? '')?.[1];
  return number !== undefined && existsSync(`/tmp/.X11-unix/X${number}`);
}
