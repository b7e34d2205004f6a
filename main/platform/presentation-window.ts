// The device's presentation window: loaded once and kept hidden, so that a presentation is there with its first frame.
import type { Signal } from '../../shared/protocol/signal.ts';
import type { ViewerPort, ViewerState } from '../features/presentation/viewer-port.ts';
import type { AppWindow, AppWindows } from './app-windows.ts';

export type PresentationWindow = {
  readonly port: ViewerPort;
  /** The page is loaded (again); gives whether a presentation is wanted now. */
  readonly pageReady: () => { readonly isWanted: boolean };
  readonly fromPage: (signal: Signal) => void;
  readonly pageReports: (state: ViewerState) => void;
};

export const createPresentationWindow = (windows: AppWindows): PresentationWindow => {
  const signalListeners = new Set<(signal: Signal) => void>();
  const stateListeners = new Set<(state: ViewerState) => void>();
  let isWanted = false;
  let isPageReady = false;
  let held: Signal[] = [];

  const tell = (state: ViewerState): void => {
    for (const listener of stateListeners) listener(state);
  };

  const window: AppWindow = windows.open('presentation', {
    show: false,
    isHeld: true,
    width: 1280,
    height: 720,
    frame: false,
    skipTaskbar: true,
    backgroundColor: '#000000',
    title: 'Lehrpult',
    onPageGone: () => {
      isPageReady = false;
      if (isWanted) tell('failed');
    },
  });

  const deliver = (signal: Signal): void => {
    if (isPageReady) window.send('signal:received', { from: { kind: 'relay' }, signal });
    else held.push(signal);
  };

  const hide = (): void => {
    if (window.native.isDestroyed()) return;
    window.native.setAlwaysOnTop(false);
    window.native.setFullScreen(false);
    window.native.hide();
  };

  return {
    port: {
      show() {
        isWanted = true;
        held = [];
        window.send('viewer:wanted', { isWanted: true });
      },
      hide() {
        isWanted = false;
        held = [];
        window.send('viewer:wanted', { isWanted: false });
        hide();
      },
      deliver,
      onSignal(listener) {
        signalListeners.add(listener);
        return () => signalListeners.delete(listener);
      },
      onState(listener) {
        stateListeners.add(listener);
        return () => stateListeners.delete(listener);
      },
      close: () => window.close(),
    },
    pageReady() {
      isPageReady = true;
      const waiting = held;
      held = [];
      // After the answer to this call, so that the page listens by then.
      setImmediate(() => {
        for (const signal of waiting) deliver(signal);
      });
      return { isWanted };
    },
    fromPage(signal) {
      for (const listener of signalListeners) listener(signal);
    },
    pageReports(state) {
      if (isWanted && state === 'showing' && !window.native.isVisible()) {
        // With the keyboard: on X11 a focused full-screen program would stay above everything else.
        window.native.show();
        window.native.setFullScreen(true);
        window.native.setAlwaysOnTop(true, 'floating');
      }
      tell(state);
    },
  };
};
