// Pictures are bound to the link: real pages, the real relay, and somebody who changes what is announced in between.
import type { Browser } from '@playwright/test';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Signal } from '../../../shared/protocol/signal.ts';
import { type Forgery, forged, forgedSdp, forgeries } from '../../support/forged-signals.ts';
import {
  launchBrowser,
  openPage,
  type RelayProcess,
  type RigPage,
  startRelay,
  until,
} from '../../support/relay-rig.ts';

const picture = { width: 640, height: 360, framesPerSecond: 30, colour: 'green' };
type Change = (signal: Signal) => Signal;
const untouched: Change = (signal) => signal;

let browser: Browser;
let left: RigPage;
let right: RigPage;
let relay: RelayProcess | null = null;

beforeAll(async () => {
  browser = await launchBrowser();
}, 30_000);
afterAll(() => browser.close());
beforeEach(async () => {
  [left, right] = await Promise.all([openPage(browser), openPage(browser)]);
  await Promise.all([left, right].map(({ page }) => page.evaluate(() => window.rig.spy())));
});
afterEach(async () => {
  await Promise.all([left.page.close(), right.page.close(), relay?.close()]);
  relay = null;
});

const delivered = () => right.page.evaluate(() => window.rig.deliveredFrames());
const receiver = () => right.page.evaluate(() => window.rig.receiver('x'));
const shows = () =>
  until(
    'the picture',
    () => right.page.evaluate(() => window.rig.picture('x')),
    (seen) => seen?.colour === 'green',
  );
/** Waits for "not secure" and gives the time it took since then. */
const insecureAfter = async (
  what: string,
  look: () => Promise<string>,
  from: () => number,
): Promise<number> => {
  await until(`${what} says that it is not secure`, look, (status) => status === 'insecure');
  const tookMs = performance.now() - from();
  console.log(`${what}: not secure after ${Math.round(tookMs)} ms`);
  expect(tookMs).toBeLessThanOrEqual(2_000);
  return tookMs;
};

describe('the screen of a device', () => {
  let deviceSaid: Signal[] = [];
  let fromMs = 0;
  const wire = async (offers: Change, answers: Change): Promise<void> => {
    deviceSaid = [];
    const pass = (to: RigPage, change: Change, signal: Signal): void => {
      const changed = change(signal);
      if (changed !== signal) fromMs = performance.now();
      void to.deliver('x', changed).catch(() => {});
    };
    left.onSignal('x', (signal) => {
      deviceSaid.push(signal);
      pass(right, offers, signal);
    });
    right.onSignal('x', (signal) => pass(left, answers, signal));
    await right.page.evaluate(() => window.rig.receiveScreen('x'));
    await left.page.evaluate((options) => window.rig.sendScreen('x', options, 'focus'), picture);
  };
  const sender = () => left.page.evaluate(() => window.rig.senderStatus('x'));
  const offer = () => {
    const found = deviceSaid.find((signal) => signal.kind === 'offer');
    if (found?.kind !== 'offer') throw new Error('no offer');
    return found;
  };

  it('is seen when the announced key is the one of the handshake', async () => {
    await wire(untouched, untouched);
    await shows();
    expect((await receiver()).statuses).toEqual(['connecting', 'live']);
  });

  it.each(forgeries)('is not seen by a console that was told of another key: %s', async (how) => {
    await wire((signal) => forged(signal, 'offer', how), untouched);
    await insecureAfter(
      `tile, ${how}`,
      async () => (await receiver()).status,
      () => fromMs,
    );
    expect(await delivered()).toBe(0);
    expect((await receiver()).firstFrames).toBe(0);
  });

  it.each(forgeries)('does not leave a device that was told of another key: %s', async (how) => {
    await wire(untouched, (signal) => forged(signal, 'answer', how));
    await insecureAfter(`device, ${how}`, sender, () => fromMs);
    expect(await delivered()).toBe(0);
    expect(await left.page.evaluate(() => window.rig.encodedFrames())).toBe(0);
  });

  it('goes on over an ICE restart that keeps the key', async () => {
    await wire(untouched, untouched);
    await shows();
    const before = await right.page.evaluate(() => window.rig.remoteUser());
    await left.page.evaluate((generation) => window.rig.restartIce('x', generation), offer().generation);
    await until(
      'new credentials',
      () => right.page.evaluate(() => window.rig.remoteUser()),
      (user) => user !== before,
    );
    const frames = await delivered();
    await until('more frames', delivered, (count) => count > frames + 10);
    expect((await receiver()).statuses).toEqual(['connecting', 'live']);
  });

  it.each<Forgery>(['other', 'two', 'sha1'])(
    'ends with an ICE restart that brings another key: %s',
    async (how) => {
      let isForging = false;
      await wire((signal) => (isForging ? forged(signal, 'offer', how) : signal), untouched);
      await shows();
      isForging = true;
      await left.page.evaluate((generation) => window.rig.restartIce('x', generation), offer().generation);
      await insecureAfter(
        `restart, ${how}`,
        async () => (await receiver()).status,
        () => fromMs,
      );
      expect(await right.page.evaluate(() => window.rig.picture('x'))).toBeNull();
    },
  );

  it('ends for a device to which another key answers later', async () => {
    let answer: Signal | null = null;
    await wire(untouched, (signal) => {
      if (signal.kind === 'answer') answer = signal;
      return signal;
    });
    await shows();
    if (answer === null) throw new Error('no answer');
    const nowMs = performance.now();
    await left.deliver('x', forged(answer, 'answer', 'other'));
    await insecureAfter('device, second answer', sender, () => nowMs);
  });

  it('is seen again as soon as somebody genuine offers', async () => {
    let isForging = true;
    await wire((signal) => (isForging ? forged(signal, 'offer', 'other') : signal), untouched);
    await insecureAfter(
      'tile',
      async () => (await receiver()).status,
      () => fromMs,
    );
    isForging = false;
    await right.page.evaluate(() => window.rig.ask('x'));
    await shows();
    expect((await receiver()).statuses).toEqual(['connecting', 'insecure', 'live']);
  });
});

describe('a presentation', () => {
  let fromMs = 0;
  type Changes = { toRelay?: Change; toDevice?: Change; fromPresenter?: Change; toPresenter?: Change };
  const wire = async (changes: Changes): Promise<RelayProcess> => {
    const running = await startRelay();
    relay = running;
    const through = (change: Change | undefined, signal: Signal): Signal => {
      const changed = change?.(signal) ?? signal;
      if (changed !== signal) fromMs = performance.now();
      return changed;
    };
    left.onSignal('p', (signal) =>
      running.post({ type: 'source-signal', signal: through(changes.fromPresenter, signal) }),
    );
    right.onSignal('x', (signal) =>
      running.post({ type: 'peer-signal', peerId: 'x', signal: through(changes.toRelay, signal) }),
    );
    running.onEvent((event) => {
      if (event.type === 'source-signal')
        void left.deliver('p', through(changes.toPresenter, event.signal)).catch(() => {});
      if (event.type === 'peer-signal')
        void right.deliver('x', through(changes.toDevice, event.signal)).catch(() => {});
    });
    await left.page.evaluate((options) => window.rig.present('p', options), picture);
    await right.page.evaluate(() => window.rig.view('x'));
    running.post({ type: 'peer-add', peerId: 'x' });
    return running;
  };
  const lastOf = (type: 'peer-state' | 'source-state') => async (): Promise<string> => {
    const event = relay?.events.findLast((each) => each.type === type);
    return event?.type === type ? event.state : 'none';
  };

  it('is seen when every announced key is the one of the handshake', async () => {
    await wire({});
    await shows();
    expect(await lastOf('peer-state')()).toBe('connected');
    expect(await lastOf('source-state')()).toBe('connected');
  });

  it.each(forgeries)('is not sent to a device whose answer was changed: %s', async (how) => {
    const running = await wire({ toRelay: (signal) => forged(signal, 'answer', how) });
    await insecureAfter(`relay's peer, ${how}`, lastOf('peer-state'), () => fromMs);
    const { peers } = await running.next('stats', (stats) => stats.source.packets > 0);
    expect(peers.map(({ packets }) => packets)).toEqual([0]);
    expect(await delivered()).toBe(0);
  });

  it.each(forgeries)('is not shown by a device that was told of another key: %s', async (how) => {
    await wire({ toDevice: (signal) => forged(signal, 'offer', how) });
    await insecureAfter(
      `viewer, ${how}`,
      async () => (await receiver()).status,
      () => fromMs,
    );
    expect(await delivered()).toBe(0);
  });

  it.each(forgeries)('is not taken from a presenter whose offer was changed: %s', async (how) => {
    const running = await wire({ fromPresenter: (signal) => forged(signal, 'offer', how) });
    await insecureAfter(`relay's source, ${how}`, lastOf('source-state'), () => fromMs);
    expect((await running.next('stats')).source.packets).toBe(0);
    expect(await delivered()).toBe(0);
  });

  it.each(forgeries)('does not leave a presenter that was told of another relay: %s', async (how) => {
    await wire({ toPresenter: (signal) => forged(signal, 'answer', how) });
    const presenter = () => left.page.evaluate(() => window.rig.presenterStatus('p'));
    await insecureAfter(`presenter, ${how}`, presenter, () => fromMs);
    expect(await left.page.evaluate(() => window.rig.encodedFrames())).toBe(0);
    expect(await delivered()).toBe(0);
  });

  it('ends for a device that brings another key later, and for a presenter that does', async () => {
    let answer: Signal | null = null;
    let offer: Signal | null = null;
    const running = await wire({
      toRelay: (signal) => {
        if (signal.kind === 'answer') answer = signal;
        return signal;
      },
      fromPresenter: (signal) => {
        if (signal.kind === 'offer') offer = signal;
        return signal;
      },
    });
    await shows();
    const later = (signal: Signal | null): Signal => {
      if (signal?.kind !== 'answer' && signal?.kind !== 'offer') throw new Error('no description');
      return { ...signal, sdp: forgedSdp(signal.sdp, 'other') };
    };
    const nowMs = performance.now();
    running.post({ type: 'peer-signal', peerId: 'x', signal: later(answer) });
    await insecureAfter("relay's peer, second answer", lastOf('peer-state'), () => nowMs);
    running.post({ type: 'source-signal', signal: later(offer) });
    await insecureAfter("relay's source, second offer", lastOf('source-state'), () => nowMs);
  });
});
