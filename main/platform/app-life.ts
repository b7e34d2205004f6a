// Start and end of the program as the operating system sees it.
import { app, dialog, Menu, nativeTheme } from 'electron/main';

/** Switches that have to stand before the browser starts. */
export const prepareBrowser = (): void => {
  // Devices of a room reach each other by their own addresses; names of mDNS would need multicast everywhere.
  app.commandLine.appendSwitch('disable-features', 'WebRtcHideLocalIpsWithMdns');
  app.commandLine.appendSwitch('disable-background-networking');
  app.commandLine.appendSwitch('disable-component-update');
};

/** Uses `folder` for everything this start keeps. */
export const setProfile = (folder: string): void => app.setPath('userData', folder);

export const profileFolder = (): string => app.getPath('userData');

/** False when the same profile already runs; that one is told to show itself. */
export const becomeOnlyInstance = (onSecondStart: () => void): boolean => {
  if (!app.requestSingleInstanceLock()) return false;
  app.on('second-instance', onSecondStart);
  return true;
};

export const whenReady = (): Promise<void> => app.whenReady();

export const appVersion = (): string => app.getVersion();

export const systemLanguage = (): string => app.getLocale();

export const quit = (): void => app.quit();

export const exitWith = (code: number): void => app.exit(code);

export const setTheme = (theme: 'system' | 'light' | 'dark'): void => {
  nativeTheme.themeSource = theme;
};

export const withoutMenu = (): void => Menu.setApplicationMenu(null);

/** An agent goes on without a window; a console does not. */
export const onAllWindowsClosed = (listener: () => void): void => void app.on('window-all-closed', listener);

/** Runs `finish` once before the program ends, and waits for it at most `limitMs`. */
export const beforeQuit = (finish: () => Promise<void>, limitMs = 3_000): void => {
  let state: 'running' | 'finishing' | 'done' = 'running';
  app.on('before-quit', (event) => {
    if (state === 'done') return;
    event.preventDefault();
    if (state === 'finishing') return;
    state = 'finishing';
    const limit = new Promise<void>((resolve) => setTimeout(resolve, limitMs));
    const over = (): void => {
      state = 'done';
      app.quit();
    };
    Promise.race([finish(), limit]).then(over, over);
  });
};

/** Says in a box why the program cannot go on. */
export const showFatalProblem = (text: string): void => dialog.showErrorBox('Lehrpult', text);
