// A device's screen on the console's page: quality without negotiation, in real Chromium on both sides.
import type { Browser } from '@playwright/test';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser, openPage, type RigPage, until } from '../../support/relay-rig.ts';

const screen = { width: 1920, height: 1080, framesPerSecond: 15, colour: 'blue', isBusy: true };
let browser: Browser;
let device: RigPage;
let teacher: RigPage;

beforeAll(async () => {
  browser = await launchBrowser();
}, 30_000);
afterAll(() => browser.close());
beforeEach(async () => {
  [device, teacher] = await Promise.all([openPage(browser), openPage(browser)]);
  device.onSignal('screen', (signal) => void teacher.deliver('screen', signal).catch(() => {}));
  teacher.onSignal('screen', (signal) => void device.deliver('screen', signal).catch(() => {}));
  await teacher.page.evaluate(() => window.rig.receiveScreen('screen'));
});
afterEach(async () => {
  await Promise.all([device.page.close(), teacher.page.close()]);
});

const send = (quality: 'off' | 'blurred' | 'tile' | 'focus') =>
  device.page.evaluate(([options, wanted]) => window.rig.sendScreen('screen', options, wanted), [
    screen,
    quality,
  ] as const);
const setQuality = (quality: 'off' | 'blurred' | 'tile' | 'focus') =>
  device.page.evaluate((wanted) => window.rig.setQuality('screen', wanted), quality);
const seen = () => teacher.page.evaluate(() => window.rig.picture('screen'));
const receiver = () => teacher.page.evaluate(() => window.rig.receiver('screen'));
const width = (wanted: number) => until(`${wanted} pixels`, seen, (picture) => picture?.width === wanted);

describe('a screen', () => {
  it('is sent in the quality that is asked for, over one connection', async () => {
    await send('tile');
    await width(480);
    await setQuality('blurred');
    await width(64);
    await setQuality('focus');
    await width(1920);
    expect((await seen())?.colour).toBe('blue');
    await setQuality('tile');
    await width(480);
    expect((await receiver()).statuses).toEqual(['connecting', 'live']);
    expect((await receiver()).firstFrames).toBe(1);
  });

  it('sends no frame while off and keeps the last one on screen', async () => {
    await send('off');
    await until('connected', receiver, ({ status }) => status === 'live');
    const before = await device.page.evaluate(() => window.rig.senderStats('screen'));
    expect(before?.framesSent).toBe(0);
    await setQuality('tile');
    await width(480);
    await setQuality('off');
    const stopped = await until(
      'standstill',
      async () => {
        const first = await device.page.evaluate(() => window.rig.senderStats('screen'));
        await new Promise((resolve) => setTimeout(resolve, 300));
        const second = await device.page.evaluate(() => window.rig.senderStats('screen'));
        return (second?.framesSent ?? 0) - (first?.framesSent ?? 0);
      },
      (frames) => frames === 0,
    );
    expect(stopped).toBe(0);
    expect((await seen())?.width).toBe(480);
  });

  it('is sharp soon after focus is asked for', async () => {
    await send('tile');
    await width(480);
    const watched = teacher.page.evaluate(() => window.rig.untilWidth('screen', 1920));
    await setQuality('focus');
    const firstSharpMs = await watched;
    console.log(`first sharp frame after ${Math.round(firstSharpMs)} ms`);
    // The goal of 600 ms is checked by the bench on an idle machine; this guards against seconds.
    expect(firstSharpMs).toBeLessThan(2_000);
  });

  it('comes back when the console asks anew, and dies for good at close', async () => {
    await send('tile');
    await width(480);
    await teacher.page.evaluate(() => window.rig.ask('screen'));
    await until('live again', receiver, ({ status, firstFrames }) => status === 'live' && firstFrames === 2);
    await teacher.page.evaluate(() => window.rig.closeReceiver('screen'));
    expect((await receiver()).status).toBe('closed');
  });

  it('starts when the console listens later than the device offers', async () => {
    const late = await openPage(browser);
    const offered = new Promise<void>((resolve) => {
      device.onSignal('screen', (signal) => {
        if (signal.kind === 'offer') resolve();
        void late.deliver('screen', signal).catch(() => {});
      });
    });
    late.onSignal('screen', (signal) => void device.deliver('screen', signal).catch(() => {}));
    await send('tile');
    await offered;
    await late.page.evaluate(() => {
      window.rig.receiveScreen('screen');
      window.rig.ask('screen');
    });
    await until(
      'the picture',
      () => late.page.evaluate(() => window.rig.picture('screen')),
      (picture) => picture?.width === 480,
    );
    await late.page.close();
  });
});
