// Sorts the page's one stream of signals into conversations: one per device and one with the relay.
import type { DeviceId } from '../../shared/domain/ids.ts';
import type { SignalTarget } from '../../shared/ipc/contract.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import type { SignalPort } from '../webrtc/signal-port.ts';
import { call, on } from './ipc-client.ts';

type Listener = (signal: Signal) => void;

export type SignalHub = {
  readonly relay: SignalPort;
  readonly device: (id: DeviceId) => SignalPort;
  /** Called for each signal of a device before its conversation hears it: time to begin one. */
  readonly onDeviceSignal: (listener: (id: DeviceId) => void) => () => void;
};

const keyOf = (target: SignalTarget): string => (target.kind === 'device' ? target.id : target.kind);

/** One per page; listens from now on. */
export const createSignalHub = (): SignalHub => {
  const conversations = new Map<string, Set<Listener>>();
  const newcomers = new Set<(id: DeviceId) => void>();

  const portTo = (target: SignalTarget): SignalPort => ({
    // A signal that main cannot deliver is like a lost packet: the sessions ask again by themselves.
    send: (signal) => void call('signal:send', { to: target, signal }),
    onSignal(listener) {
      const key = keyOf(target);
      const listeners = conversations.get(key) ?? new Set();
      conversations.set(key, listeners);
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0) conversations.delete(key);
      };
    },
  });

  on('signal:received', ({ from, signal }) => {
    if (from.kind === 'device') for (const newcomer of newcomers) newcomer(from.id);
    for (const listener of [...(conversations.get(keyOf(from)) ?? [])]) listener(signal);
  });

  return {
    relay: portTo({ kind: 'relay' }),
    device: (id) => portTo({ kind: 'device', id }),
    onDeviceSignal(listener) {
      newcomers.add(listener);
      return () => void newcomers.delete(listener);
    },
  };
};
