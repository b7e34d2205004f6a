// Owns app: identity, paths, life cycle, the single-instance lock.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StandInWindow } from './browser-window.ts';
import { BrowserWindow, windowDefaults, windowObservers } from './browser-window.ts';
import { commandLine } from './command-line.ts';
import { ElectronEmitter, makeEvent } from './emitter.ts';
import { host } from './host.ts';
import { InstanceLock } from './instance-lock.ts';
import { refusing } from './refuse.ts';
import { onWebContentsCreated } from './web-contents.ts';

export interface AppIdentity {
  path: string;
  name: string;
  version: string;
  isPackaged: boolean;
}

const appEvents = [
  'will-finish-launching',
  'ready',
  'window-all-closed',
  'before-quit',
  'will-quit',
  'quit',
  'activate',
  'second-instance',
  'browser-window-created',
  'browser-window-focus',
  'browser-window-blur',
  'web-contents-created',
  'render-process-gone',
  'child-process-gone',
  // Nothing in the stand-in can make them happen:
  'open-file',
  'open-url',
  'continue-activity',
  'certificate-error',
  'select-client-certificate',
  'login',
  'gpu-info-update',
  'accessibility-support-changed',
  'session-created',
  'new-window-for-tab',
];

class App extends ElectronEmitter {
  identity: AppIdentity = { path: '', name: 'Electron', version: '', isPackaged: false };
  readonly commandLine = commandLine;
  private readonly paths = new Map<string, string>();
  private name: string | null = null;
  private ready = false;
  private readyWaiters: (() => void)[] = [];
  private isQuitting = false;
  private exitCode = 0;
  private relaunchArgs: { args: string[]; execPath: string } | null = null;
  private readonly instanceLock = new InstanceLock();

  get isPackaged(): boolean {
    return this.identity.isPackaged;
  }

  whenReady(): Promise<void> {
    return this.ready ? Promise.resolve() : new Promise((resolve) => this.readyWaiters.push(resolve));
  }

  isReady(): boolean {
    return this.ready;
  }

  /** Called once the browser runs. */
  becomeReady(): void {
    mkdirSync(this.getPath('userData'), { recursive: true });
    this.ready = true;
    this.emit('will-finish-launching');
    this.emit('ready', makeEvent({}), {});
    for (const resolve of this.readyWaiters.splice(0)) resolve();
  }

  getAppPath(): string {
    return this.identity.path;
  }

  getVersion(): string {
    return this.identity.version;
  }

  getName(): string {
    return this.name ?? this.identity.name;
  }

  setName(name: string): void {
    this.name = name;
  }

  getLocale(): string {
    const asked = commandLine.getSwitchValue('lang');
    return asked || this.getSystemLocale();
  }

  getSystemLocale(): string {
    const name =
      (process.env.LC_ALL || process.env.LC_MESSAGES || process.env.LANG || 'en-US').split('.')[0] ?? '';
    return name === 'C' || name === 'POSIX' || name === '' ? 'en-US' : name.replace('_', '-');
  }

  getPreferredSystemLanguages(): string[] {
    return [this.getSystemLocale()];
  }

  getLocaleCountryCode(): string {
    return this.getSystemLocale().split('-')[1] ?? '';
  }

  /** @throws Error for a name Electron does not know */
  getPath(name: string): string {
    const set = this.paths.get(name);
    if (set !== undefined) return set;
    const home = homedir();
    const appData = process.env.XDG_CONFIG_HOME || join(home, '.config');
    const userData = (): string =>
      commandLine.getSwitchValue('user-data-dir') || join(this.getPath('appData'), this.getName());
    const makers: Record<string, () => string> = {
      home: () => home,
      appData: () => appData,
      userData,
      sessionData: () => this.getPath('userData'),
      temp: () => tmpdir(),
      exe: () => process.execPath,
      module: () => process.execPath,
      desktop: () => join(home, 'Desktop'),
      documents: () => join(home, 'Documents'),
      downloads: () => join(home, 'Downloads'),
      music: () => join(home, 'Music'),
      pictures: () => join(home, 'Pictures'),
      videos: () => join(home, 'Videos'),
      logs: () => join(this.getPath('userData'), 'logs'),
      crashDumps: () => join(this.getPath('userData'), 'Crashpad'),
    };
    const make = makers[name];
    if (make === undefined) throw new Error(`Failed to get '${name}' path`);
    return make();
  }

  setPath(name: string, path: string): void {
    this.getPath(name);
    this.paths.set(name, path);
  }

  setAppLogsPath(path?: string): void {
    this.paths.set('logs', path ?? join(this.getPath('userData'), 'logs'));
  }

  requestSingleInstanceLock(additionalData?: object): boolean {
    return this.instanceLock.request(this.getPath('userData'), additionalData, (argv, folder, data) =>
      this.emit('second-instance', makeEvent({}), argv, folder, data),
    );
  }

  hasSingleInstanceLock(): boolean {
    return this.instanceLock.isHeld;
  }

  releaseSingleInstanceLock(): void {
    this.instanceLock.release();
  }

  focus(): void {
    BrowserWindow.getAllWindows()[0]?.focus();
  }

  relaunch(options: { args?: string[]; execPath?: string } = {}): void {
    this.relaunchArgs = {
      args: options.args ?? process.argv.slice(1),
      execPath: options.execPath ?? process.execPath,
    };
  }

  /** Asks everybody; ends the process when nobody objects. */
  quit(): void {
    if (this.isQuitting) return;
    const event = makeEvent({});
    this.emit('before-quit', event);
    if (event.defaultPrevented) return;
    this.isQuitting = true;
    this.closeNext();
  }

  private closeNext(): void {
    const [window] = BrowserWindow.getAllWindows();
    if (window === undefined) {
      this.finishQuit();
      return;
    }
    const settle = (isClosed: boolean): void => {
      window.off('closed', onClosed);
      window.off('close-refused-internal', onRefused);
      if (isClosed) this.closeNext();
      else this.isQuitting = false;
    };
    const onClosed = (): void => void setImmediate(settle, true);
    const onRefused = (): void => settle(false);
    window.prependListener('closed', onClosed);
    window.prependListener('close-refused-internal', onRefused);
    window.close();
  }

  private finishQuit(): void {
    const event = makeEvent({});
    this.emit('will-quit', event);
    if (event.defaultPrevented) {
      this.isQuitting = false;
      return;
    }
    this.leave();
  }

  /** Ends at once, without before-quit and will-quit. */
  exit(code = 0): void {
    this.exitCode = code;
    this.isQuitting = true;
    for (const window of BrowserWindow.getAllWindows()) window.destroy();
    this.leave();
  }

  private leave(): void {
    this.emit('quit', makeEvent({}), this.exitCode);
    if (this.relaunchArgs !== null) {
      spawn(this.relaunchArgs.execPath, this.relaunchArgs.args, { detached: true, stdio: 'ignore' }).unref();
    }
    this.instanceLock.release();
    host.chromium?.kill();
    process.exit(this.exitCode);
  }

  /** From windowObservers. */
  onAllClosed(): void {
    if (this.isQuitting) return;
    if (this.listenerCount('window-all-closed') === 0) this.quit();
    else this.emit('window-all-closed');
  }

  getAppMetrics(): object[] {
    return [
      {
        pid: process.pid,
        type: 'Browser',
        creationTime: Date.now() - process.uptime() * 1000,
        cpu: { percentCPUUsage: 0, idleWakeupsPerSecond: 0 },
        memory: { workingSetSize: Math.round(process.memoryUsage.rss() / 1024), peakWorkingSetSize: 0 },
      },
    ];
  }

  getGPUFeatureStatus(): object {
    return {};
  }

  // Without effect: there is no shell, dock or GPU process to tell.
  setAppUserModelId(_id: string): void {}
  setDesktopName(_name: string): void {}
  disableHardwareAcceleration(): void {
    commandLine.appendSwitch('disable-gpu');
  }
  enableSandbox(): void {}
  setAccessibilitySupportEnabled(_flag: boolean): void {}
  setBadgeCount(_count?: number): boolean {
    return false;
  }
  setLoginItemSettings(_settings: object): void {}
  allowRendererProcessReuse = true;
}

export const appRaw = new App();
appRaw.setMaxListeners(0);
appRaw.setKnownEvents('app', appEvents);
export const app = refusing(appRaw, 'app');

windowDefaults.title = () => appRaw.getName();
windowObservers.created = (window: StandInWindow) => {
  setImmediate(() => appRaw.emit('browser-window-created', makeEvent({}), window));
};
windowObservers.allClosed = () => appRaw.onAllClosed();
windowObservers.event = (name, window) => appRaw.emit(name, makeEvent({}), window);
onWebContentsCreated((contents) => {
  appRaw.emit('web-contents-created', makeEvent({}), contents);
  contents.on('render-process-gone', (event, details) =>
    appRaw.emit('render-process-gone', event, contents, details),
  );
});
