// The real media path for tests and benches: the relay as a child process, Chromium pages with the real sessions,
// and the signals between them carried by this process as main would.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from '@playwright/test';
import { build } from 'vite';
import { FromRelay, type ToRelay } from '../../shared/protocol/relay.ts';
import type { Signal } from '../../shared/protocol/signal.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export type RelayProcess = {
  readonly pid: number;
  readonly udpPort: number;
  readonly post: (message: ToRelay) => void;
  /** Sends anything, also what is no message. */
  readonly postRaw: (message: unknown) => void;
  readonly events: readonly FromRelay[];
  readonly onEvent: (listener: (event: FromRelay) => void) => void;
  /** The next event (or one that has come since `from`) that the test accepts. */
  readonly next: <T extends FromRelay['type']>(
    type: T,
    accept?: (event: Extract<FromRelay, { type: T }>) => boolean,
  ) => Promise<Extract<FromRelay, { type: T }>>;
  readonly kill: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;
const ended = (child: ChildProcess): Promise<void> =>
  isRunning(child) ? new Promise((resolve) => child.once('exit', () => resolve())) : Promise.resolve();

const within = <T>(promise: Promise<T>, what: string, timeoutMs = 15_000): Promise<T> => {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${timeoutMs} ms for ${what}.`)), timeoutMs);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
};

export const startRelay = async (
  run = 1,
  udpPort = 0,
  entry = '../../main/relay/relay.ts',
): Promise<RelayProcess> => {
  const child = fork(here(entry), [], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const events: FromRelay[] = [];
  const listeners = new Set<(event: FromRelay) => void>();
  child.on('message', (raw) => {
    const event = FromRelay.parse(raw);
    events.push(event);
    for (const listener of [...listeners]) listener(event);
  });
  const next: RelayProcess['next'] = (type, accept = () => true) => {
    type Wanted = Extract<FromRelay, { type: typeof type }>;
    const waiting = new Promise<Wanted>((resolve) => {
      const look = (event: FromRelay): void => {
        if (event.type !== type || !accept(event as Wanted)) return;
        listeners.delete(look);
        resolve(event as Wanted);
      };
      listeners.add(look);
    });
    return within(waiting, `the relay's ${type}`);
  };
  // A relay that was killed by the test takes nothing any more.
  const post = (message: ToRelay): void => {
    if (child.connected) child.send(message);
  };
  const ready = next('ready');
  post({ type: 'start', udpPort, bindAddress: null, run, statsIntervalMs: 200 });
  const { udpPort: bound } = await ready;
  return {
    pid: child.pid ?? 0,
    udpPort: bound,
    post,
    postRaw: (message) => void child.send(message as object),
    events,
    onEvent: (listener) => void listeners.add(listener),
    next,
    async kill() {
      child.kill('SIGKILL');
      await ended(child);
    },
    async close() {
      if (isRunning(child) && child.connected) post({ type: 'shutdown' });
      const timer = setTimeout(() => child.kill('SIGKILL'), 2_000);
      await ended(child);
      clearTimeout(timer);
    },
  };
};

const bundles = new Map<string, Promise<string>>();
const buildPage = async (entry: string): Promise<string> => {
  const result = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      lib: { entry, formats: ['iife'], name: 'page' },
    },
  });
  const output = Array.isArray(result) ? result[0] : result;
  if (output === undefined || !('output' in output)) throw new Error('The page was not built.');
  return output.output[0].code;
};
/** A script for a page from a file and all it imports; built once per process. */
export const bundlePage = (file: URL): Promise<string> => {
  const entry = fileURLToPath(file);
  const bundle = bundles.get(entry) ?? buildPage(entry);
  bundles.set(entry, bundle);
  return bundle;
};

export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--autoplay-policy=no-user-gesture-required',
      '--disable-features=WebRtcHideLocalIpsWithMdns',
      '--disable-renderer-backgrounding',
      '--disable-backgrounding-occluded-windows',
    ],
  });

export type RigPage = {
  readonly page: Page;
  readonly deliver: (id: string, signal: Signal) => Promise<void>;
  /** Signals that the page sends, by conversation. */
  readonly onSignal: (id: string, listener: (signal: Signal) => void) => void;
};

/** Answered by the test itself; nothing listens there. */
const rigAddress = 'http://rig.localhost/';

export const openPage = async (browser: Browser): Promise<RigPage> => {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error('page:', error.message));
  const listeners = new Map<string, (signal: Signal) => void>();
  await page.exposeFunction('rigSend', (id: string, signal: Signal) => listeners.get(id)?.(signal));
  // As in the app the page's origin is a secure one: only there the browser lends its hash.
  await page.route(rigAddress, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>rig</title><body></body>' }),
  );
  await page.goto(rigAddress);
  await page.addScriptTag({ content: await bundlePage(new URL('relay-page.ts', import.meta.url)) });
  return {
    page,
    deliver: (id, signal) =>
      page.evaluate(([to, what]) => window.rig.deliver(to, what), [id, signal] as const),
    onSignal: (id, listener) => void listeners.set(id, listener),
  };
};

/** Joins a presenter page's conversation with the relay, as main does. */
export const wirePresenter = (rigPage: RigPage, id: string, relay: RelayProcess): void => {
  rigPage.onSignal(id, (signal) => relay.post({ type: 'source-signal', signal }));
  relay.onEvent((event) => {
    if (event.type === 'source-signal') void rigPage.deliver(id, event.signal).catch(() => {});
  });
};

/**
 * Joins a device page's conversation with the relay; the page's id is the peer's id. Where `relayPort` is given the
 * two find each other only through that port of this machine.
 */
export const wireViewer = (rigPage: RigPage, id: string, relay: RelayProcess, relayPort?: number): void => {
  rigPage.onSignal(id, (signal) => {
    if (relayPort !== undefined && signal.kind === 'candidate') return;
    relay.post({ type: 'peer-signal', peerId: id, signal });
  });
  const rewritten = (signal: Signal): Signal =>
    relayPort === undefined || signal.kind !== 'candidate'
      ? signal
      : { ...signal, candidate: signal.candidate.replace(` ${relay.udpPort} `, ` ${relayPort} `) };
  relay.onEvent((event) => {
    if (event.type !== 'peer-signal' || event.peerId !== id) return;
    void rigPage.deliver(id, rewritten(event.signal)).catch(() => {});
  });
};

/** Polls a fact until it holds; the last value is in the error. */
export const until = async <T>(
  what: string,
  look: () => Promise<T> | T,
  holds: (value: T) => boolean,
  timeoutMs = 10_000,
): Promise<T> => {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const value = await look();
    if (holds(value)) return value;
    if (performance.now() > endMs)
      throw new Error(`Not within ${timeoutMs} ms: ${what}; last: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
};
