// Owns the Chromium process: its switches, its temporary profile, and its end with ours (also after kill -9).
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { CdpConnection } from './cdp.ts';

export interface ChromiumSwitch {
  name: string;
  value: string;
}

export interface Chromium {
  cdp: CdpConnection;
  pid: number;
  /** Asks the running browser for one more window without tab strip or address bar. */
  openAppWindow(url: string): void;
  /** Ends the browser at once; safe to call twice. */
  kill(): void;
}

/** The text that picks a screen or window for getDisplayMedia without a dialog. */
export const autoSelectedWindowTitle = `Entire screen`;

const ownSwitches: readonly string[] = [
  '--no-startup-window',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-default-apps',
  '--disable-extensions',
  '--disable-breakpad',
  '--disable-session-crashed-bubble',
  '--disable-renderer-backgrounding',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-popup-blocking',
  '--password-store=basic',
  '--noerrdialogs',
  // Without it a bar about unusual switches covers the top of every window.
  '--test-type',
  '--hide-crash-restore-bubble',
  `--auto-select-desktop-capture-source=${autoSelectedWindowTitle}`,
];
const ownDisabledFeatures = [
  'Translate',
  'MediaRouter',
  'DialMediaRouteProvider',
  'OptimizationHints',
  'GlobalMediaControls',
];
// Electron plays media without a gesture only when told so; these stay Electron's own business.
const notForChromium = new Set([
  'inspect',
  'inspect-brk',
  'user-data-dir',
  'remote-debugging-pipe',
  'headless',
]);

/** @throws Error when no Chromium is installed */
export function findChromium(): string {
  const candidates = [
    process.env.LEHRPULT_CHROMIUM,
    // The binary itself: Debian's /usr/bin/chromium is a shell script around it.
    '/usr/lib/chromium/chromium',
    '/usr/bin/chromium',
    '/usr/lib/chromium-browser/chromium-browser',
    '/usr/bin/google-chrome',
  ];
  const found = candidates.find((path) => path !== undefined && existsSync(path));
  if (found === undefined)
    throw new Error('stand-in: no Chromium found (Debian/Ubuntu: apt-get install chromium)');
  return found;
}

function mergeSwitches(requested: readonly ChromiumSwitch[]): string[] {
  const lists = new Map<string, string[]>([['disable-features', [...ownDisabledFeatures]]]);
  const plain: string[] = [];
  for (const { name, value } of requested) {
    if (notForChromium.has(name)) continue;
    if (name.endsWith('-features')) lists.set(name, [...(lists.get(name) ?? []), ...value.split(',')]);
    else plain.push(value === '' ? `--${name}` : `--${name}=${value}`);
  }
  return [...plain, ...[...lists].map(([name, values]) => `--${name}=${[...new Set(values)].join(',')}`)];
}

/** Kills the browser's group and removes the profile as soon as our end of its standard input closes. */
function startWatchdog(groupId: number, folder: string): void {
  const script =
    'read -r _; kill -s KILL -- "-$1" 2>/dev/null; i=0; while kill -s 0 -- "-$1" 2>/dev/null && [ $i -lt 50 ]; do sleep 0.02; i=$((i+1)); done; rm -rf -- "$2"; sleep 0.2; rm -rf -- "$2"';
  const watchdog = spawn('sh', ['-c', script, 'stand-in-watchdog', String(groupId), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.unref();
  const pipe = watchdog.stdin as Writable & { unref?(): void };
  pipe.on('error', () => undefined);
  pipe.unref?.();
}

function makeProfile(): string {
  const profile = mkdtempSync(join(tmpdir(), 'stand-in-'));
  mkdirSync(join(profile, 'Default'));
  const preferences = {
    // The window manager draws the frame, so that the client area is the page and nothing else.
    browser: { custom_chrome_frame: false, has_seen_welcome_page: true },
    profile: { exit_type: 'Normal', exited_cleanly: true },
    credentials_enable_service: false,
    session: { restore_on_startup: 5 },
  };
  writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences));
  return profile;
}

function relayStderr(child: ChildProcess, tail: string[]): Promise<void> {
  const lines = createInterface({ input: child.stderr as Readable });
  return new Promise((resolve) => {
    lines.on('line', (line) => {
      if (line.startsWith('DevTools listening on ') || process.env.ELECTRON_ENABLE_LOGGING)
        process.stderr.write(`${line}\n`);
      if (line.startsWith('DevTools listening on ')) resolve();
      tail.push(line);
      if (tail.length > 40) tail.shift();
    });
  });
}

export interface ChromiumOptions {
  switches: readonly ChromiumSwitch[];
  /** '*.app.localhost' patterns that lead to this loopback port. */
  hostPatterns: readonly string[];
  port: number;
  /** Called when the browser ends without being told to. */
  onUnexpectedExit(lastLines: string): void;
}

/** Starts Chromium without a window and connects to it through its debugging pipe. */
export async function startChromium(options: ChromiumOptions): Promise<Chromium> {
  const path = findChromium();
  const profile = makeProfile();
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const rules = options.hostPatterns.map((pattern) => `MAP ${pattern} 127.0.0.1:${options.port}`).join(',');
  const args = [
    ...ownSwitches,
    ...asRoot,
    `--user-data-dir=${profile}`,
    '--remote-debugging-pipe',
    `--host-resolver-rules=${rules}`,
    ...mergeSwitches(options.switches),
  ];
  // Its own process group: ended as a whole, and not reached by a signal to ours before the watchdog saw it.
  const child = spawn(path, args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'], detached: true });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`stand-in: ${path} cannot be started`);
  startWatchdog(pid, profile);
  const tail: string[] = [];
  const listening = relayStderr(child, tail);
  const cdp = new CdpConnection(child.stdio[4] as Readable, child.stdio[3] as Writable);
  let isEnding = false;
  const kill = (): void => {
    if (isEnding) return;
    isEnding = true;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Already gone.
    }
    rmSync(profile, { recursive: true, force: true, maxRetries: 2, retryDelay: 10 });
  };
  child.once('exit', () => {
    if (!isEnding) options.onUnexpectedExit(tail.join('\n'));
  });
  process.once('exit', kill);
  const wantsPort = options.switches.some((one) => one.name === 'remote-debugging-port');
  await cdp.browser.send('Browser.getVersion');
  if (wantsPort) await listening;
  return {
    cdp,
    pid,
    kill,
    openAppWindow: (url) => {
      // A second start with the same profile hands its order to the running browser and ends.
      const order = spawn(path, [...asRoot, '--test-type', `--user-data-dir=${profile}`, `--app=${url}`], {
        stdio: 'ignore',
      });
      order.on('error', (error) => options.onUnexpectedExit(error.message));
    },
  };
}
