// The way a session reaches its far end; whoever makes one knows whether it is IPC, the link or a test.
import type { Signal } from '../../shared/protocol/signal.ts';

export type SignalPort = {
  readonly send: (signal: Signal) => void;
  /** Calls the listener for every signal of this conversation; gives the way to stop it. */
  readonly onSignal: (listener: (signal: Signal) => void) => () => void;
};
