// The presentation's whole media path with nothing faked: Chromium, the relay process, Chromium.
import type { Browser } from '@playwright/test';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startImpairment } from '../../support/relay-impairment.ts';
import {
  launchBrowser,
  openPage,
  type RelayProcess,
  type RigPage,
  startRelay,
  until,
  wirePresenter,
  wireViewer,
} from '../../support/relay-rig.ts';

const picture = { width: 640, height: 360, framesPerSecond: 30 };
let browser: Browser;
let relay: RelayProcess;
let console_: RigPage;
let devices: RigPage;

beforeAll(async () => {
  browser = await launchBrowser();
}, 30_000);
afterAll(() => browser.close());
beforeEach(async () => {
  [relay, console_, devices] = await Promise.all([startRelay(), openPage(browser), openPage(browser)]);
});
afterEach(async () => {
  const problems = [console_, devices].map(({ page }) => page.evaluate(() => window.rig.problems()));
  expect((await Promise.all(problems)).flat()).toEqual([]);
  await Promise.all([console_.page.close(), devices.page.close(), relay.close()]);
});

const present = async (colour: string, isBusy = false): Promise<void> => {
  wirePresenter(console_, 'presenter', relay);
  await console_.page.evaluate((options) => window.rig.present('presenter', options), {
    ...picture,
    colour,
    isBusy,
  });
};
const view = async (...ids: string[]): Promise<void> => {
  for (const id of ids) {
    wireViewer(devices, id, relay);
    await devices.page.evaluate((name) => window.rig.view(name), id);
    relay.post({ type: 'peer-add', peerId: id });
  }
};
const pictureOf = (id: string) => devices.page.evaluate((name) => window.rig.picture(name), id);
const receiverOf = (id: string) => devices.page.evaluate((name) => window.rig.receiver(name), id);
const statsOf = (id: string) => devices.page.evaluate((name) => window.rig.receiverStats(name), id);
const shows = (id: string, colour: string) =>
  until(
    `${id} shows ${colour}`,
    () => pictureOf(id),
    (seen) => seen?.colour === colour,
  );
/** Waits until the number in the picture has risen, so that it is a live one. */
const moves = async (id: string) => {
  const { number } = (await pictureOf(id)) ?? { number: 0 };
  return until(
    `${id} moves on from ${number}`,
    () => pictureOf(id),
    (seen) => (seen?.number ?? 0) > number + 5,
  );
};

describe('a presentation', () => {
  it('reaches every device with the right picture from one encode', async () => {
    await present('green');
    await view('one', 'two', 'three');
    for (const id of ['one', 'two', 'three']) await shows(id, 'green');
    await moves('three');
    const sent = await console_.page.evaluate(() => window.rig.presenterStats('presenter'));
    const { source } = await relay.next('stats');
    // Frames of the encoder are the frames of one device's stream, not of three.
    expect(sent?.framesEncoded).toBeLessThanOrEqual(source.frames + 2);
    for (const id of ['one', 'two', 'three'])
      expect((await receiverOf(id)).statuses).toEqual(['connecting', 'live']);
    expect(sent?.width).toBe(640);
  });

  it('changes its source under the devices: neither they nor the relay connect again', async () => {
    await present('green');
    await view('one');
    await shows('one', 'green');
    await console_.page.evaluate((options) => window.rig.presentOther('presenter', options), {
      ...picture,
      width: 800,
      height: 450,
      colour: 'blue',
    });
    await until(
      'the new size',
      () => pictureOf('one'),
      (seen) => seen?.colour === 'blue' && seen.width === 800,
    );
    await moves('one');
    expect((await receiverOf('one')).statuses).toEqual(['connecting', 'live']);
    expect(
      relay.events.filter((event) => event.type === 'source-state' && event.state === 'connecting'),
    ).toHaveLength(1);
  });

  it('goes on for the devices when the presenter connects anew with another stream', async () => {
    await present('green');
    await view('one');
    await shows('one', 'green');
    await console_.page.evaluate(() => window.rig.presenter('presenter', 'reconnect'));
    await relay.next('source-state', ({ state }) => state === 'connected');
    await moves('one');
    await moves('one');
    expect((await receiverOf('one')).statuses).toEqual(['connecting', 'live']);
    // A seam would show as packets that never came.
    expect((await statsOf('one'))?.packetsLost).toBe(0);
  });

  it('keeps the last frame while paused, also for who joins meanwhile, and goes on', async () => {
    await present('green');
    await view('one');
    await shows('one', 'green');
    relay.post({ type: 'set-paused', isPaused: true });
    await relay.next('stats', ({ isPaused }) => isPaused);
    const before = relay.events.findLast((event) => event.type === 'stats');
    await view('late');
    await shows('late', 'green');
    const still = await pictureOf('one');
    const after = await relay.next('stats');
    expect(after.source.packets).toBeGreaterThan(before?.source.packets ?? 0);
    expect(await pictureOf('one')).toEqual(still);
    relay.post({ type: 'set-paused', isPaused: false });
    await moves('one');
    await moves('late');
    // What it got from the ring does not leave it behind the others.
    const [early, late] = await Promise.all([pictureOf('one'), pictureOf('late')]);
    expect(Math.abs((early?.number ?? 0) - (late?.number ?? 99))).toBeLessThanOrEqual(4);
  });

  it('stops the encoder while the presenter pauses', async () => {
    await present('green');
    await view('one');
    await shows('one', 'green');
    await console_.page.evaluate(() => window.rig.presenter('presenter', 'pause'));
    const encoded = async () =>
      (await console_.page.evaluate(() => window.rig.presenterStats('presenter')))?.framesEncoded ?? 0;
    await until(
      'no new frame in 300 ms',
      async () => {
        const before = await encoded();
        await new Promise((resolve) => setTimeout(resolve, 300));
        return (await encoded()) - before;
      },
      (frames) => frames === 0,
    );
    await console_.page.evaluate(() => window.rig.presenter('presenter', 'resume'));
    await moves('one');
  });

  it('comes back after the relay was killed', async () => {
    await present('green');
    await view('one');
    await shows('one', 'green');
    const first = relay.events.findLast((event) => event.type === 'peer-state');
    await relay.kill();
    relay = await startRelay(2);
    wirePresenter(console_, 'presenter', relay);
    wireViewer(devices, 'one', relay);
    await console_.page.evaluate(() => window.rig.presenter('presenter', 'reconnect'));
    relay.post({ type: 'peer-add', peerId: 'one' });
    const second = await relay.next('peer-state', ({ state }) => state === 'connected');
    expect(second.generation).toBeGreaterThan(first?.generation ?? Number.POSITIVE_INFINITY);
    await moves('one');
    expect((await receiverOf('one')).status).toBe('live');
  });

  it('recovers a device whose connection died without a word', async () => {
    await present('green');
    await view('one');
    await shows('one', 'green');
    await devices.page.evaluate(() => window.rig.ask('one'));
    await relay.next('peer-state', ({ state }) => state === 'connected');
    await until(
      'live again',
      () => receiverOf('one'),
      ({ status }) => status === 'live',
    );
    await moves('one');
    expect((await receiverOf('one')).firstFrames).toBe(2);
  });

  it('ignores what a dead connection still says', async () => {
    await present('green');
    await view('one');
    await shows('one', 'green');
    await devices.deliver('one', { kind: 'bye', generation: 1 });
    await devices.deliver('one', { kind: 'offer', sdp: 'v=0\r\n', generation: 1 });
    relay.post({ type: 'peer-signal', peerId: 'one', signal: { kind: 'bye', generation: 1 } });
    relay.post({ type: 'source-signal', signal: { kind: 'bye', generation: 1 } });
    relay.post({ type: 'source-signal', signal: { kind: 'offer', sdp: 'v=0\r\n', generation: 1 } });
    await moves('one');
    expect((await receiverOf('one')).statuses).toEqual(['connecting', 'live']);
    expect(relay.events.filter((event) => event.type === 'error')).toEqual([]);
  });

  it('answers nonsense with an error and nobody suffers', async () => {
    await present('green');
    await view('one');
    await shows('one', 'green');
    const errors: string[] = [];
    relay.onEvent((event) => {
      if (event.type === 'error') errors.push(event.code);
    });
    for (const nonsense of [null, 'peer-add', { type: 'peer-add' }, { type: 'exec', command: 'id' }, [1]]) {
      relay.postRaw(nonsense);
    }
    relay.post({ type: 'start', udpPort: 0, bindAddress: null, run: 1 });
    relay.post({ type: 'peer-signal', peerId: 'nobody', signal: { kind: 'bye', generation: 1 } });
    relay.post({
      type: 'source-signal',
      signal: { kind: 'offer', sdp: 'v=0\r\n', generation: 2_000_000_001 },
    });
    const peer = relay.events.findLast((event) => event.type === 'peer-state');
    const generation = peer?.generation ?? 0;
    relay.post({
      type: 'peer-signal',
      peerId: 'one',
      signal: { kind: 'answer', sdp: 'v=0\r\nm=x\r\n', generation },
    });
    const bad = {
      candidate: 'candidate:1 1 udp 1 999.999.999.999 1 typ host',
      sdpMid: 'video',
      sdpMLineIndex: 0,
    };
    relay.post({ type: 'peer-signal', peerId: 'one', signal: { kind: 'candidate', ...bad, generation } });
    await until(
      'all refused',
      () => errors.length,
      (count) => count >= 9,
    );
    expect(errors.slice(0, 8)).toEqual([
      ...Array(5).fill('bad-message'),
      'already-started',
      'unknown-peer',
      'bad-sdp',
    ]);
    const { errors: counted } = await relay.next('stats');
    expect(counted).toBe(errors.length);
    await moves('one');
  });

  it('is no worse for the others when one device can receive next to nothing', async () => {
    await present('white', true);
    const network = await startImpairment(relay.udpPort);
    wireViewer(devices, 'weak', relay, network.port);
    await devices.page.evaluate(() => window.rig.view('weak'));
    relay.post({ type: 'peer-add', peerId: 'weak' });
    await view('good');
    await shows('good', 'white');
    await shows('weak', 'white');
    const before = await relay.next('stats');
    network.dropWhen((index) => index % 5 !== 0);
    const after = await until(
      'the weak one is held back',
      () => relay.next('stats'),
      ({ peers }) => (peers.find(({ peerId }) => peerId === 'weak')?.skipped ?? 0) > 200,
    );
    expect(after.source.keyFrames - before.source.keyFrames).toBeLessThanOrEqual(3);
    const wishesOf = ({ peers }: typeof after) => {
      const good = peers.find(({ peerId }) => peerId === 'good');
      return [good?.nacks, good?.plis];
    };
    expect(wishesOf(after)).toEqual(wishesOf(before));
    await moves('good');
    network.dropWhen(() => false);
    await moves('weak');
    network.close();
  });

  it('heals packet loss from the ring without new key frames', async () => {
    await present('white', true);
    const network = await startImpairment(relay.udpPort);
    wireViewer(devices, 'lossy', relay, network.port);
    await devices.page.evaluate(() => window.rig.view('lossy'));
    relay.post({ type: 'peer-add', peerId: 'lossy' });
    await shows('lossy', 'white');
    expect(network.counts().media).toBeGreaterThan(0);
    const before = await relay.next('stats');
    network.dropWhen((index) => index % 12 === 0);
    await until(
      '50 lost packets',
      () => network.counts().dropped,
      (dropped) => dropped >= 50,
    );
    const after = await until(
      'retransmissions',
      () => relay.next('stats'),
      ({ peers }) => (peers[0]?.retransmitted ?? 0) >= 40,
    );
    expect(after.source.keyFrames - before.source.keyFrames).toBeLessThanOrEqual(1);
    expect(after.peers[0]?.nacks).toBeGreaterThanOrEqual(after.peers[0]?.retransmitted ?? 0);
    // A network like this one is no reason to hold anything back.
    expect(after.peers[0]?.skipped).toBe(before.peers[0]?.skipped);
    await moves('lossy');
    network.close();
  });
});
