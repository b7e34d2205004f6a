// Starts the built app as a person would, through Playwright's Electron driver, with a profile and policy of its own.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { _electron, type ElectronApplication, expect, type Page } from '@playwright/test';
import type { WindowKind } from '../../shared/ipc/define.ts';
import type { Policy } from '../../shared/settings/policy.ts';
import { resolveRuntime } from './electron-runtime.ts';

const projectFolder = resolve(import.meta.dirname, '../..');

export type LaunchOptions = {
  readonly role: 'console' | 'agent';
  readonly display: string;
  readonly policy?: Partial<Policy>;
  /** An existing profile to start again with; a new temporary one otherwise. */
  readonly profile?: string;
  /** Executable of a packed app; the built sources otherwise. */
  readonly packed?: string;
};

export type LaunchedApp = {
  readonly electron: ElectronApplication;
  readonly profile: string;
  /** Process id of the app's main process. */
  readonly pid: number;
  /** The page of that window, as soon as it exists. */
  readonly page: (kind: WindowKind) => Promise<Page>;
  /** The page if that window is open now. */
  readonly openPage: (kind: WindowKind) => Page | undefined;
  readonly close: () => Promise<void>;
  /** Resolves when the app's main process is gone. */
  readonly exited: Promise<void>;
  /** Ends it as a power cut would. */
  readonly kill: () => Promise<void>;
};

const isKind = (page: Page, kind: WindowKind): boolean => page.url().includes(`/${kind}/index.html`);

export const launchApp = async (options: LaunchOptions): Promise<LaunchedApp> => {
  const profile = options.profile ?? (await mkdtemp(join(tmpdir(), `lehrpult-${options.role}-`)));
  const policyPath = join(profile, 'policy.json');
  if (options.policy !== undefined) await writeFile(policyPath, JSON.stringify(options.policy));
  const electron = await _electron.launch({
    executablePath: options.packed ?? (await resolveRuntime()).executablePath,
    args: [
      ...(options.packed === undefined ? [projectFolder] : []),
      `--role=${options.role}`,
      `--profile=${profile}`,
      `--policy=${policyPath}`,
    ],
    // As strict as Electron about gestures before a capture.
    env: {
      ...(process.env as Record<string, string>),
      DISPLAY: options.display,
      LEHRPULT_STAND_IN_ACTIVATION: 'required',
    },
    timeout: 30_000,
  });
  const child = electron.process();
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  const openPage = (kind: WindowKind): Page | undefined =>
    electron.windows().find((each) => isKind(each, kind));

  return {
    electron,
    profile,
    pid: child.pid ?? -1,
    openPage,
    exited,
    async page(kind) {
      // A window is there before its address is known, so neither event alone tells of it.
      await expect.poll(() => openPage(kind) !== undefined, { timeout: 30_000 }).toBe(true);
      const found = openPage(kind);
      if (found === undefined) throw new Error(`the ${kind} window closed as it opened`);
      return found;
    },
    async close() {
      await electron.close();
      if (options.profile === undefined) await rm(profile, { recursive: true, force: true });
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
};
