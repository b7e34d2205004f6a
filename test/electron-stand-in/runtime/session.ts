// Owns session: permission, capture and response handlers of the one browser profile, and protocol.
import type { CdpObject } from './cdp.ts';
import { autoSelectedWindowTitle } from './chromium.ts';
import { ElectronEmitter, makeEvent } from './emitter.ts';
import { browser, display, host, schemes } from './host.ts';
import { responseFilters, type SchemeHandler, schemeHandlers } from './page-server.ts';
import { notInTheStandIn, refusedEntirely, refusing } from './refuse.ts';
import { pageQuestions, type WebContents } from './web-contents.ts';

type RequestHandler = (
  contents: WebContents,
  permission: string,
  callback: (granted: boolean) => void,
  details: object,
) => void;
type CheckHandler = (
  contents: WebContents | null,
  permission: string,
  origin: string,
  details: object,
) => boolean;
type DisplayMediaHandler = (request: object, callback: (streams: CdpObject) => void) => void;

const handlers: {
  request: RequestHandler | null;
  check: CheckHandler | null;
  displayMedia: DisplayMediaHandler | null;
} = {
  request: null,
  check: null,
  displayMedia: null,
};

const originOf = (url: string): string => url.replace(/^([a-z0-9+.-]+:\/\/[^/]*).*$/i, '$1/');

async function isPermitted(
  contents: WebContents,
  permission: string,
  details: object,
  url: string,
): Promise<boolean> {
  const all = { requestingUrl: url, isMainFrame: true, securityOrigin: originOf(url), ...details };
  if (
    handlers.check !== null &&
    !handlers.check(contents, permission, originOf(url), all) &&
    handlers.request === null
  )
    return false;
  const request = handlers.request;
  // Without a handler Electron grants what pages ask for.
  if (request === null) return true;
  return new Promise((resolve) => request(contents, permission, resolve, all));
}

/** What Chromium itself would ask the person about, after the app's handler has said yes. */
const chromiumPermissions: Record<string, string[]> = {
  media: ['audioCapture', 'videoCapture'],
  notifications: ['notifications'],
  geolocation: ['geolocation'],
  'clipboard-read': ['clipboardReadWrite'],
  'clipboard-sanitized-write': ['clipboardSanitizedWrite'],
};

let nextCaptureId = 1;
const renamedWindows = new Map<number, { window: number; title: string }>();

/** Chromium picks a window by its title: the chosen one bears the agreed title while it picks. */
async function prepareWindow(captureId: number, window: number): Promise<void> {
  const x = display();
  const title =
    (await x.textProperty(window, '_NET_WM_NAME')) ?? (await x.textProperty(window, 'WM_NAME')) ?? '';
  renamedWindows.set(captureId, { window, title });
  await x.setTitle(window, autoSelectedWindowTitle);
}

/** As Blink words it. */
const needsActivation = 'getDisplayMedia() requires transient activation (user gesture).';

/**
 * Blink refuses a capture nobody clicked for, and nothing is known of Electron lifting that. The stand-in warns;
 * with LEHRPULT_STAND_IN_ACTIVATION=required it refuses, too. webContents.executeJavaScript(code, true) is a gesture.
 */
function checkActivation(userGesture: boolean, url: string): void {
  if (userGesture) return;
  if (process.env.LEHRPULT_STAND_IN_ACTIVATION === 'required') throw new Error(needsActivation);
  process.stderr.write(`stand-in: ${url}: ${needsActivation} Let through here.\n`);
}

async function chooseDisplayMedia(contents: WebContents, request: CdpObject, url: string): Promise<object> {
  checkActivation(request.userGesture, url);
  const mediaTypes = ['video', ...(request.audio ? ['audio'] : [])];
  if (!(await isPermitted(contents, 'display-capture', { mediaTypes }, url))) throw new Error('denied');
  const handler = handlers.displayMedia;
  if (handler === null) throw new Error('Not supported');
  const streams = await new Promise<CdpObject>((resolve, reject) => {
    const details = {
      frame: contents.mainFrame,
      securityOrigin: originOf(url),
      videoRequested: request.video,
      audioRequested: request.audio,
      userGesture: request.userGesture,
    };
    // Electron lets a handler that throws reject the page's call.
    Promise.resolve()
      .then(() => handler(details, resolve))
      .catch(reject);
  });
  const source = streams?.video;
  if (source === undefined || source === null) throw new Error('denied');
  if (typeof source.id !== 'string')
    throw notInTheStandIn('setDisplayMediaRequestHandler with a WebFrameMain');
  const [kind, number] = source.id.split(':');
  const id = nextCaptureId++;
  if (kind === 'window') await prepareWindow(id, Number(number));
  return { id, surface: kind === 'window' ? 'window' : 'monitor', audio: streams.audio !== undefined };
}

pageQuestions.displayMedia = (contents, request, url) =>
  chooseDisplayMedia(contents, request, url).catch((error: Error) => {
    if (!['denied', 'Not supported', needsActivation].includes(error.message))
      process.stderr.write(`setDisplayMediaRequestHandler: ${error.stack}\n`);
    throw error;
  });

pageQuestions.displayMediaDone = (id) => {
  const renamed = renamedWindows.get(id);
  renamedWindows.delete(id);
  if (renamed !== undefined) void display().setTitle(renamed.window, renamed.title);
};

pageQuestions.permission = async (contents, name, details, url) => {
  const granted = await isPermitted(contents, name, details, url);
  const permissions = chromiumPermissions[name];
  if (granted && permissions !== undefined) {
    await browser().cdp.browser.send('Browser.grantPermissions', { permissions });
  }
  return granted;
};

const webRequest = refusing(
  {
    onHeadersReceived(
      first: object | ((details: object, callback: (reply: CdpObject) => void) => void) | null,
      second?: unknown,
    ): void {
      const listener = (typeof first === 'function' ? first : second) as
        | ((details: object, callback: (reply: CdpObject) => void) => void)
        | null;
      if (!listener) {
        responseFilters.headersReceived = null;
        return;
      }
      responseFilters.headersReceived = (details) =>
        new Promise((resolve) =>
          listener(details, (reply) =>
            resolve(
              Object.fromEntries(
                Object.entries(reply.responseHeaders ?? details.responseHeaders).map(([name, value]) => [
                  name,
                  [value].flat() as string[],
                ]),
              ),
            ),
          ),
        );
    },
  },
  'webRequest',
);

export const protocol = refusing(
  {
    registerSchemesAsPrivileged(list: { scheme: string; privileges?: object }[]): void {
      if (host.chromium !== null)
        throw new Error('protocol.registerSchemesAsPrivileged should be called before app is ready');
      for (const { scheme } of list) schemes.add(scheme);
    },
    handle(scheme: string, handler: SchemeHandler): void {
      if (['http', 'https', 'file'].includes(scheme)) throw notInTheStandIn(`protocol.handle('${scheme}')`);
      if (schemeHandlers.has(scheme)) throw new Error(`Failed to register protocol: ${scheme}`);
      if (!schemes.has(scheme))
        throw notInTheStandIn(`protocol.handle('${scheme}') without registerSchemesAsPrivileged`);
      schemeHandlers.set(scheme, handler);
    },
    unhandle(scheme: string): void {
      schemeHandlers.delete(scheme);
    },
    isProtocolHandled: (scheme: string) => schemeHandlers.has(scheme),
  },
  'protocol',
);

class Session extends ElectronEmitter {
  readonly protocol = protocol;
  readonly webRequest = webRequest;

  setPermissionRequestHandler(handler: RequestHandler | null): void {
    handlers.request = handler;
  }

  setPermissionCheckHandler(handler: CheckHandler | null): void {
    handlers.check = handler;
  }

  setDisplayMediaRequestHandler(handler: DisplayMediaHandler | null): void {
    handlers.displayMedia = handler;
  }

  // Device choosers cannot appear: the browser has no devices to offer.
  setDevicePermissionHandler(_handler: unknown): void {}
  setBluetoothPairingHandler(_handler: unknown): void {}
  setSpellCheckerEnabled(_flag: boolean): void {}

  isSpellCheckerEnabled(): boolean {
    return false;
  }

  isPersistent(): boolean {
    return false;
  }

  getStoragePath(): string | null {
    return null;
  }

  async clearCache(): Promise<void> {
    // Every start has a fresh profile and pages come from the app itself.
  }

  async clearStorageData(): Promise<void> {
    for (const scheme of schemes) {
      await browser()
        .cdp.browser.send('Storage.clearDataForOrigin', {
          origin: `http://lehrpult.${scheme}.localhost`,
          storageTypes: 'all',
        })
        .catch(() => undefined);
    }
  }

  getUserAgent(): string {
    return '';
  }
}

const defaultSession = new Session();
defaultSession.setKnownEvents('session', [
  'will-download',
  'extension-loaded',
  'spellcheck-dictionary-initialized',
  // The browser has no devices to offer:
  'select-hid-device',
  'select-serial-port',
  'select-usb-device',
]);

pageQuestions.download = (contents, params) => {
  const event = makeEvent({});
  const item = refusing(
    {
      getURL: () => params.url,
      getFilename: () => params.suggestedFilename,
      cancel: () => event.preventDefault(),
    },
    'DownloadItem',
  );
  defaultSession.emit('will-download', event, item, contents);
  if (event.defaultPrevented) browser().cdp.browser.tell('Browser.cancelDownload', { guid: params.guid });
};

export const session = refusing(
  {
    defaultSession: refusing(defaultSession, 'Session'),
    fromPartition: () => {
      throw notInTheStandIn('session.fromPartition');
    },
    Session: refusedEntirely('Session'),
  },
  'session',
);
