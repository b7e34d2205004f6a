// Devices without a screen for benches: presentation windows that answer, decrypt, ask for lost packets and count
// frames. The parent carries the signals. Ends when the parent goes.
import type { Signal } from '../../shared/protocol/signal.ts';
import { createSimulatedViewer, type SimulatedViewer } from '../fleet/simulated-viewer.ts';
import { createTimerWheel } from '../fleet/timer-wheel.ts';

export type SinkCounts = {
  readonly name: string;
  readonly frames: number;
  /** Unix milliseconds, null before it. */
  readonly firstFrameAtMs: number | null;
  readonly problems: readonly string[];
};
export type ToSinks =
  | { readonly kind: 'show'; readonly names: readonly string[] }
  | { readonly kind: 'signal'; readonly name: string; readonly signal: Signal }
  | { readonly kind: 'counts' };
export type FromSinks =
  | { readonly kind: 'shown' }
  | { readonly kind: 'signal'; readonly name: string; readonly signal: Signal }
  | { readonly kind: 'counts'; readonly counts: readonly SinkCounts[] };

const send = (message: FromSinks): void => void process.send?.(message);
const wheel = createTimerWheel();
type Shown = { readonly viewer: SimulatedViewer; readonly shownAtMs: number };
const viewers = new Map<string, Shown>();

const show = (name: string): void => {
  const viewer = createSimulatedViewer({ wheel, random: Math.random, bindAddress: null, name });
  viewer.onSignal((signal) => send({ kind: 'signal', name, signal }));
  viewers.set(name, { viewer, shownAtMs: Date.now() });
  viewer.show();
};

process.on('message', (message: ToSinks) => {
  if (message.kind === 'signal') viewers.get(message.name)?.viewer.deliver(message.signal);
  else if (message.kind === 'show') {
    for (const name of message.names) show(name);
    send({ kind: 'shown' });
  } else {
    const counts = [...viewers].map(([name, { viewer, shownAtMs }]) => {
      const { framesComplete: frames, firstFrameAfterMs, problems } = viewer.stats();
      const firstFrameAtMs = firstFrameAfterMs === null ? null : shownAtMs + firstFrameAfterMs;
      return { name, frames, firstFrameAtMs, problems };
    });
    send({ kind: 'counts', counts });
  }
});
process.on('disconnect', () => process.exit(0));
