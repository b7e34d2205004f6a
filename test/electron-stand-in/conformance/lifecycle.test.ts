// app: identity, paths, start, quit, one instance, and the end of everything with the process.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  eventually,
  executablePath,
  fixtureFolder,
  isAlive,
  isStandIn,
  launch,
  visibleTitles,
} from './harness.ts';

const childrenOf = (pid: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(pid);
      } catch {
        return false;
      }
    })
    .map(Number);

test('app says who it is and where its things are', async () => {
  const { app, userData, close } = await launch(['--role=console']);
  const facts = await app.evaluate(({ app: electronApp }) => ({
    name: electronApp.getName(),
    version: electronApp.getVersion(),
    isPackaged: electronApp.isPackaged,
    isReady: electronApp.isReady(),
    path: electronApp.getAppPath(),
    userData: electronApp.getPath('userData'),
    temp: electronApp.getPath('temp'),
    exe: electronApp.getPath('exe'),
    argv: process.argv,
    execPath: process.execPath,
    type: process.type,
    electron: process.versions.electron,
    role: electronApp.commandLine.getSwitchValue('role'),
    hasFeatureSwitch: electronApp.commandLine.hasSwitch('disable-features'),
    locale: electronApp.getLocale(),
  }));
  assert.equal(facts.name, 'Stand-in Fixture');
  assert.equal(facts.version, '3.2.1');
  assert.equal(facts.isPackaged, false);
  assert.equal(facts.isReady, true);
  assert.equal(facts.path, fixtureFolder);
  assert.equal(facts.userData, userData);
  assert.equal(facts.temp, tmpdir());
  assert.equal(facts.exe, facts.execPath);
  assert.equal(facts.argv[0], facts.execPath);
  assert.ok(facts.argv.includes(fixtureFolder) && facts.argv.includes('--role=console'));
  assert.equal(facts.type, 'browser');
  assert.match(facts.electron ?? '', /^45\./);
  assert.equal(facts.role, 'console');
  assert.equal(facts.hasFeatureSwitch, true);
  assert.match(facts.locale, /^[a-z]{2}/);
  await close();
});

test('setPath moves a folder, an unknown name throws', async () => {
  const { app, close } = await launch();
  const [moved, message] = await app.evaluate(({ app: electronApp }) => {
    electronApp.setPath('userData', '/tmp/moved');
    let thrown = '';
    try {
      electronApp.getPath('nowhere' as 'home');
    } catch (error) {
      thrown = String(error);
    }
    return [electronApp.getPath('userData'), thrown];
  });
  assert.equal(moved, '/tmp/moved');
  assert.match(message ?? '', /nowhere/);
  await close();
});

test('a switch appended before ready reaches the browser: host candidates are addresses', async () => {
  const { page, close } = await launch();
  const candidates = await page.evaluate(async () => {
    const peer = new RTCPeerConnection();
    peer.createDataChannel('x');
    const found: string[] = [];
    const done = new Promise<void>((resolve) => {
      peer.onicecandidate = ({ candidate }) => (candidate ? found.push(candidate.candidate) : resolve());
    });
    await peer.setLocalDescription();
    await done;
    peer.close();
    return found;
  });
  assert.ok(candidates.length > 0);
  assert.ok(
    candidates.every((one) => !one.includes('.local')),
    candidates.join('\n'),
  );
  await close();
});

test('quit asks before-quit, closes windows, then will-quit; the exit code is 0', async () => {
  const { app } = await launch();
  const ended = new Promise<number | null>((resolve) => app.process().once('exit', resolve));
  const order = app.evaluate(({ app: electronApp }) => {
    const seen: string[] = [];
    electronApp.on('before-quit', () => seen.push('before-quit'));
    globalThis.fixture.windows.console?.on('closed', () => seen.push('closed'));
    return new Promise<string[]>((resolve) => {
      electronApp.on('will-quit', (event) => {
        seen.push('will-quit');
        event.preventDefault();
        resolve(seen);
      });
      setImmediate(() => electronApp.quit());
    });
  });
  assert.deepEqual(await order, ['before-quit', 'closed', 'will-quit']);
  await app.evaluate(({ app: electronApp }) => void setImmediate(() => electronApp.exit(0)));
  assert.equal(await ended, 0);
});

test('before-quit can be prevented, and so can the close of a window', async () => {
  const { app, close } = await launch();
  const stillThere = await app.evaluate(({ app: electronApp, BrowserWindow }) => {
    electronApp.once('before-quit', (event) => event.preventDefault());
    electronApp.quit();
    const window = BrowserWindow.getAllWindows()[0];
    window?.once('close', (event) => event.preventDefault());
    electronApp.quit();
    return !window?.isDestroyed();
  });
  assert.equal(stillThere, true);
  await close();
});

test('the last window closed ends the app, unless somebody listens', async () => {
  const { app } = await launch();
  const ended = new Promise<number | null>((resolve) => app.process().once('exit', resolve));
  const events = await app.evaluate(async ({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.close();
    while (!globalThis.fixture.facts.events.includes('window-all-closed'))
      await new Promise((r) => setTimeout(r, 10));
    return globalThis.fixture.facts.events;
  });
  assert.deepEqual(events, ['window-all-closed']);
  await app.evaluate(({ app: electronApp }) => {
    electronApp.removeAllListeners('window-all-closed');
    globalThis.fixture
      .openWindow('last')
      .webContents.on('did-finish-load', () => globalThis.fixture.windows.last?.close());
  });
  assert.equal(await ended, 0);
});

test('app.exit gives its code', async () => {
  const { app } = await launch();
  const ended = new Promise<number | null>((resolve) => app.process().once('exit', resolve));
  await app.evaluate(({ app: electronApp }) => void setImmediate(() => electronApp.exit(9)));
  assert.equal(await ended, 9);
});

test('SIGTERM quits in order', async () => {
  const { app } = await launch();
  const ended = new Promise<number | null>((resolve) => app.process().once('exit', resolve));
  app.process().kill('SIGTERM');
  assert.equal(await ended, 0);
});

test('a second start with the same profile tells the first one and leaves', async () => {
  const { app, userData, close } = await launch(['--single']);
  const root = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const second = spawn(executablePath, [
    ...root,
    fixtureFolder,
    `--user-data-dir=${userData}`,
    '--single',
    '--hello',
  ]);
  assert.equal(await new Promise((resolve) => second.once('exit', resolve)), 7);
  const told = await eventually(
    () =>
      app.evaluate(() => (globalThis.fixture.facts as { second?: { argv: string[]; data: unknown } }).second),
    (value) => value !== undefined,
    'second-instance',
  );
  assert.ok(told?.argv.includes('--hello'));
  assert.deepEqual(told?.data, { from: 'fixture' });
  await close();
});

test('kill -9 takes the browser, its windows and its profile along', { skip: !isStandIn }, async () => {
  const { app } = await launch();
  const pid = app.process().pid ?? 0;
  await eventually(visibleTitles, (titles) => titles.includes('Fixture page'), 'the window');
  const children = childrenOf(pid);
  const profile = /--user-data-dir=(\S*stand-in-\w+)/.exec(
    children.map((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').replaceAll('\0', ' ')).join('\n'),
  )?.[1];
  assert.ok(children.length > 0 && profile !== undefined && existsSync(profile));
  process.kill(pid, 'SIGKILL');
  await eventually(visibleTitles, (titles) => !titles.includes('Fixture page'), 'the window is gone');
  await eventually(
    () => children.filter(isAlive),
    (alive) => alive.length === 0,
    'children are gone',
  );
  await eventually(
    () => existsSync(profile),
    (exists) => !exists,
    'the profile is gone',
  );
});

test('starts are quick, and several run side by side', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'side-'));
  const both = await Promise.all([launch([`--mark=${folder}`]), launch()]);
  const pids = both.map(({ app }) => app.process().pid);
  assert.notEqual(pids[0], pids[1]);
  for (const { page } of both) assert.equal(await page.evaluate(() => document.title), 'Fixture page');
  await Promise.all(both.map(({ close }) => close()));
});
