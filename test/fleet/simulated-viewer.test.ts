// A simulated screen feeds a simulated viewer directly: what was sent is known to the frame.
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Signal } from '../../shared/protocol/signal.ts';
import { type Impairment, startImpairment } from '../support/relay-impairment.ts';
import { until } from '../support/relay-rig.ts';
import { ensureRecordings } from './record-desktops.ts';
import { type DesktopRecording, readRecordings } from './recording.ts';
import { createSimulatedScreen, type SimulatedScreen } from './simulated-screen.ts';
import { createSimulatedViewer, type SimulatedViewer } from './simulated-viewer.ts';
import { createTimerWheel, type TimerWheel } from './timer-wheel.ts';

let recording: DesktopRecording;
let wheel: TimerWheel;
let screen: SimulatedScreen;
let viewer: SimulatedViewer;
let states: string[];
/** The network between the two; everything goes through it. */
let network: Promise<Impairment> | null;

beforeAll(async () => {
  const [first] = readRecordings(await ensureRecordings());
  if (first === undefined) throw new Error('no recording');
  recording = first;
}, 120_000);

beforeEach(() => {
  wheel = createTimerWheel();
  const common = { wheel, random: Math.random, bindAddress: '127.0.0.1' };
  network = null;
  screen = createSimulatedScreen({ ...common, name: 'sender', index: 0, recording });
  viewer = createSimulatedViewer({ ...common, name: 'viewer' });
  states = [];
  viewer.onState((state) => states.push(state));
  screen.onSignal((signal) => void toViewer(signal));
  viewer.onSignal((signal) => {
    // The sender must not find the viewer past the network.
    if (signal.kind !== 'candidate') screen.deliver(signal);
  });
});
afterEach(async () => {
  (await network)?.close();
  viewer.close();
  screen.close();
  wheel.close();
});

const toViewer = async (signal: Signal): Promise<void> => {
  if (signal.kind !== 'candidate') {
    viewer.deliver(signal);
    return;
  }
  const [port = ''] = / (\d+) typ host/.exec(signal.candidate)?.slice(1) ?? [];
  network ??= startImpairment(Number(port));
  const front = (await network).port;
  viewer.deliver({ ...signal, candidate: signal.candidate.replace(` ${port} typ`, ` ${front} typ`) });
};

const lose = async (rule: (index: number) => boolean): Promise<void> => (await network)?.dropWhen(rule);

const sent = (frames: number) =>
  until(
    `${frames} frames sent`,
    () => screen.stats().framesSent,
    (now) => now >= frames,
  );
/** Stops and waits until everything that was sent has been counted. */
const allCounted = async () => {
  screen.setQuality('off');
  return until(
    'all counted',
    viewer.stats,
    ({ framesComplete }) => framesComplete === screen.stats().framesSent,
  );
};

describe('a simulated viewer', () => {
  it('counts exactly the frames that were sent, over changes of quality', async () => {
    viewer.show();
    screen.setQuality('focus');
    await sent(20);
    screen.setQuality('tile');
    await sent(24);
    const counted = await allCounted();
    expect(counted).toMatchObject({ packetsLost: 0, plisSent: 0, connections: 1 });
    expect(counted.keyFrames).toBe(screen.stats().keyFramesSent);
    expect(counted.bytes).toBe(screen.stats().bytesSent);
    expect(counted.firstFrameAfterMs).toBeLessThan(3_000);
    expect(states).toEqual(['connecting', 'showing']);
  });

  it('gets every frame in spite of lost packets, by asking for them again', async () => {
    viewer.show();
    screen.setQuality('focus');
    await sent(5);
    await lose((index) => index % 7 === 0);
    await sent(50);
    await lose(() => false);
    const counted = await allCounted();
    expect(counted.nacksSent).toBeGreaterThan(0);
    expect(counted).toMatchObject({ packetsLost: 0, plisSent: 0 });
  });

  it('asks for a key frame when nothing comes back, and counts from there on', async () => {
    viewer.show();
    screen.setQuality('focus');
    await sent(10);
    const before = screen.stats().keyFramesSent;
    await lose(() => true);
    const stopped = viewer.stats().framesComplete;
    await sent(20);
    await lose(() => false);
    // 256 packets are kept for asking again: this loses more than that.
    await until(
      'a key frame after the loss',
      screen.stats,
      ({ keyFramesSent }) => keyFramesSent > before,
      15_000,
    );
    await until('frames go on', viewer.stats, ({ framesComplete }) => framesComplete > stopped + 5);
  });

  it('hears nothing any more after hide, and everything after the next show', async () => {
    viewer.show();
    screen.setQuality('tile');
    await until('shown', viewer.stats, ({ state }) => state === 'showing');
    viewer.hide();
    (await network)?.close();
    network = null;
    expect(viewer.stats().state).toBe('none');
    const { framesComplete } = viewer.stats();
    viewer.show();
    screen.setQuality('tile');
    await until(
      'shown again',
      viewer.stats,
      (now) => now.state === 'showing' && now.framesComplete > framesComplete,
    );
    expect(viewer.stats().connections).toBe(2);
  });
});
