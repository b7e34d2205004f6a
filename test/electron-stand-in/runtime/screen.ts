// Owns screen and desktopCapturer: the X display as Electron shows it, with photographs of its windows.
import { ElectronEmitter, makeEvent } from './emitter.ts';
import { display } from './host.ts';
import { nativeImage, pngOf, type StandInImage } from './native-image.ts';
import { refusing } from './refuse.ts';
import type { XConnection, XEvent } from './x11.ts';

const displayId = 1;

class Screen extends ElectronEmitter {
  getAllDisplays(): object[] {
    return [this.getPrimaryDisplay()];
  }

  getPrimaryDisplay(): {
    id: number;
    bounds: { x: number; y: number; width: number; height: number };
  } & Record<string, unknown> {
    const { width, height } = display().rootSize;
    const area = { x: 0, y: 0, width, height };
    return {
      id: displayId,
      label: 'Screen',
      bounds: area,
      workArea: { ...area },
      size: { width, height },
      workAreaSize: { width, height },
      nativeOrigin: { x: 0, y: 0 },
      scaleFactor: 1,
      rotation: 0,
      internal: false,
      detected: true,
      monochrome: false,
      colorDepth: 24,
      colorSpace: '',
      depthPerComponent: 8,
      displayFrequency: 60,
      touchSupport: 'unknown',
      accelerometerSupport: 'unknown',
      maximumCursorSize: { width: 64, height: 64 },
    };
  }

  getDisplayNearestPoint(): object {
    return this.getPrimaryDisplay();
  }

  getDisplayMatching(): object {
    return this.getPrimaryDisplay();
  }
}

const screenRaw = new Screen();
screenRaw.setMaxListeners(0);
screenRaw.setKnownEvents('screen', ['display-added', 'display-removed', 'display-metrics-changed']);
export const screen = refusing(screenRaw, 'screen');

/** Follows changes of the X screen's size (xrandr). */
export function watchScreen(x: XConnection): void {
  const configureNotify = 22;
  x.on('event', (event: XEvent) => {
    if (event.kind !== configureNotify || event.data.readUInt32LE(8) !== x.root) return;
    const size = { width: event.data.readUInt16LE(20), height: event.data.readUInt16LE(22) };
    if (size.width === x.rootSize.width && size.height === x.rootSize.height) return;
    x.rootSize = size;
    screenRaw.emit('display-metrics-changed', makeEvent({}), screenRaw.getPrimaryDisplay(), [
      'bounds',
      'workArea',
    ]);
  });
}

interface SourceOptions {
  types: ('screen' | 'window')[];
  thumbnailSize?: { width: number; height: number };
  fetchWindowIcons?: boolean;
}

async function photograph(window: number, size: { width: number; height: number }): Promise<StandInImage> {
  if (size.width === 0 || size.height === 0) return nativeImage.createEmpty();
  try {
    return nativeImage.createFromBuffer(pngOf(await display().image(window), size));
  } catch {
    // Partly off the screen, or gone in the meantime: a source without picture, as in Electron.
    return nativeImage.createEmpty();
  }
}

async function windowTitle(x: XConnection, window: number): Promise<string> {
  const title =
    (await x.textProperty(window, '_NET_WM_NAME').catch(() => null)) ||
    (await x.textProperty(window, 'WM_NAME').catch(() => null));
  return title ?? '';
}

export const desktopCapturer = refusing(
  {
    async getSources(options: SourceOptions): Promise<object[]> {
      const x = display();
      const size = options.thumbnailSize ?? { width: 150, height: 150 };
      const sources: object[] = [];
      if (options.types.includes('screen')) {
        sources.push({
          id: 'screen:0:0',
          name: 'Entire screen',
          display_id: String(displayId),
          thumbnail: await photograph(x.root, size),
          appIcon: null,
        });
      }
      if (options.types.includes('window')) {
        for (const window of await x.topLevelWindows()) {
          const name = await windowTitle(x, window);
          const isSplash = (await x.isMapped(window).catch(() => false)) === false;
          if (name === '' || isSplash) continue;
          sources.push({
            id: `window:${window}:0`,
            name,
            display_id: '',
            thumbnail: await photograph(window, size),
            appIcon: null,
          });
        }
      }
      return sources;
    },
  },
  'desktopCapturer',
);
