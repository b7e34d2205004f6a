// T05: somebody on the way of the signals swaps the key that a media connection is bound to. Real Chromium pages with the
// app's own sessions, the real relay; the attacker changes descriptions as a taken-over carrier would.
import type { Browser } from '@playwright/test';
import { afterAll, beforeAll } from 'vitest';
import type { Signal } from '../../shared/protocol/signal.ts';
import {
  launchBrowser,
  openPage,
  type RelayProcess,
  type RigPage,
  startRelay,
  until,
  wirePresenter,
} from '../support/relay-rig.ts';
import { attack } from './attack-table.ts';

const picture = { width: 640, height: 360, framesPerSecond: 15, colour: 'green', isBusy: false };
/** How long the tile may go on saying nothing, see the attack table in SECURITY.md. */
const saidWithinMs = 2_000;

type Bend = (sdp: string) => string;
const line = /^a=fingerprint:sha-256 .*\r?$/gim;
const strange = Array.from({ length: 32 }, (_, index) =>
  ((index * 7 + 1) % 256).toString(16).padStart(2, '0'),
)
  .join(':')
  .toUpperCase();
const swaps: Readonly<Record<string, Bend>> = {
  swapped: (sdp) => sdp.replace(line, `a=fingerprint:sha-256 ${strange}`),
  'two, a strange one first': (sdp) =>
    sdp.replace(line, (own) => `a=fingerprint:sha-256 ${strange}\r\n${own}`),
  'two, a strange one last': (sdp) => sdp.replace(line, (own) => `${own}\na=fingerprint:sha-256 ${strange}`),
  'sha-1 beside it': (sdp) =>
    sdp.replace(line, (own) => `${own}\na=fingerprint:sha-1 ${strange.slice(0, 59)}`),
  'sha-1 alone': (sdp) => sdp.replace(line, `a=fingerprint:sha-1 ${strange.slice(0, 59)}`),
  none: (sdp) => sdp.replace(/^a=fingerprint:.*\r?\n/gim, ''),
};

const bent = (signal: Signal, kind: 'offer' | 'answer', bend: Bend): Signal =>
  signal.kind === kind ? { ...signal, sdp: bend(signal.sdp) } : signal;

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
}, 60_000);
afterAll(() => browser.close());

/** Frames that were decoded and when a side said that it is not secure, in milliseconds after the connection was tried. */
type Outcome = { readonly frames: number; readonly saidAfterMs: number };
type Watch = (page: RigPage) => Promise<{ frames: number; statuses: readonly string[] }>;

const watchTile: Watch = async ({ page }) => ({
  frames: (await page.evaluate(() => window.rig.frames('screen')))?.frames ?? 0,
  statuses: (await page.evaluate(() => window.rig.receiver('screen'))).statuses,
});

/** A device's page sends its screen to a teacher's page; `change` is what the attacker does on the way. */
const screenTry = async (change: {
  readonly toTeacher?: (signal: Signal) => Signal;
  readonly toDevice?: (signal: Signal) => Signal;
}): Promise<Outcome> => {
  const [device, teacher] = await Promise.all([openPage(browser), openPage(browser)]);
  try {
    device.onSignal(
      'screen',
      (signal) => void teacher.deliver('screen', change.toTeacher?.(signal) ?? signal).catch(() => {}),
    );
    teacher.onSignal(
      'screen',
      (signal) => void device.deliver('screen', change.toDevice?.(signal) ?? signal).catch(() => {}),
    );
    await teacher.page.evaluate(() => window.rig.receiveScreen('screen'));
    const startedMs = performance.now();
    await device.page.evaluate((options) => window.rig.sendScreen('screen', options, 'tile'), picture);
    const problems = async () => [
      ...(await device.page.evaluate(() => window.rig.problems())),
      ...(await teacher.page.evaluate(() => window.rig.problems())),
    ];
    await until(
      'a side to say so',
      problems,
      (said) => said.some((one) => one.includes('not-secure')),
      8_000,
    );
    const saidAfterMs = performance.now() - startedMs;
    // Whatever could still come has a second to come.
    await teacher.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1_000)));
    return { frames: (await watchTile(teacher)).frames, saidAfterMs };
  } finally {
    await Promise.all([device.page.close(), teacher.page.close()]);
  }
};

const screenControl = async (): Promise<boolean> => {
  const [device, teacher] = await Promise.all([openPage(browser), openPage(browser)]);
  try {
    device.onSignal('screen', (signal) => void teacher.deliver('screen', signal).catch(() => {}));
    teacher.onSignal('screen', (signal) => void device.deliver('screen', signal).catch(() => {}));
    await teacher.page.evaluate(() => window.rig.receiveScreen('screen'));
    await device.page.evaluate((options) => window.rig.sendScreen('screen', options, 'tile'), picture);
    await until(
      'frames',
      () => watchTile(teacher),
      ({ frames }) => frames >= 3,
      20_000,
    );
    return true;
  } finally {
    await Promise.all([device.page.close(), teacher.page.close()]);
  }
};

attack({
  id: 'T05',
  title: 'swapped key between device and wall',
  timeoutMs: 240_000,
  control: screenControl,
  async attempts(tally) {
    let slowestMs = 0;
    for (const [name, bend] of Object.entries(swaps)) {
      for (const side of ['offer', 'answer'] as const) {
        await tally.attempt(`${name} in the ${side}`, async () => {
          const outcome = await screenTry(
            side === 'offer'
              ? { toTeacher: (signal) => bent(signal, 'offer', bend) }
              : { toDevice: (signal) => bent(signal, 'answer', bend) },
          );
          slowestMs = Math.max(slowestMs, outcome.saidAfterMs);
          return outcome.frames > 0;
        });
      }
    }
    tally.bound('said "not secure" after', slowestMs, saidWithinMs, 'ms');
  },
});

attack({
  id: 'T05',
  title: 'swapped key in a later description of a running connection',
  timeoutMs: 120_000,
  control: screenControl,
  async attempts(tally) {
    const [device, teacher] = await Promise.all([openPage(browser), openPage(browser)]);
    let offer: Signal | null = null;
    try {
      device.onSignal('screen', (signal) => {
        if (signal.kind === 'offer') offer = signal;
        void teacher.deliver('screen', signal).catch(() => {});
      });
      teacher.onSignal('screen', (signal) => void device.deliver('screen', signal).catch(() => {}));
      await teacher.page.evaluate(() => window.rig.receiveScreen('screen'));
      await device.page.evaluate((options) => window.rig.sendScreen('screen', options, 'tile'), picture);
      await until(
        'frames',
        () => watchTile(teacher),
        ({ frames }) => frames >= 3,
        20_000,
      );
      const first = offer as Extract<Signal, { kind: 'offer' }> | null;
      if (first === null) throw new Error('no offer was seen');
      await tally.attempt('an ICE restart under another key', async () => {
        // Same generation, new credentials, another key: as if the connection moved to somebody else.
        const sdp = swaps.swapped?.(first.sdp).replace(/^a=ice-ufrag:.*$/gim, 'a=ice-ufrag:evil') ?? '';
        await teacher.deliver('screen', { ...first, sdp });
        await until(
          'the tile to say so',
          () => watchTile(teacher),
          ({ statuses }) => statuses.includes('insecure'),
          5_000,
        );
        const before = (await watchTile(teacher)).frames;
        await teacher.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 1_000)));
        const shown = await teacher.page.evaluate(() => window.rig.picture('screen'));
        return (await watchTile(teacher)).frames > before || shown !== null;
      });
    } finally {
      await Promise.all([device.page.close(), teacher.page.close()]);
    }
  },
});

/** A presentation through the real relay to one page; `change` bends the signals between relay and page. */
const withRelay = async <T>(
  run: (relay: RelayProcess, presenter: RigPage, viewer: RigPage) => Promise<T>,
): Promise<T> => {
  const relay = await startRelay();
  const [presenter, viewer] = await Promise.all([openPage(browser), openPage(browser)]);
  try {
    return await run(relay, presenter, viewer);
  } finally {
    await Promise.all([presenter.page.close(), viewer.page.close()]);
    await relay.close();
  }
};

const joinViewer = async (
  relay: RelayProcess,
  viewer: RigPage,
  toViewer: (signal: Signal) => Signal,
  toRelay: (signal: Signal) => Signal,
): Promise<void> => {
  viewer.onSignal('viewer', (signal) =>
    relay.post({ type: 'peer-signal', peerId: 'viewer', signal: toRelay(signal) }),
  );
  relay.onEvent((event) => {
    if (event.type === 'peer-signal') void viewer.deliver('viewer', toViewer(event.signal)).catch(() => {});
  });
  await viewer.page.evaluate(() => window.rig.view('viewer'));
  relay.post({ type: 'peer-add', peerId: 'viewer' });
};

const framesOf = async ({ page }: RigPage): Promise<number> =>
  (await page.evaluate(() => window.rig.frames('viewer')))?.frames ?? 0;
const same = (signal: Signal): Signal => signal;

attack({
  id: 'T05',
  title: 'swapped key between relay, presenter and device',
  timeoutMs: 240_000,
  control: () =>
    withRelay(async (relay, presenter, viewer) => {
      wirePresenter(presenter, 'presenter', relay);
      await presenter.page.evaluate((options) => window.rig.present('presenter', options), picture);
      await joinViewer(relay, viewer, same, same);
      await until(
        'frames',
        () => framesOf(viewer),
        (frames) => frames >= 3,
        20_000,
      );
      return true;
    }),
  async attempts(tally) {
    let slowestMs = 0;
    for (const [name, bend] of Object.entries(swaps)) {
      for (const side of ['offer', 'answer'] as const) {
        await tally.attempt(`${name} in the ${side} of a device`, () =>
          withRelay(async (relay, presenter, viewer) => {
            wirePresenter(presenter, 'presenter', relay);
            await presenter.page.evaluate((options) => window.rig.present('presenter', options), picture);
            await relay.next('source-state', ({ state }) => state === 'connected');
            const startedMs = performance.now();
            await joinViewer(
              relay,
              viewer,
              (signal) => (side === 'offer' ? bent(signal, 'offer', bend) : signal),
              (signal) => (side === 'answer' ? bent(signal, 'answer', bend) : signal),
            );
            const isSaid = async () =>
              relay.events.some((event) => event.type === 'peer-state' && event.state === 'insecure') ||
              (await viewer.page.evaluate(() => window.rig.receiver('viewer'))).statuses.includes('insecure');
            await until('a side to say so', isSaid, (said) => said, 8_000);
            slowestMs = Math.max(slowestMs, performance.now() - startedMs);
            await viewer.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 700)));
            return (await framesOf(viewer)) > 0;
          }),
        );
      }
      await tally.attempt(`${name} in the offer of the presenter`, () =>
        withRelay(async (relay, presenter) => {
          presenter.onSignal('presenter', (signal) =>
            relay.post({ type: 'source-signal', signal: bent(signal, 'offer', bend) }),
          );
          relay.onEvent((event) => {
            if (event.type === 'source-signal')
              void presenter.deliver('presenter', event.signal).catch(() => {});
          });
          await presenter.page.evaluate((options) => window.rig.present('presenter', options), picture);
          await relay.next('source-state', ({ state }) => state === 'lost' || state === 'insecure');
          return relay.events.some((event) => event.type === 'source-state' && event.state === 'connected');
        }),
      );
    }
    tally.bound('said "not secure" after', slowestMs, saidWithinMs, 'ms');
  },
});
