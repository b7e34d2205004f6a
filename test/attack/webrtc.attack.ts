// T05: somebody on the way changes the keys that WebRTC descriptions announce, at first, later and with an ICE restart, in every
// direction: device to console, relay to device and presenter to relay. Real pages, the real relay.
import type { Browser } from '@playwright/test';
import { afterAll, beforeAll } from 'vitest';
import type { Signal } from '../../shared/protocol/signal.ts';
import { type Forgery, forged, forgeries } from '../support/forged-signals.ts';
import {
  launchBrowser,
  openPage,
  type RelayProcess,
  type RigPage,
  startRelay,
  until,
} from '../support/relay-rig.ts';
import { attack, type Tally } from './attack-table.ts';

const picture = { width: 640, height: 360, framesPerSecond: 30, colour: 'green' };
/** The tile has to say so within that time of the changed description. */
const mostMs = 2_000;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

/** Where the attacker sits: whose description is changed on its way. */
type Place = 'device' | 'console' | 'presenter' | 'relay-to-presenter' | 'relay-to-device' | 'viewer';
type Conversation = {
  /** Starts changing descriptions that come by the place. */
  readonly forge: (how: Forgery) => void;
  /** Sends the last description of the place again, changed. */
  readonly repeat: (how: Forgery) => Promise<void>;
  readonly restartIce: () => Promise<void>;
  /** What the deceived end says of its connection. */
  readonly status: () => Promise<string>;
  readonly frames: () => Promise<number>;
  readonly shows: () => Promise<boolean>;
  /** When the first changed description came by, null before. */
  readonly forgedAtMs: () => number | null;
  readonly begin: () => Promise<void>;
  readonly close: () => Promise<void>;
};

const open = async (place: Place): Promise<Conversation> => {
  const isScreen = place === 'device' || place === 'console';
  const [left, right, relay] = await Promise.all([
    openPage(browser),
    openPage(browser),
    isScreen ? null : startRelay(),
  ]);
  await Promise.all([left, right].map(({ page }) => page.evaluate(() => window.rig.spy())));
  let how: Forgery | null = null;
  let forgedAtMs: number | null = null;
  let last: { readonly signal: Signal; readonly pass: (signal: Signal) => void } | null = null;
  const change = (signal: Signal, way: Forgery): Signal => {
    const changed =
      signal.kind === 'offer' || signal.kind === 'answer' ? forged(signal, signal.kind, way) : signal;
    if (changed !== signal) forgedAtMs ??= performance.now();
    return changed;
  };
  const through =
    (from: Place, pass: (signal: Signal) => void) =>
    (signal: Signal): void => {
      const isMine = from === place;
      if (isMine && (signal.kind === 'offer' || signal.kind === 'answer')) last = { signal, pass };
      pass(isMine && how !== null ? change(signal, how) : signal);
    };
  const into = (page: RigPage) => (signal: Signal) => void page.deliver('x', signal).catch(() => {});
  if (relay === null) {
    left.onSignal('x', through('device', into(right)));
    right.onSignal('x', through('console', into(left)));
  } else {
    left.onSignal(
      'x',
      through('presenter', (signal) => relay.post({ type: 'source-signal', signal })),
    );
    right.onSignal(
      'x',
      through('viewer', (signal) => relay.post({ type: 'peer-signal', peerId: 'x', signal })),
    );
    const toPresenter = through('relay-to-presenter', into(left));
    const toDevice = through('relay-to-device', into(right));
    relay.onEvent((event) => {
      if (event.type === 'source-signal') toPresenter(event.signal);
      if (event.type === 'peer-signal') toDevice(event.signal);
    });
  }
  const relayState = (type: 'peer-state' | 'source-state', running: RelayProcess): string => {
    const event = running.events.findLast((each) => each.type === type);
    return event?.type === type ? event.state : 'none';
  };
  return {
    forge(way) {
      how = way;
    },
    async repeat(way) {
      if (last === null) throw new Error('nothing was said yet');
      last.pass(change(last.signal, way));
    },
    async restartIce() {
      if (last === null) throw new Error('nothing was said yet');
      await left.page.evaluate(
        (generation) => window.rig.restartIce('x', generation),
        last.signal.generation,
      );
    },
    async status() {
      if (place === 'presenter' && relay !== null) return relayState('source-state', relay);
      if (place === 'viewer' && relay !== null) return relayState('peer-state', relay);
      if (place === 'console') return left.page.evaluate(() => window.rig.senderStatus('x'));
      if (place === 'relay-to-presenter') return left.page.evaluate(() => window.rig.presenterStatus('x'));
      return (await right.page.evaluate(() => window.rig.receiver('x'))).status;
    },
    frames: () => right.page.evaluate(() => window.rig.deliveredFrames()),
    shows: async () => (await right.page.evaluate(() => window.rig.picture('x')))?.colour === 'green',
    forgedAtMs: () => forgedAtMs,
    async begin() {
      if (relay === null) {
        await right.page.evaluate(() => window.rig.receiveScreen('x'));
        await left.page.evaluate((options) => window.rig.sendScreen('x', options, 'focus'), picture);
        return;
      }
      await left.page.evaluate((options) => window.rig.present('x', options), picture);
      await right.page.evaluate(() => window.rig.view('x'));
      relay.post({ type: 'peer-add', peerId: 'x' });
    },
    async close() {
      await Promise.all([left.page.close(), right.page.close(), relay?.close()]);
    },
  };
};

const showsPicture = async (conversation: Conversation): Promise<void> => {
  await until('the picture', conversation.shows, (isShown) => isShown, 15_000);
};
/** Milliseconds until the deceived end says that it is not secure; infinite when it does not. */
const insecureAfterMs = async (conversation: Conversation): Promise<number> => {
  try {
    await until('not secure', conversation.status, (status) => status === 'insecure', 5_000);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
  return performance.now() - (conversation.forgedAtMs() ?? Number.NEGATIVE_INFINITY);
};

const genuine = async (place: Place): Promise<void> => {
  const conversation = await open(place);
  await conversation.begin();
  await showsPicture(conversation);
  await conversation.close();
};

let longestMs = 0;
/** From the first description on. Gives true when a frame got out of the receiving end or nobody noticed in time. */
const fromTheStart = async (place: Place, how: Forgery): Promise<boolean> => {
  const conversation = await open(place);
  conversation.forge(how);
  await conversation.begin();
  const tookMs = await insecureAfterMs(conversation);
  longestMs = Math.max(longestMs, tookMs);
  const frames = await conversation.frames();
  await conversation.close();
  return frames > 0 || tookMs > mostMs;
};
/** In a conversation that runs. Gives true when it goes on as if nothing were. */
const later = async (place: Place, how: Forgery, byIce: boolean): Promise<boolean> => {
  const conversation = await open(place);
  await conversation.begin();
  await showsPicture(conversation);
  if (byIce) {
    conversation.forge(how);
    await conversation.restartIce();
  } else await conversation.repeat(how);
  const tookMs = await insecureAfterMs(conversation);
  longestMs = Math.max(longestMs, tookMs);
  await conversation.close();
  return tookMs > mostMs;
};

attack({
  id: 'T05',
  title: 'swapped SDP fingerprints',
  timeoutMs: 300_000,
  async control() {
    await genuine('device');
    await genuine('presenter');
    return true;
  },
  async attempts(tally: Tally) {
    const places: Place[] = [
      'device',
      'console',
      'presenter',
      'relay-to-presenter',
      'relay-to-device',
      'viewer',
    ];
    for (const place of places) {
      for (const how of forgeries) await tally.attempt(`${place}, ${how}`, () => fromTheStart(place, how));
      // Somebody who says a second key in a connection that runs.
      await tally.attempt(`${place}, later`, () => later(place, 'other', false));
    }
    for (const how of ['other', 'two', 'sha1'] satisfies Forgery[])
      await tally.attempt(`ICE restart, ${how}`, () => later('device', how, true));
    tally.bound('"not secure" after', longestMs, mostMs, 'ms');
  },
});
