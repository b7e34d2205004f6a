import { describe, expect, it } from 'vitest';
import { sendSettingsFor } from './screen-quality.ts';

const sizeSent = (quality: 'blurred' | 'tile' | 'focus', width: number, height: number) => {
  const { scaleDownBy } = sendSettingsFor(quality, width, height);
  return [Math.round(width / scaleDownBy), Math.round(height / scaleDownBy)];
};

describe('screen quality', () => {
  it.each([
    ['tile', 1920, 1080, [480, 270]],
    ['tile', 3840, 2160, [480, 270]],
    ['tile', 1280, 1024, [338, 270]],
    ['tile', 400, 200, [400, 200]],
    ['blurred', 1920, 1080, [64, 36]],
    ['blurred', 1080, 1920, [20, 36]],
    ['focus', 2560, 1440, [2560, 1440]],
  ] as const)('%s of %i x %i', (quality, width, height, sent) => {
    expect(sizeSent(quality, width, height)).toEqual(sent);
  });

  it('keeps a screen of unknown size unreadable when blurred', () => {
    expect(3840 / sendSettingsFor('blurred', 0, 0).scaleDownBy).toBeLessThan(64);
  });

  it('sends nothing when off', () => {
    expect(sendSettingsFor('off', 1920, 1080).isActive).toBe(false);
  });
});
