// Opens the app's windows, all with the same locked-down settings, and knows which window a call came from.
import { join } from 'node:path';
import {
  BrowserWindow,
  type BrowserWindowConstructorOptions,
  type IpcMainInvokeEvent,
  ipcMain,
  type WebPreferences,
} from 'electron/main';
import type { WindowKind } from '../../shared/ipc/define.ts';
import { isReleaseBuild } from './build-kind.ts';
import { kindOfPage, pageUrl } from './page-address.ts';

export type AppWindow = {
  readonly kind: WindowKind;
  readonly id: number;
  readonly native: BrowserWindow;
  readonly send: (channel: string, payload: unknown) => void;
  readonly close: () => void;
};

export type OpenOptions = Omit<BrowserWindowConstructorOptions, 'webPreferences'> & {
  /** The window cannot be closed by the person in front of it, only by the app. */
  readonly isHeld?: boolean;
  /** A crashed page is loaded again by itself. */
  readonly onPageGone?: (reason: string) => void;
};

export type AppWindows = {
  readonly open: (kind: WindowKind, options: OpenOptions) => AppWindow;
  readonly all: () => Iterable<AppWindow>;
  /** The window a call came from; null unless it is the main frame of one of ours showing its own page. */
  readonly senderOf: (event: IpcMainInvokeEvent) => AppWindow | null;
};

/**
 * The one place where windows get their rights; `page-guard.ts` holds what their pages may do. All of it in words, also
 * what is Electron's default today: a default may change, and this is what we rely on.
 */
const webPreferences = (preloadFolder: string): WebPreferences => ({
  preload: join(preloadFolder, 'preload.cjs'),
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  safeDialogs: true,
  spellcheck: false,
  devTools: !isReleaseBuild(),
  // A hidden capture or presentation window has to go on working.
  backgroundThrottling: false,
});

export const createAppWindows = (preloadFolder: string): AppWindows => {
  const windows = new Map<number, AppWindow>();

  const open = (kind: WindowKind, { isHeld = false, onPageGone, ...options }: OpenOptions): AppWindow => {
    const native = new BrowserWindow({
      autoHideMenuBar: true,
      ...options,
      webPreferences: webPreferences(preloadFolder),
    });
    const contents = native.webContents;
    const webContentsId = contents.id;
    let isClosing = false;
    const window: AppWindow = {
      kind,
      id: native.id,
      native,
      send(channel, payload) {
        if (!native.isDestroyed()) contents.send(`lehrpult:${channel}`, payload);
      },
      close() {
        isClosing = true;
        if (!native.isDestroyed()) native.destroy();
      },
    };
    windows.set(webContentsId, window);
    native.on('closed', () => windows.delete(webContentsId));
    native.on('close', (event) => {
      if (isHeld && !isClosing) event.preventDefault();
    });
    contents.on('render-process-gone', (_event, details) => {
      onPageGone?.(details.reason);
      if (details.reason !== 'clean-exit' && !native.isDestroyed()) void native.loadURL(pageUrl(kind));
    });
    void native.loadURL(pageUrl(kind));
    return window;
  };

  return {
    open,
    all: () => windows.values(),
    senderOf(event) {
      const window = windows.get(event.sender.id);
      const frame = event.senderFrame;
      if (window === undefined || frame === null || frame.parent !== null) return null;
      return kindOfPage(frame.url) === window.kind ? window : null;
    },
  };
};

/** Gives every call of every page to one listener; there is no other channel from pages to main. */
export const onPageCall = (
  windows: AppWindows,
  listener: (channel: unknown, input: unknown, sender: AppWindow | null) => Promise<unknown>,
): void => {
  ipcMain.handle('lehrpult:call', (event, channel: unknown, input: unknown) =>
    listener(channel, input, windows.senderOf(event)),
  );
};
