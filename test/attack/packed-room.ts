// The packed program as a school runs it, for attacks on its pages: a console, devices on displays of their own, and whatever
// any page complains of.
import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, type Page } from '@playwright/test';
import type { Policy } from '../../shared/settings/policy.ts';
import { agentSize, consolePolicy, createToken, tileNamed } from '../e2e/classroom.ts';
import { type LaunchedApp, launchApp } from '../support/launch-app.ts';
import { startDisplay } from '../support/x-display.ts';

const root = resolve(import.meta.dirname, '../..');
export const packedFolder = join(root, 'dist/linux-unpacked');
const executable = join(packedFolder, 'lehrpult');

const newest = (path: string): number => {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return 0;
  if (!facts.isDirectory()) return facts.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
};

/** Packs the program if its sources are younger than the package that is there. */
export const packIfNeeded = (): void => {
  const sources = ['main', 'renderer', 'shared', 'assets', 'test/electron-stand-in', 'electron-builder.yml'];
  const packedMs = newest(join(packedFolder, 'resources/app.asar'));
  if (Math.max(...sources.map((name) => newest(join(root, name)))) < packedMs) return;
  execFileSync('npm', ['run', '--silent', 'package'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
};

export type PackedApp = LaunchedApp & {
  /** Errors and policy reports of all its pages so far. */
  readonly complaints: string[];
};

export const launchPacked = async (
  role: 'console' | 'agent',
  display: string,
  policy: Partial<Policy>,
  profile?: string,
): Promise<PackedApp> => {
  const app = await launchApp({
    role,
    display,
    policy,
    packed: executable,
    ...(profile === undefined ? {} : { profile }),
  });
  const complaints: string[] = [];
  const listen = (page: Page): void => {
    page.on('console', (message) => {
      // Chromium asks for it by itself where no Electron stands between.
      const isIcon = message.location().url.endsWith('/favicon.ico');
      if (message.type() === 'error' && !isIcon) complaints.push(`${page.url()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  };
  app.electron.windows().forEach(listen);
  app.electron.on('window', listen);
  return { ...app, complaints };
};

/** The pupil's window of a device that runs in the background: as a second start of the program opens it. */
export const devicePage = async (agent: PackedApp): Promise<Page> => {
  await agent.electron.evaluate(({ app }) => void app.emit('second-instance'));
  const page = await agent.page('device');
  await expect(page.getByTestId('link-state')).toBeVisible();
  return page;
};

export type PackedRoom = {
  readonly desk: PackedApp;
  readonly page: Page;
  readonly token: string;
  readonly agents: readonly PackedApp[];
  readonly displays: readonly string[];
  readonly close: () => Promise<void>;
};

export type PackedRoomOptions = {
  readonly deviceNames: readonly string[];
  readonly policy?: Partial<Policy>;
};

/** Resolves when every device stands on the wall. */
export const openPackedRoom = async ({
  deviceNames,
  policy = {},
}: PackedRoomOptions): Promise<PackedRoom> => {
  packIfNeeded();
  const closing: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0))
      await end().catch((error: unknown) => console.error('closing', error));
  };
  try {
    const display = await startDisplay({ width: 1_600, height: 900 });
    closing.unshift(display.close);
    const desk = await launchPacked('console', display.display, { ...consolePolicy, ...policy });
    closing.unshift(desk.close);
    const page = await desk.page('console');
    const token = await createToken(page);
    const agents: PackedApp[] = [];
    const displays: string[] = [];
    for (const deviceName of deviceNames) {
      const own = await startDisplay(agentSize);
      closing.unshift(own.close);
      displays.push(own.display);
      const agent = await launchPacked('agent', own.display, {
        deviceName,
        enrolmentToken: token,
        useDiscovery: false,
        language: 'de',
      });
      closing.unshift(agent.close);
      agents.push(agent);
    }
    for (const name of deviceNames) {
      await expect(tileNamed(page, name)).not.toHaveCount(0, { timeout: 30_000 });
    }
    return { desk, page, token, agents, displays, close };
  } catch (error) {
    await close();
    throw error;
  }
};
