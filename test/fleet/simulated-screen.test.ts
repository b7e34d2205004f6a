// A simulated screen in front of the console's real page code in real Chromium.
import type { Browser } from '@playwright/test';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser, openPage, type RigPage, until } from '../support/relay-rig.ts';
import { ensureRecordings } from './record-desktops.ts';
import { type DesktopRecording, readRecordings } from './recording.ts';
import { createSimulatedScreen, type SimulatedScreen } from './simulated-screen.ts';
import { createTimerWheel, type TimerWheel } from './timer-wheel.ts';

let browser: Browser;
let teacher: RigPage;
let recordings: readonly DesktopRecording[];
let screen: SimulatedScreen;
let wheel: TimerWheel;
let offers: string[];

beforeAll(async () => {
  recordings = readRecordings(await ensureRecordings());
  browser = await launchBrowser();
}, 120_000);
afterAll(() => browser.close());

beforeEach(async () => {
  teacher = await openPage(browser);
  wheel = createTimerWheel();
  const recording = recordings[0];
  if (recording === undefined) throw new Error('no recording');
  screen = createSimulatedScreen({
    name: 'PC 01',
    index: 0,
    recording,
    wheel,
    random: Math.random,
    bindAddress: null,
  });
  offers = [];
  screen.onSignal((signal) => {
    if (signal.kind === 'offer') offers.push(signal.sdp);
    void teacher.deliver('screen', signal).catch(() => {});
  });
  teacher.onSignal('screen', (signal) => screen.deliver(signal));
  await teacher.page.evaluate(() => window.rig.receiveScreen('screen'));
});
afterEach(async () => {
  screen.close();
  wheel.close();
  await teacher.page.close();
});

const seen = () => teacher.page.evaluate(() => window.rig.picture('screen'));
const receiver = () => teacher.page.evaluate(() => window.rig.receiver('screen'));
const width = (wanted: number) => until(`${wanted} pixels`, seen, (picture) => picture?.width === wanted);

describe('a simulated screen', () => {
  it('is shown by Chromium in every quality over one connection', async () => {
    const states: string[] = [];
    screen.onState((state) => states.push(state.screen));
    screen.setQuality('tile');
    await width(480);
    screen.setQuality('blurred');
    await width(64);
    const watched = teacher.page.evaluate(() => window.rig.untilWidth('screen', 1920));
    screen.setQuality('focus');
    console.log(`first focus frame after ${Math.round(await watched)} ms`);
    screen.setQuality('tile');
    await width(480);
    expect(states).toEqual(['tile', 'blurred', 'focus', 'tile']);
    expect((await receiver()).statuses).toEqual(['connecting', 'live']);
    expect(offers).toHaveLength(1);
    expect(screen.stats().packetsRefused).toBe(0);
  });

  it('keeps its pace: 15 frames a second of focus leave and all of them arrive', async () => {
    screen.setQuality('focus');
    await width(1920);
    const stats = () => teacher.page.evaluate(() => window.rig.receiverStats('screen'));
    const before = await stats();
    const sentBefore = screen.stats().framesSent;
    const startMs = performance.now();
    await until(
      '60 frames',
      async () => screen.stats().framesSent,
      (sent) => sent >= sentBefore + 60,
    );
    expect(60_000 / (performance.now() - startMs)).toBeGreaterThan(12);
    const after = await until(
      '60 frames received',
      stats,
      (now) => (now?.framesReceived ?? 0) >= (before?.framesReceived ?? 0) + 58,
    );
    expect(after?.packetsLost).toBe(0);
    // The jump from the loop's end to its start is a key frame like any other.
    expect((after?.keyFramesDecoded ?? 0) - (before?.keyFramesDecoded ?? 0)).toBeGreaterThanOrEqual(1);
  });

  it('sends nothing while off, and a key frame at once when it is wanted again', async () => {
    screen.setQuality('tile');
    await width(480);
    screen.setQuality('off');
    const { packetsSent } = screen.stats();
    expect(screen.stats().quality).toBe('off');
    await new Promise((resolve) => wheel.timer(() => resolve(null)).at(wheel.nowMs() + 500));
    expect(screen.stats().packetsSent).toBe(packetsSent);
    const { keyFramesSent } = screen.stats();
    screen.setQuality('focus');
    await until(
      'a frame',
      async () => screen.stats().framesSent,
      (frames) => frames > 0,
    );
    await width(1920);
    expect(screen.stats().keyFramesSent).toBeGreaterThan(keyFramesSent);
  });

  it('answers a console that asks anew with a new connection and a key frame', async () => {
    screen.setQuality('tile');
    await width(480);
    await teacher.page.evaluate(() => window.rig.ask('screen'));
    await until('live again', receiver, ({ status, firstFrames }) => status === 'live' && firstFrames === 2);
    expect(screen.stats().connections).toBe(2);
  });
});
