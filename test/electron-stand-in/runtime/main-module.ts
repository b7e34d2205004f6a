// Puts together the `electron` module of the main process. Names that real Electron has and the stand-in lacks refuse.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { app } from './app.ts';
import { BrowserWindow } from './browser-window.ts';
import {
  clipboard,
  dialog,
  Menu,
  MenuItem,
  Notification,
  nativeTheme,
  powerMonitor,
  powerSaveBlocker,
  shell,
  Tray,
} from './desktop.ts';
import { globalShortcut } from './global-shortcut.ts';
import { ipcMain } from './ipc-main.ts';
import { MessageChannelMain } from './message-ports.ts';
import { nativeImage } from './native-image.ts';
import { refusedEntirely, refusing } from './refuse.ts';
import { safeStorage } from './safe-storage.ts';
import { desktopCapturer, screen } from './screen.ts';
import { protocol, session } from './session.ts';
import { utilityProcess } from './utility-process.ts';
import { webContents } from './web-contents.ts';

const net = refusing(
  {
    /** Also reads file: URLs, as Electron's does. */
    async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
      const url = input instanceof Request ? input.url : String(input);
      if (!url.startsWith('file:')) return fetch(input, init);
      return new Response(new Uint8Array(await readFile(fileURLToPath(url))));
    },
    isOnline: () => true,
    online: true,
  },
  'net',
);

const lacked = [
  'autoUpdater',
  'BaseWindow',
  'BrowserView',
  'contentTracing',
  'crashReporter',
  'ImageView',
  'inAppPurchase',
  'netLog',
  'pushNotifications',
  'ServiceWorkerMain',
  'sharedTexture',
  'ShareMenu',
  'systemPreferences',
  'TouchBar',
  'View',
  'webFrameMain',
  'WebContentsView',
] as const;

export const electronMain: Record<string, unknown> = {
  app,
  BrowserWindow,
  clipboard,
  desktopCapturer,
  dialog,
  globalShortcut,
  ipcMain,
  Menu,
  MenuItem,
  MessageChannelMain,
  nativeImage,
  nativeTheme,
  net,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  Tray,
  utilityProcess,
  webContents,
  ...Object.fromEntries(lacked.map((name) => [name, refusedEntirely(name)])),
};
