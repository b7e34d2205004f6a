// The agent's status window: opened from the tray, hidden instead of closed.
import type { AppWindow, AppWindows } from './app-windows.ts';

export type DeviceWindow = { readonly show: () => void };

export const createDeviceWindow = (windows: AppWindows, iconPng: string): DeviceWindow => {
  let window: AppWindow | null = null;
  return {
    show() {
      if (window === null) {
        window = windows.open('device', {
          width: 520,
          height: 640,
          minWidth: 420,
          minHeight: 480,
          title: 'Lehrpult',
          icon: iconPng,
        });
        window.native.on('closed', () => {
          window = null;
        });
        return;
      }
      window.native.show();
      window.native.focus();
    },
  };
};
