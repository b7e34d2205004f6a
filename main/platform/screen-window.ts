// The device's screen as the wall sees it: a hidden page that captures and sends, and the indicator that the pupil sees.
// [Note: indicator] The indicator window stands before the page is told to send, and goes after it was told to stop.
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

const createIndicator = (windows: AppWindows): { show: () => void; hide: () => void } => {
  let window: AppWindow | null = null;
  return {
    show() {
      if (window !== null) return;
      const area = screenAreas()[0]?.bounds ?? { x: 0, y: 0, width: 1280, height: 720 };
      window = windows.open('indicator', {
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
      window.native.on('closed', () => {
        window = null;
      });
    },
    hide() {
      window?.close();
      window = null;
    },
  };
};

export const createScreenWindow = (windows: AppWindows): ScreenWindow => {
  const signalListeners = new Set<(signal: Signal) => void>();
  const stateListeners = new Set<(state: ScreenState) => void>();
  const indicator = createIndicator(windows);
  let quality: ScreenQuality = 'off';

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
        quality = next;
        window.send('capture:quality', { quality });
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
        quality = 'off';
        window.send('capture:reset', {});
      },
      showIndicator: (watched) => (watched === null ? indicator.hide() : indicator.show()),
      close() {
        indicator.hide();
        window.close();
      },
    },
    async prepareCapture() {
      await window.native.webContents.executeJavaScript('undefined', true);
    },
    pageReady: () => ({ quality }),
    fromPage(signal) {
      for (const listener of signalListeners) listener(signal);
    },
    pageReports: tell,
  };
};
