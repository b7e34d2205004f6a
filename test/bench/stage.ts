// The real parts around a bench: a display with a moving picture on it, a headed Chromium on that display that
// captures it, and another Chromium as one pupil's device.
import { type Browser, type BrowserServer, chromium } from '@playwright/test';
import type { Signal } from '../../shared/protocol/signal.ts';
import { bundlePage, type RigPage, until } from '../support/relay-rig.ts';
import { startStimulus } from '../support/stimulus.ts';
import { startDisplay } from '../support/x-display.ts';
import type { CleanUp } from './clean-up.ts';

export const framesPerSecond = 30;

export type Stage = {
  readonly presenter: RigPage;
  /** First process of the presenting Chromium. */
  readonly presenterPid: number;
  readonly receiver: RigPage;
};

const commonSwitches = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--test-type',
  '--autoplay-policy=no-user-gesture-required',
  '--disable-features=WebRtcHideLocalIpsWithMdns,Translate,MediaRouter',
  '--disable-renderer-backgrounding',
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
];

const launch = async (
  cleanUp: CleanUp,
  display: string | null,
): Promise<{ browser: Browser; server: BrowserServer }> => {
  const server = await chromium.launchServer({
    executablePath: '/usr/bin/chromium',
    headless: display === null,
    env: { ...process.env, ...(display === null ? {} : { DISPLAY: display }) },
    handleSIGINT: false,
    handleSIGTERM: false,
    args: [
      ...commonSwitches,
      ...(display === null
        ? []
        : ['--auto-select-desktop-capture-source=Entire screen', '--disable-gpu', '--window-size=640,400']),
    ],
  });
  cleanUp.add(() => server.close());
  return { browser: await chromium.connect(server.wsEndpoint()), server };
};

/** A page with the product's sessions, on an origin where screens may be captured. */
const openPage = async (browser: Browser): Promise<RigPage> => {
  const page = await browser.newPage({ viewport: null });
  page.on('pageerror', (error) => console.error('page:', error.message));
  const listeners = new Map<string, (signal: Signal) => void>();
  await page.exposeFunction('benchSend', (id: string, signal: Signal) => listeners.get(id)?.(signal));
  // Answered inside the browser; nothing is asked for on any network.
  const address = 'https://bench.invalid/';
  await page.route(`${address}**`, (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>bench</title>' }),
  );
  await page.goto(address);
  await page.addScriptTag({ content: await bundlePage(new URL('./bench-page.ts', import.meta.url)) });
  return {
    page,
    deliver: (id, signal) =>
      page.evaluate(([to, what]) => window.bench.deliver(to, what), [id, signal] as const),
    onSignal: (id, listener) => void listeners.set(id, listener),
  };
};

/** Everything it starts is ended by `cleanUp`. */
export const openStage = async (cleanUp: CleanUp): Promise<Stage> => {
  const display = await startDisplay();
  cleanUp.add(() => display.close());
  const presenting = await launch(cleanUp, display.display);
  const presenter = await openPage(presenting.browser);
  // Started last, so that it lies over the presenter's window.
  const stimulus = await startStimulus({ display: display.display, source: 1, framesPerSecond });
  cleanUp.add(() => stimulus.close());
  const receiving = await launch(cleanUp, null);
  const receiver = await openPage(receiving.browser);
  await until(
    'the bench page',
    () => presenter.page.title(),
    (title) => title === 'bench',
  );
  return { presenter, presenterPid: presenting.server.process().pid ?? 0, receiver };
};
