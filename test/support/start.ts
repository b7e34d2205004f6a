// npm start: builds when needed and runs the app on the Electron that this machine has.
// npm start -- --role=console ...: everything after `--` goes to the app.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';
import { describeRuntime, resolveRuntime } from './electron-runtime.ts';
import { displayPackages, ensurePackages } from './system-packages.ts';

const root = resolve(import.meta.dirname, '../..');
const sources = ['main', 'renderer', 'shared', 'assets', 'package.json', '.electron-vite.config.ts'];

/** The newest change below a path, in milliseconds; 0 when it is not there. */
function newestChange(path: string): number {
  if (!existsSync(path)) return 0;
  const found = statSync(path);
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(found.mtimeMs, ...readdirSync(path).map((name) => newestChange(join(path, name))));
}

/** Builds when a source is newer than what was built. @throws Error when the build fails */
export function ensureBuilt(): void {
  const built = ['out/main/main.js', 'out/preload/preload.cjs', 'out/renderer'].map((path) =>
    join(root, path),
  );
  const oldest = Math.min(...built.map((path) => (existsSync(path) ? statSync(path).mtimeMs : 0)));
  if (oldest >= Math.max(...sources.map((path) => newestChange(join(root, path))))) return;
  console.log('Building ...');
  const vite = join(root, 'node_modules/electron-vite/bin/electron-vite.js');
  const { status } = spawnSync(
    process.execPath,
    [vite, 'build', '--config', '.electron-vite.config.ts', '--logLevel', 'warn'],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    },
  );
  if (status !== 0) throw new Error('the build failed');
}

/** Runs the app until it ends. Gives its exit code. */
export async function startApp(args: readonly string[]): Promise<number> {
  const runtime = await resolveRuntime();
  console.log(describeRuntime(runtime));
  if (runtime.kind === 'stand-in') ensurePackages(displayPackages);
  ensureBuilt();
  // Electron cannot use its sandbox as root.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const app = spawn(runtime.executablePath, [...asRoot, root, ...args], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.kill(signal));
  return new Promise((done, reject) => {
    app.once('error', reject);
    app.once('exit', (code, signal) => done(code ?? (signal === null ? 1 : 128 + constants.signals[signal])));
  });
}

if (import.meta.main) {
  startApp(process.argv.slice(2)).then(
    (code) => process.exit(code),
    (error: Error) => {
      console.error(`Lehrpult cannot start: ${error.message}`);
      process.exit(1);
    },
  );
}
