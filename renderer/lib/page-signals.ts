// Carries WebRTC signals of one conversation between this page and main.
import type { SignalTarget } from '../../shared/ipc/contract.ts';
import type { SignalPort } from '../webrtc/signal-port.ts';
import { call, on } from './ipc-client.ts';

const isSame = (a: SignalTarget, b: SignalTarget): boolean =>
  a.kind === b.kind && (a.kind !== 'device' || (b.kind === 'device' && a.id === b.id));

/** The conversation with `far`: a device or the relay for the console, the console or the relay for a device. */
export const signalPortTo = (far: SignalTarget): SignalPort => ({
  // A signal that main cannot pass on is lost like a packet: sessions ask again by themselves.
  send: (signal) => void call('signal:send', { to: far, signal }),
  onSignal: (listener) =>
    on('signal:received', ({ from, signal }) => {
      if (isSame(from, far)) listener(signal);
    }),
});
