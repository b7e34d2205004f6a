// How the relay process reaches main: Electron's parent port in the app, Node's IPC channel in tests and benches.
import type { FromRelay } from '../../shared/protocol/relay.ts';

export type ControlPort = {
  readonly post: (message: FromRelay) => void;
  /** Everything that comes, unread. */
  readonly onMessage: (listener: (message: unknown) => void) => void;
  /** Main is gone; nobody is left to work for. */
  readonly onClose: (listener: () => void) => void;
};

/** Electron's `process.parentPort` as far as it is used here. */
type ParentPort = {
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): void;
  postMessage(message: unknown): void;
};

/** Messages that come while the relay is still loading wait for its listener. */
const queued = (subscribe: (listener: (message: unknown) => void) => void): ControlPort['onMessage'] => {
  const waiting: unknown[] = [];
  let listener = (message: unknown): void => void waiting.push(message);
  subscribe((message) => listener(message));
  return (next) => {
    listener = next;
    for (const message of waiting.splice(0)) next(message);
  };
};

/** Finds the way to main, null when the process was started by hand. Call it once, before anything is awaited. */
export const findControlPort = (): ControlPort | null => {
  const { parentPort } = process as unknown as { parentPort?: ParentPort };
  if (parentPort) {
    return {
      post: (message) => parentPort.postMessage(message),
      onMessage: queued((listener) => parentPort.on('message', ({ data }) => listener(data))),
      // A utility process ends with the app by itself.
      onClose: () => {},
    };
  }
  if (process.send === undefined) return null;
  return {
    post(message) {
      if (process.connected) process.send?.(message);
    },
    onMessage: queued((listener) => void process.on('message', listener)),
    onClose: (listener) => void process.on('disconnect', listener),
  };
};
