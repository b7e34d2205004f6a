// What each quality of a device's screen means in pixels, frames and bits. Pure.
import type { ScreenQuality } from '../../shared/domain/device.ts';
import type { SendSettings } from './peer-transport.ts';

type Limits = {
  /** Longest sides in pixels, null for the screen's own size. */
  readonly width: number | null;
  readonly height: number | null;
  readonly framesPerSecond: number;
  readonly bitsPerSecond: number;
};

const limits: Record<Exclude<ScreenQuality, 'off'>, Limits> = {
  // Shows that something happens, never what.
  blurred: { width: 64, height: 36, framesPerSecond: 2, bitsPerSecond: 40_000 },
  tile: { width: 480, height: 270, framesPerSecond: 5, bitsPerSecond: 300_000 },
  focus: { width: null, height: null, framesPerSecond: 15, bitsPerSecond: 4_000_000 },
};

/**
 * Settings for a screen of that size in pixels. An unknown size (0) counts as the largest usual one, so that
 * `blurred` never turns out readable.
 */
export const sendSettingsFor = (quality: ScreenQuality, width: number, height: number): SendSettings => {
  const limit = limits[quality === 'off' ? 'blurred' : quality];
  const scale =
    limit.width === null || limit.height === null
      ? 1
      : Math.max(1, (width || 7_680) / limit.width, (height || 4_320) / limit.height);
  return {
    isActive: quality !== 'off',
    maxBitsPerSecond: limit.bitsPerSecond,
    maxFramesPerSecond: limit.framesPerSecond,
    scaleDownBy: scale,
    wantsKeyFrame: quality === 'focus',
  };
};
