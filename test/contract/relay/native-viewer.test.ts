// The app's own page sends to a simulated viewer: what the fleet's console sees of a real device.

import type { Browser } from '@playwright/test';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSimulatedViewer } from '../../fleet/simulated-viewer.ts';
import { createTimerWheel } from '../../fleet/timer-wheel.ts';
import { launchBrowser, openPage, until } from '../../support/relay-rig.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
}, 30_000);
afterAll(() => browser.close());

it.each([
  ['a screen on which much moves', false],
  ['a screen on which nothing moves', true],
])(
  '%s is seen',
  async (_what, isStill) => {
    const wheel = createTimerWheel();
    const page = await openPage(browser);
    const viewer = createSimulatedViewer({ name: 'viewer', wheel, random: Math.random, bindAddress: null });
    page.onSignal('screen', (signal) => viewer.deliver(signal));
    viewer.onSignal((signal) => void page.deliver('screen', signal).catch(() => {}));
    viewer.show();
    try {
      const picture = {
        width: 1280,
        height: 720,
        framesPerSecond: 15,
        colour: 'blue',
        isBusy: true,
        isStill,
      };
      await page.page.evaluate((options) => window.rig.sendScreen('screen', options, 'tile'), picture);
      const seen = await until(
        'a frame',
        () => viewer.stats(),
        ({ framesComplete }) => framesComplete > 0,
      );
      expect(seen.keyFrames).toBeGreaterThan(0);
    } finally {
      viewer.close();
      wheel.close();
      await page.page.close();
    }
  },
  20_000,
);
