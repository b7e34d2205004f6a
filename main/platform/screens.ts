// The displays of this machine.
import { screen } from 'electron/main';
import type { Display } from '../../shared/domain/device.ts';

export type ScreenArea = {
  readonly id: string;
  readonly bounds: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  };
};

/** The primary display comes first. */
export const screenAreas = (): ScreenArea[] => {
  const primary = screen.getPrimaryDisplay().id;
  return screen
    .getAllDisplays()
    .sort((a, b) => Number(b.id === primary) - Number(a.id === primary))
    .map(({ id, bounds }) => ({ id: String(id), bounds }));
};

/** In physical pixels. */
export const displays = (): Display[] => {
  const primary = screen.getPrimaryDisplay().id;
  return screen
    .getAllDisplays()
    .sort((a, b) => Number(b.id === primary) - Number(a.id === primary))
    .slice(0, 8)
    .map(({ id, size, scaleFactor }) => ({
      id: String(id),
      width: Math.round(size.width * scaleFactor),
      height: Math.round(size.height * scaleFactor),
    }));
};

/** Calls back when displays come, go or change size. */
export const onScreensChanged = (listener: () => void): void => {
  screen.on('display-added', listener);
  screen.on('display-removed', listener);
  screen.on('display-metrics-changed', listener);
};
