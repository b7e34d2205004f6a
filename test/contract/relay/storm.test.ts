// Thirty devices at once, as native peers: what each gets, and how few key frames it costs.
import type { Browser } from '@playwright/test';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  launchBrowser,
  openPage,
  type RelayProcess,
  startRelay,
  until,
  wirePresenter,
} from '../../support/relay-rig.ts';
import { addSinks, type Sink } from '../../support/relay-sinks.ts';

let browser: Browser;
let relay: RelayProcess;
let sinks: Sink[] = [];

beforeAll(async () => {
  [browser, relay] = await Promise.all([launchBrowser(), startRelay()]);
  const page = await openPage(browser);
  wirePresenter(page, 'presenter', relay);
  await page.page.evaluate(() =>
    window.rig.present('presenter', {
      width: 640,
      height: 360,
      framesPerSecond: 30,
      colour: 'white',
      isBusy: true,
    }),
  );
  await relay.next('source-state', ({ state }) => state === 'connected');
}, 30_000);
afterAll(async () => {
  for (const sink of sinks) sink.close();
  await Promise.all([browser.close(), relay.close()]);
});

const keyFramesSent = async (): Promise<number> => (await relay.next('stats')).source.keyFrames;

describe('thirty devices', () => {
  it('join at once for at most three key frames and each begins with one', async () => {
    const before = await keyFramesSent();
    sinks = addSinks(
      relay,
      Array.from({ length: 30 }, (_, index) => `device-${index}`),
    );
    await until(
      'a picture for each',
      () => sinks.filter((sink) => sink.keyFrames() > 0).length,
      (count) => count === 30,
    );
    expect((await keyFramesSent()) - before).toBeLessThanOrEqual(3);
  });

  it('all get every packet in order', async () => {
    await until(
      'a second of packets',
      () => Math.min(...sinks.map((sink) => sink.packets())),
      (count) => count > 200,
    );
    for (const sink of sinks) {
      const sequences = sink.sequences();
      const steps = new Set(
        sequences.slice(1).map((sequence, index) => (sequence - (sequences[index] ?? 0)) & 0xffff),
      );
      expect([...steps]).toEqual([1]);
    }
  });

  it('asking for key frames all together cost one request', async () => {
    const { source: before } = await relay.next('stats');
    for (const sink of sinks) sink.sendPli();
    const { peers, source: after } = await until(
      'all requests and their key frame',
      () => relay.next('stats'),
      (stats) => stats.peers.every(({ plis }) => plis >= 1) && stats.source.keyFrames > before.keyFrames,
    );
    expect(peers).toHaveLength(30);
    expect(after.plisSent - before.plisSent).toBeLessThanOrEqual(2);
    expect(after.keyFrames - before.keyFrames).toBeLessThanOrEqual(2);
  });
});
