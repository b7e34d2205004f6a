// One side of the load measurement: N screens that send to and N viewers that receive from the other side's process.
// The parent carries the signals. Ends when the parent goes.
import type { ScreenQuality } from '../../shared/domain/device.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import { readRecordings } from './recording.ts';
import { createSimulatedScreen } from './simulated-screen.ts';
import { createSimulatedViewer } from './simulated-viewer.ts';
import { createTimerWheel } from './timer-wheel.ts';

/** A signal of pair `index`; `to` names the part it is for. */
export type LoadSignal = {
  readonly to: 'screen' | 'viewer';
  readonly index: number;
  readonly signal: Signal;
};

export type LoadStats = {
  readonly cpuMs: number;
  readonly framesSent: number;
  readonly bytesSent: number;
  readonly framesComplete: number;
  readonly packetsReceived: number;
  readonly bytesReceived: number;
  readonly packetsLost: number;
  readonly showing: number;
};

export type ToLoad =
  | {
      readonly kind: 'start';
      readonly count: number;
      readonly quality: ScreenQuality;
      readonly folder: string;
      readonly desktop: string | null;
    }
  | { readonly kind: 'signal'; readonly signal: LoadSignal }
  | { readonly kind: 'stats' };
export type FromLoad =
  | { readonly kind: 'signal'; readonly signal: LoadSignal }
  | { readonly kind: 'stats'; readonly stats: LoadStats };

const send = (message: FromLoad): void => void process.send?.(message);
const wheel = createTimerWheel();
const common = { wheel, random: Math.random, bindAddress: '127.0.0.1' };

const makePair = (index: number, order: Extract<ToLoad, { kind: 'start' }>) => {
  const recordings = readRecordings(order.folder).filter(({ name }) => name === (order.desktop ?? name));
  const recording = recordings[index % recordings.length];
  if (recording === undefined) throw new Error('no recording');
  const screen = createSimulatedScreen({ ...common, name: `screen ${index}`, index, recording });
  const viewer = createSimulatedViewer({ ...common, name: `viewer ${index}` });
  screen.onSignal((signal) => send({ kind: 'signal', signal: { to: 'viewer', index, signal } }));
  viewer.onSignal((signal) => send({ kind: 'signal', signal: { to: 'screen', index, signal } }));
  viewer.show();
  screen.setQuality(order.quality);
  return { screen, viewer };
};

let pairs: readonly ReturnType<typeof makePair>[] = [];

const stats = (): LoadStats => {
  const { user, system } = process.cpuUsage();
  const sum = (read: (pair: (typeof pairs)[number]) => number): number =>
    pairs.reduce((total, pair) => total + read(pair), 0);
  return {
    cpuMs: (user + system) / 1_000,
    framesSent: sum(({ screen }) => screen.stats().framesSent),
    bytesSent: sum(({ screen }) => screen.stats().bytesSent),
    framesComplete: sum(({ viewer }) => viewer.stats().framesComplete),
    packetsReceived: sum(({ viewer }) => viewer.stats().packets),
    bytesReceived: sum(({ viewer }) => viewer.stats().bytes),
    packetsLost: sum(({ viewer }) => viewer.stats().packetsLost),
    showing: sum(({ viewer }) => (viewer.stats().state === 'showing' ? 1 : 0)),
  };
};

process.on('message', (message: ToLoad) => {
  if (message.kind === 'start')
    pairs = Array.from({ length: message.count }, (_, index) => makePair(index, message));
  else if (message.kind === 'stats') send({ kind: 'stats', stats: stats() });
  else {
    const { to, index, signal } = message.signal;
    pairs[index]?.[to].deliver(signal);
  }
});
process.on('disconnect', () => process.exit(0));
