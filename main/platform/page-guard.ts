// What no page of this program can ever do, whichever window it is in and however it was opened. Set once, before any
// window; a window opened by mistake is guarded as well.
import { app, type Session, type WebContents } from 'electron/main';
import type { Log } from '../lib/log.ts';
import { isReleaseBuild } from './build-kind.ts';

type Prevented = { readonly preventDefault: () => void };

/** Pages stay where they were opened, open nothing and embed nothing. */
const guardContents = (contents: WebContents, log: Log): void => {
  const refuse =
    (what: string) =>
    (event: Prevented): void => {
      event.preventDefault();
      log.warn('page-refused', { what });
    };
  contents.setWindowOpenHandler(() => {
    log.warn('page-refused', { what: 'window' });
    return { action: 'deny' };
  });
  contents.on('will-navigate', refuse('navigation'));
  contents.on('will-frame-navigate', refuse('frame-navigation'));
  contents.on('will-redirect', refuse('redirect'));
  contents.on('will-attach-webview', refuse('webview'));
  contents.on('select-bluetooth-device', (event, _devices, callback) => {
    refuse('bluetooth')(event);
    callback('');
  });
  if (isReleaseBuild()) contents.on('devtools-opened', () => contents.closeDevTools());
};

/**
 * Switches of Chromium and Node that open a page, its traffic or this process to others. Whoever sits at a machine may
 * start what they like; a packed app does not lend its name and keys to it.
 */
const openDoors = [
  'remote-debugging-port',
  'remote-debugging-pipe',
  'inspect',
  'inspect-brk',
  'no-sandbox',
  'disable-web-security',
  'disable-site-isolation-trials',
  'allow-running-insecure-content',
  'ignore-certificate-errors',
  'ignore-certificate-errors-spki-list',
  'unsafely-treat-insecure-origin-as-secure',
  'load-extension',
  'js-flags',
  'auto-select-desktop-capture-source',
  'use-fake-ui-for-media-stream',
];

/** The first switch of this start that a release refuses, null when there is none. Development may use all. */
export const refusedSwitch = (): string | null =>
  isReleaseBuild() ? (openDoors.find((name) => app.commandLine.hasSwitch(name)) ?? null) : null;

/** Call before the app is ready. */
export const guardPages = (log: Log): void => {
  app.enableSandbox();
  app.on('web-contents-created', (_event, contents) => guardContents(contents, log));
  app.on('certificate-error', (event, _contents, _url, _error, _certificate, callback) => {
    event.preventDefault();
    callback(false);
    log.warn('page-refused', { what: 'certificate' });
  });
  app.on('select-client-certificate', (event, _contents, _url, _list, callback) => {
    event.preventDefault();
    callback();
    log.warn('page-refused', { what: 'client-certificate' });
  });
  app.on('login', (event, _contents, _details, _info, callback) => {
    event.preventDefault();
    callback();
    log.warn('page-refused', { what: 'login' });
  });
};

/** Nothing is downloaded, no device is chosen, no dictionary is fetched. */
export const guardDevices = (guarded: Session, log: Log): void => {
  guarded.setDevicePermissionHandler(() => false);
  guarded.setBluetoothPairingHandler((_details, callback) => callback({ confirmed: false }));
  guarded.on('select-hid-device', (event, _details, callback) => {
    event.preventDefault();
    callback(null);
  });
  guarded.on('select-usb-device', (event, _details, callback) => {
    event.preventDefault();
    callback();
  });
  guarded.on('select-serial-port', (event, _ports, _contents, callback) => {
    event.preventDefault();
    callback('');
  });
  guarded.setSpellCheckerEnabled(false);
  guarded.on('will-download', (event) => {
    event.preventDefault();
    log.warn('page-refused', { what: 'download' });
  });
};
