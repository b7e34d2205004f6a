// The lock's covers: one window per display that the person in front of it cannot close or leave.
import type { CoverPort } from '../features/control/cover-port.ts';
import type { AppWindow, AppWindows } from './app-windows.ts';
import { onScreensChanged, screenAreas } from './screens.ts';

export const createLockCovers = (windows: AppWindows): CoverPort => {
  const covers = new Map<string, AppWindow>();
  const listeners = new Set<(displays: number) => void>();
  let isLocked = false;

  const open = (id: string, bounds: Electron.Rectangle): AppWindow => {
    const cover = windows.open('lock', {
      ...bounds,
      isHeld: true,
      frame: false,
      kiosk: true,
      fullscreen: true,
      resizable: false,
      movable: false,
      minimizable: false,
      skipTaskbar: true,
      alwaysOnTop: true,
      backgroundColor: '#12263f',
      title: 'Lehrpult',
    });
    cover.native.setAlwaysOnTop(true, 'screen-saver');
    cover.native.on('blur', () => {
      // Whatever took the keyboard gives it back.
      if (isLocked && !cover.native.isDestroyed()) cover.native.focus();
    });
    cover.native.on('closed', () => {
      covers.delete(id);
      if (isLocked) arrange();
    });
    return cover;
  };

  const arrange = (): number => {
    const areas = new Map(screenAreas().map(({ id, bounds }) => [id, bounds]));
    for (const [id, cover] of covers) if (!areas.has(id)) cover.close();
    for (const [id, bounds] of areas) {
      const cover = covers.get(id);
      if (cover === undefined) covers.set(id, open(id, bounds));
      else cover.native.setBounds(bounds);
    }
    for (const listener of listeners) listener(covers.size);
    return covers.size;
  };

  onScreensChanged(() => {
    if (isLocked) arrange();
  });

  return {
    cover() {
      // The text comes to the page with the device's own snapshot.
      isLocked = true;
      return arrange();
    },
    uncover() {
      isLocked = false;
      for (const cover of [...covers.values()]) cover.close();
      covers.clear();
    },
    onCovered(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
