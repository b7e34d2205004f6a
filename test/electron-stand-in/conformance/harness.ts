// Launches the fixture app on the Electron under test and gives tests short ways to ask it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from '@playwright/test';
import { resolveRuntime } from '../../support/electron-runtime.ts';

const runtime = await resolveRuntime();
export const isStandIn = runtime.kind === 'stand-in';
export const executablePath = runtime.executablePath;
export const fixtureFolder = join(import.meta.dirname, 'app');

/** What the fixture app keeps on globalThis, as seen inside electronApp.evaluate. */
export interface FixtureGlobal {
  electron: typeof import('electron/main');
  facts: Record<string, unknown[]> & { events: string[]; ipc: unknown[][] };
  windows: Record<string, Electron.BrowserWindow & { loaded: Promise<void> }>;
  openWindow(
    name: string,
    options?: object,
    query?: string,
  ): Electron.BrowserWindow & { loaded: Promise<void> };
  forkUtility(): Electron.UtilityProcess;
  channel(): Electron.MessageChannelMain;
}

declare global {
  var fixture: FixtureGlobal;
}

/** What the fixture's preload exposes to its pages. */
export interface FixtureApi {
  version: number;
  deep: { list: unknown[]; when: Date };
  invoke(channel: string, ...args: unknown[]): Promise<unknown>;
  send(channel: string, ...args: unknown[]): void;
  on(channel: string, listener: (...args: unknown[]) => void): () => void;
  count(): number;
  add(a: number, b: number): number;
  describe(value: unknown): string;
  same(value: unknown): unknown;
  failNow(): void;
  failLater(): Promise<void>;
  callBack(callback: (value: unknown) => unknown, value: unknown): unknown;
  argv(): string[];
  doubleThroughPort(number: number): Promise<number>;
}

export interface Running {
  app: ElectronApplication;
  /** The first window's page, loaded. */
  page: Page;
  userData: string;
  errors: string[];
  /** Opens one more fixture window and gives its page, loaded. */
  open(name: string, options?: object, query?: string): Promise<Page>;
  close(): Promise<void>;
}

/** Waits for a fact; fails with what it saw last. */
export async function eventually<T>(
  look: () => Promise<T> | T,
  holds: (value: T) => boolean,
  what: string,
): Promise<T> {
  const endMs = Date.now() + 10_000;
  let value = await look();
  while (!holds(value)) {
    if (Date.now() > endMs) assert.fail(`${what}: still ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
    value = await look();
  }
  return value;
}

async function pageOf(app: ElectronApplication, name: string): Promise<Page> {
  const page = await eventually(
    () => app.windows().find((one) => one.url().includes(`/${name}/index.html`)),
    (found) => found !== undefined,
    `the page of ${name}`,
  );
  assert.ok(page);
  await page.waitForFunction(() => (window as unknown as { moduleRan?: boolean }).moduleRan === true);
  return page;
}

export async function launch(
  args: string[] = [],
  environment: Record<string, string> = {},
): Promise<Running> {
  const userData = mkdtempSync(join(tmpdir(), 'fixture-data-'));
  // Also when the app ends by itself in a test.
  process.once('exit', () => rmSync(userData, { recursive: true, force: true }));
  const app = await _electron.launch({
    executablePath,
    args: [fixtureFolder, `--user-data-dir=${userData}`, ...args],
    env: { ...(process.env as Record<string, string>), ...environment },
  });
  const errors: string[] = [];
  app.process().stderr?.on('data', (part: Buffer) => errors.push(part.toString()));
  const page = await pageOf(app, 'console');
  return {
    app,
    page,
    userData,
    errors,
    async open(name, options = {}, query = '') {
      await app.evaluate(
        async (_electron, given) => {
          await globalThis.fixture.openWindow(given.name, given.options, given.query).loaded;
        },
        { name, options, query },
      );
      return pageOf(app, name);
    },
    async close() {
      await app.close();
    },
  };
}

const run = (command: string, args: string[]): string =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

/** '' for a window that has just gone. */
function titleOf(id: string): string {
  try {
    return /"(.*)"/.exec(run('xprop', ['-id', id, '_NET_WM_NAME']))?.[1] ?? '';
  } catch {
    return '';
  }
}

/** Titles of the windows that people see on the display. */
export function visibleTitles(): string[] {
  const list = run('xprop', ['-root', '_NET_CLIENT_LIST']).match(/0x[0-9a-f]+/g) ?? [];
  return list.map(titleOf);
}

/** The X window whose title is exactly this, null when none shows. */
export function visibleWindow(title: string): string | null {
  const list = run('xprop', ['-root', '_NET_CLIENT_LIST']).match(/0x[0-9a-f]+/g) ?? [];
  return list.find((id) => titleOf(id) === title) ?? null;
}

/** Size and place of an X window on the screen. */
export function geometryOf(id: string): { x: number; y: number; width: number; height: number } {
  const text = run('xwininfo', ['-id', id]);
  const number = (name: string): number => Number(new RegExp(`${name}:\\s+(-?\\d+)`).exec(text)?.[1]);
  return {
    x: number('Absolute upper-left X'),
    y: number('Absolute upper-left Y'),
    width: number('Width'),
    height: number('Height'),
  };
}

/** The colour of one pixel of the display, as [red, green, blue]. */
export function pixelAt(x: number, y: number): number[] {
  const text = run('import', [
    '-silent',
    '-window',
    'root',
    '-crop',
    `1x1+${x}+${y}`,
    '-depth',
    '8',
    'txt:-',
  ]);
  return (/\((\d+),(\d+),(\d+)/.exec(text) ?? []).slice(1, 4).map(Number);
}

export const press = (...keys: string[]): string => run('xdotool', ['key', '--clearmodifiers', ...keys]);

/** True while a process with this id lives. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(run('cat', [`/proc/${pid}/status`]));
  } catch {
    return false;
  }
}
