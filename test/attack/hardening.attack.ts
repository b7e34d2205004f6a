// T37: the checklist of Electron's documentation on the packed program: what a script in any of its pages gets, what the
// package may be talked into by its command line, and that it keeps no secret without a real store.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createPackageWithOptions, extractAll } from '@electron/asar';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import type { Page } from '@playwright/test';
import { afterAll, beforeAll } from 'vitest';
import type { WindowKind } from '../../shared/ipc/define.ts';
import { lockDevices, present, startLesson } from '../e2e/teacher.ts';
import { startDisplay, type XDisplay } from '../support/x-display.ts';
import { attack } from './attack-table.ts';
import { devicePage, openPackedRoom, packedFolder, packIfNeeded } from './packed-room.ts';
import { attackPage } from './page-attacks.ts';

/** A server of the attacker's: whatever comes here has left the program. */
const startCollector = async () => {
  const hits: string[] = [];
  const server = createServer((request, response) => {
    hits.push(`${request.method} ${request.url}`);
    response.setHeader('access-control-allow-origin', '*');
    response.end('globalThis.__got = 1');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}/`, hits, close: () => server.close() };
};

beforeAll(packIfNeeded, 120_000);

const expectedFuses: Readonly<Record<keyof typeof FuseV1Options, boolean>> = {
  RunAsNode: false,
  EnableCookieEncryption: true,
  EnableNodeOptionsEnvironmentVariable: false,
  EnableNodeCliInspectArguments: false,
  EnableEmbeddedAsarIntegrityValidation: true,
  OnlyLoadAppFromAsar: true,
  LoadBrowserProcessSpecificV8Snapshot: false,
  GrantFileProtocolExtraPrivileges: false,
};

attack({
  id: 'T37a',
  title: 'fuses and settings of the package',
  control: async () => (await getCurrentFuseWire(join(packedFolder, 'lehrpult'))).version === '1',
  async attempts(tally) {
    const { version: _version, ...wire } = await getCurrentFuseWire(join(packedFolder, 'lehrpult'));
    for (const [index, byte] of Object.entries(wire)) {
      const name = FuseV1Options[Number(index)] as keyof typeof FuseV1Options;
      await tally.attempt(name, () => (String.fromCharCode(Number(byte)) === '1') !== expectedFuses[name]);
    }
    tally.figure('fuses', String(Object.keys(wire).length));
    const built = readFileSync(resolve('out/main/main.js'), 'utf8');
    // One place makes windows, one answers pages, one asks the system to open something.
    for (const once of [
      'new BrowserWindow(',
      'ipcMain.handle(',
      'shell.openExternal(',
      'setPermissionRequestHandler(',
    ])
      await tally.attempt(`${once} more than once`, () => built.split(once).length !== 2);
    for (const never of [
      'ipcMain.on(',
      'ipcMain.handleOnce(',
      'shell.openPath(',
      'webFrame',
      '.loadFile(',
      'openDevTools(',
    ])
      await tally.attempt(never, () => built.includes(never));
  },
});

attack({
  id: 'T37b',
  title: 'a script in each page of the packed program',
  timeoutMs: 300_000,
  control: async () => {
    const collector = await startCollector();
    await fetch(`${collector.url}control`);
    collector.close();
    return collector.hits.length === 1;
  },
  async attempts(tally) {
    const collector = await startCollector();
    const room = await openPackedRoom({ deviceNames: ['Gerät 1'] });
    const [agent] = room.agents;
    if (agent === undefined) throw new Error('no agent');
    const visit = async (kind: WindowKind, page: Page): Promise<void> => {
      const address = page.url();
      for (const { name, got } of await page.evaluate(attackPage, collector.url))
        await tally.attempt(`${kind}: ${name}`, () => got);
      await tally.attempt(`${kind}: is somewhere else`, () => page.url() !== address);
      await tally.attempt(`${kind}: does not work any more`, async () => {
        const answer = (await page.evaluate(() => window.lehrpult.call('lesson:start', {}))) as {
          ok: boolean;
        };
        return kind === 'console' ? !answer.ok : answer.ok;
      });
    };
    try {
      await startLesson(room.page);
      await visit('device', await devicePage(agent));
      for (const kind of ['capture', 'indicator'] as const) await visit(kind, await agent.page(kind));
      await lockDevices(room.page, 'Bitte nach vorn schauen');
      await visit('lock', await agent.page('lock'));
      await room.page.getByTestId('unlock').click();
      await present(room.page);
      await visit('presentation', await agent.page('presentation'));
      await visit('console', room.page);
      for (const [name, app] of [
        ['console', room.desk],
        ['device', agent],
      ] as const) {
        const urls = await app.electron.evaluate(({ BrowserWindow }) =>
          BrowserWindow.getAllWindows().map(({ webContents }) => webContents.getURL()),
        );
        tally.figure(`${name} windows`, String(urls.length));
        for (const url of urls)
          await tally.attempt(
            `${name}: a window on ${url}`,
            () => !/^app:\/\/lehrpult\/[a-z]+\/index\.html$/.test(url),
          );
        await tally.attempt(`${name}: twice the same window`, () => new Set(urls).size !== urls.length);
      }
      await tally.attempt(`left the program: ${collector.hits.join(', ')}`, () => collector.hits.length > 0);
      tally.figure('hits of the attacker’s server', String(collector.hits.length));
    } finally {
      await room.close();
      collector.close();
    }
  },
});

let folder = '';
let display: XDisplay;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lehrpult-release-'));
  display = await startDisplay({ width: 800, height: 600 });
});
afterAll(async () => {
  await display.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The package as it would be built with Electron's own binary: without the mark of a test build. */
const makeRelease = async (): Promise<string> => {
  const target = join(folder, 'release');
  cpSync(packedFolder, target, { recursive: true });
  const unpacked = join(folder, 'app');
  extractAll(join(target, 'resources/app.asar'), unpacked);
  const about = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8')) as Record<string, unknown>;
  const { lehrpult: _mark, ...rest } = about;
  writeFileSync(join(unpacked, 'package.json'), JSON.stringify(rest));
  await createPackageWithOptions(unpacked, join(target, 'resources/app.asar'), {
    unpackDir: 'node_modules/@node-datachannel',
  });
  return join(target, 'lehrpult');
};

/** Starts it and gives how it ended and what it said; `null` as code: it still ran after the time. */
const start = (program: string, args: readonly string[]): Promise<{ code: number | null; said: string }> =>
  new Promise((done) => {
    const child = spawn(program, [...args, `--profile=${mkdtempSync(join(folder, 'profile-'))}`], {
      env: { ...process.env, DISPLAY: display.display },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (part: Buffer) => {
      said += part;
    });
    const limit = setTimeout(() => child.kill('SIGTERM'), 8_000);
    child.on('exit', (code) => {
      clearTimeout(limit);
      done({ code, said });
    });
  });

const switches = [
  ...[
    'remote-debugging-port=0',
    'remote-debugging-pipe',
    'no-sandbox',
    'disable-web-security',
    'js-flags=--expose-gc',
  ],
  ...['disable-site-isolation-trials', 'allow-running-insecure-content', 'ignore-certificate-errors'],
  ...[
    'ignore-certificate-errors-spki-list=x',
    'unsafely-treat-insecure-origin-as-secure=http://x',
    'load-extension=/x',
  ],
  ...['auto-select-desktop-capture-source=x', 'use-fake-ui-for-media-stream'],
];

attack({
  id: 'T37c',
  title: 'command line and secret store of a release',
  timeoutMs: 240_000,
  // The package with its mark goes on running with such a switch: what ends the release is the rule, not the switch.
  control: async () => {
    const { code } = await start(join(packedFolder, 'lehrpult'), ['--role=agent', '--no-sandbox']);
    return code !== 1;
  },
  async attempts(tally) {
    const program = await makeRelease();
    for (const each of switches)
      await tally.attempt(`--${each}`, async () => {
        const { code, said } = await start(program, ['--role=agent', `--${each}`]);
        return code !== 1 || !said.includes('does not start with');
      });
    // This machine has no keyring: the console must not keep the school's keys here.
    const policy = join(folder, 'policy.json');
    writeFileSync(
      policy,
      JSON.stringify({ ownSchool: true, linkPort: 0, listenAddress: '127.0.0.1', useDiscovery: false }),
    );
    await tally.attempt('keys without a keyring', async () => {
      const { code } = await start(program, ['--role=console', `--policy=${policy}`]);
      return code !== 1;
    });
  },
});
