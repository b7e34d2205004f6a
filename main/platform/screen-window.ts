// The device's screen as the wall sees it: a hidden page that captures and sends, and the indicator that the pupil sees.
// [Note: indicator] The indicator is drawn before the page is told to send, and goes after it was told to stop, never sooner
// than a person can notice it: a look of a blink shows, too.
import type { ScreenQuality } from '../../shared/domain/device.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import type { ScreenPort, ScreenState } from '../features/wall/screen-port.ts';
import type { AppWindow, AppWindows } from './app-windows.ts';
import { screenAreas } from './screens.ts';

export type ScreenWindow = {
  readonly port: ScreenPort;
  /** Gives the page the gesture that a capture needs (Screen Capture, section 5.1: transient activation). */
  readonly prepareCapture: () => Promise<void>;
  /** The page is loaded (again); gives the quality it should send now. */
  readonly pageReady: () => { readonly quality: ScreenQuality };
  readonly fromPage: (signal: Signal) => void;
  readonly pageReports: (state: ScreenState) => void;
};

const indicatorSize = { width: 340, height: 56 };
const indicatorTopPx = 8;

/** How long it stands at least. */
const shortestLookMs = 2_000;
/** Resolves in the indicator's page once its words stand there. */
const untilDrawn = `new Promise((done) => {
  const look = () => (document.querySelector('[role=status]') === null ? setTimeout(look, 20) : done(true));
  look();
})`;

type Indicator = {
  readonly show: () => void;
  readonly hide: () => void;
  /** Ends it at once: the program ends. */
  readonly close: () => void;
  readonly isDrawn: () => boolean;
};

const openIndicator = (windows: AppWindows): AppWindow => {
  const area = screenAreas()[0]?.bounds ?? { x: 0, y: 0, width: 1280, height: 720 };
  const window = windows.open('indicator', {
    ...indicatorSize,
    x: area.x + Math.round((area.width - indicatorSize.width) / 2),
    y: area.y + indicatorTopPx,
    isHeld: true,
    frame: false,
    resizable: false,
    minimizable: false,
    focusable: false,
    transparent: true,
    skipTaskbar: true,
    alwaysOnTop: true,
    title: 'Lehrpult',
  });
  window.native.setAlwaysOnTop(true, 'screen-saver');
  return window;
};

const createIndicator = (windows: AppWindows, onDrawn: () => void): Indicator => {
  let window: AppWindow | null = null;
  let drawnAtMs: number | null = null;
  let hiding: NodeJS.Timeout | null = null;

  const close = (): void => {
    if (hiding !== null) clearTimeout(hiding);
    hiding = null;
    window?.close();
    window = null;
    drawnAtMs = null;
  };

  return {
    show() {
      if (hiding !== null) clearTimeout(hiding);
      hiding = null;
      if (window !== null) return;
      const opened = openIndicator(windows);
      window = opened;
      opened.native.on('closed', () => {
        if (window !== opened) return;
        window = null;
        drawnAtMs = null;
      });
      opened.native.webContents.executeJavaScript(untilDrawn).then(
        () => {
          if (window !== opened) return;
          drawnAtMs = performance.now();
          onDrawn();
        },
        // Closed before it was drawn: nothing was sent.
        () => {},
      );
    },
    hide() {
      if (window === null || hiding !== null) return;
      const leftMs = drawnAtMs === null ? 0 : drawnAtMs + shortestLookMs - performance.now();
      if (leftMs <= 0) close();
      else hiding = setTimeout(close, leftMs);
    },
    close,
    isDrawn: () => drawnAtMs !== null,
  };
};

export const createScreenWindow = (windows: AppWindows): ScreenWindow => {
  const signalListeners = new Set<(signal: Signal) => void>();
  const stateListeners = new Set<(state: ScreenState) => void>();
  let wanted: ScreenQuality = 'off';
  /** What the page may send now: nothing while the indicator is not drawn. */
  const allowed = (): ScreenQuality => (indicator.isDrawn() ? wanted : 'off');
  const order = (): void => window.send('capture:quality', { quality: allowed() });
  const indicator = createIndicator(windows, order);

  const tell = (state: ScreenState): void => {
    for (const listener of stateListeners) listener(state);
  };

  const window = windows.open('capture', {
    show: false,
    isHeld: true,
    width: 320,
    height: 180,
    skipTaskbar: true,
    title: 'Lehrpult',
    onPageGone: () => tell({ screen: 'off', screenProblem: 'capture-failed' }),
  });

  return {
    port: {
      setQuality(next) {
        wanted = next;
        order();
      },
      deliver: (signal) => window.send('signal:received', { from: { kind: 'console' }, signal }),
      onSignal(listener) {
        signalListeners.add(listener);
        return () => signalListeners.delete(listener);
      },
      onState(listener) {
        stateListeners.add(listener);
        return () => stateListeners.delete(listener);
      },
      reset() {
        wanted = 'off';
        window.send('capture:reset', {});
      },
      showIndicator: (watched) => (watched === null ? indicator.hide() : indicator.show()),
      close() {
        indicator.close();
        window.close();
      },
    },
    async prepareCapture() {
      await window.native.webContents.executeJavaScript('undefined', true);
    },
    pageReady: () => ({ quality: allowed() }),
    fromPage(signal) {
      for (const listener of signalListeners) listener(signal);
    },
    pageReports: tell,
  };
};
