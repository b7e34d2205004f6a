// Entry of the main process: finds the app, gives it the electron module, starts the browser when it has loaded.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type AppIdentity, appRaw } from './app.ts';
import { unpackAsar } from './asar.ts';
import type { CdpObject } from './cdp.ts';
import { startChromium } from './chromium.ts';
import { browserSwitches, readSwitches } from './command-line.ts';
import { nativeThemeRaw } from './desktop.ts';
import { watchShortcuts } from './global-shortcut.ts';
import { blankSuffix, host, schemes, versions } from './host.ts';
import { electronMain } from './main-module.ts';
import { installElectronModules } from './module-hooks.ts';
import { watchWindows } from './native-window.ts';
import { startPageServer } from './page-server.ts';
import { watchScreen } from './screen.ts';
import { findContents, onWebContentsCreated } from './web-contents.ts';
import { XConnection } from './x11.ts';

const args = process.argv.slice(2);
const executable = process.env.LEHRPULT_STAND_IN_EXECUTABLE ?? resolve(import.meta.dirname, '../electron');
const resources = join(dirname(executable), 'resources');

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** The packed app beside the executable, else the folder named by the first plain argument. */
function findApp(): { identity: AppIdentity; main: string } {
  const archive = join(resources, 'app.asar');
  const folder = join(resources, 'app');
  let path: string;
  const isPackaged = existsSync(archive) || existsSync(folder);
  if (existsSync(archive)) {
    path = mkdtempSync(join(tmpdir(), 'stand-in-app-'));
    process.once('exit', () => rmSync(path, { recursive: true, force: true }));
    unpackAsar(archive, path);
  } else if (isPackaged) path = folder;
  else {
    const given = args.find((argument) => !argument.startsWith('-'));
    if (given === undefined) fail('stand-in: no app given (electron <folder or script>)');
    path = resolve(given);
  }
  if (!existsSync(path)) fail(`Unable to find Electron app at ${path}`);
  if (statSync(path).isFile())
    return {
      identity: { path: dirname(path), name: 'Electron', version: versions.electron, isPackaged },
      main: path,
    };
  const description = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'));
  const main = resolve(path, description.main ?? 'index.js');
  if (!existsSync(main))
    fail(
      `Unable to find Electron app at ${path}: there is no ${description.main ?? 'index.js'} (run the build first)`,
    );
  const name = description.productName ?? description.name ?? 'Electron';
  return { identity: { path, name, version: description.version ?? '', isPackaged }, main };
}

function dressProcess(isPackaged: boolean): void {
  const extras: Record<string, unknown> = {
    type: 'browser',
    execPath: executable,
    argv: [executable, ...args],
    resourcesPath: resources,
    crash: () => process.kill(process.pid, 'SIGSEGV'),
  };
  if (!isPackaged) extras.defaultApp = true;
  for (const [name, value] of Object.entries(extras))
    Object.defineProperty(process, name, { value, configurable: true, writable: true });
  Object.defineProperty(process, 'versions', {
    value: { ...process.versions, ...versions },
    configurable: true,
  });
}

/** Ends the way Electron ends on these signals, unless the app listens itself. */
function quitOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (process.listenerCount(signal) === 1) appRaw.quit();
    });
  }
}

/** Gives each new page of the browser to the window that waits for it. */
async function followPages(): Promise<void> {
  const connection = host.chromium?.cdp;
  if (connection === undefined) return;
  connection.browser.on('Target.attachedToTarget', ({ sessionId, targetInfo }: CdpObject) => {
    const session = connection.session(sessionId);
    const contents = findContents(targetInfo.targetId, targetInfo.url);
    if (contents !== undefined) {
      contents.adopt(session, targetInfo.targetId);
      return;
    }
    // A page that a page opened (a link with a target): the app hears of it by Page.windowOpen, its window goes.
    connection.browser.tell('Target.closeTarget', { targetId: targetInfo.targetId });
  });
  connection.browser.on('Target.targetCrashed', ({ targetId, status, errorCode }: CdpObject) => {
    findContents(targetId, '')?.onCrashed(status, errorCode);
  });
  await Promise.all([
    connection.browser.send('Target.setDiscoverTargets', { discover: true, filter: [{ type: 'page' }] }),
    connection.browser.send('Target.setAutoAttach', {
      autoAttach: true,
      waitForDebuggerOnStart: true,
      flatten: true,
      filter: [{ type: 'page' }],
    }),
  ]);
}

async function connectDisplay(): Promise<XConnection> {
  try {
    return await XConnection.open(process.env.DISPLAY ?? '');
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

/** Colour schemes of pages follow nativeTheme.themeSource. */
function followTheme(): void {
  onWebContentsCreated((contents) => contents.followTheme(nativeThemeRaw));
}

const { identity, main } = findApp();
appRaw.identity = identity;
readSwitches(args);
dressProcess(identity.isPackaged);
installElectronModules('main', electronMain);
quitOnSignals();
followTheme();
const [x, server] = await Promise.all([
  connectDisplay(),
  startPageServer(),
  // As Electron: ready comes after the app's main module has been evaluated.
  import(pathToFileURL(main).href),
]);
host.x = x;
host.port = server.port;
x.on('lost', () => fail('stand-in: the X server went away'));
const [chromium] = await Promise.all([
  startChromium({
    switches: browserSwitches(),
    hostPatterns: [`*${blankSuffix}`, ...[...schemes].map((scheme) => `*.${scheme}.localhost`)],
    port: server.port,
    onUnexpectedExit: (lastLines) => fail(`stand-in: Chromium ended by itself\n${lastLines}`),
  }),
  watchWindows(x),
  watchShortcuts(x),
]);
watchScreen(x);
host.chromium = chromium;
await followPages();
appRaw.becomeReady();
