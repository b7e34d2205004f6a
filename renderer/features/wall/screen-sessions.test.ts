import { expect, test } from 'vitest';
import type { DeviceId } from '../../../shared/domain/ids.ts';
import type { SignalHub } from '../../lib/signal-hub.ts';
import type { ScreenReceiver } from '../../webrtc/screen-receiver.ts';
import { ScreenSessions } from './screen-sessions.ts';

const id = 'a'.repeat(64) as DeviceId;

/** A session whose receiver the test moves itself. */
const setUp = () => {
  const listeners = new Map<string, (value: unknown) => void>();
  let isClosed = false;
  const receiver = {
    on: (event: string, listener: (value: never) => void) => {
      listeners.set(event, listener as (value: unknown) => void);
      return () => {};
    },
    ask: () => {},
    close: () => {
      isClosed = true;
    },
  } as unknown as ScreenReceiver;
  const hub = { onDeviceSignal: () => () => {}, device: () => ({}) } as unknown as SignalHub;
  const sessions = new ScreenSessions(hub, () => receiver);
  sessions.open();
  sessions.resume(id);
  return {
    sessions,
    say: (event: 'status' | 'stream', value: unknown) => listeners.get(event)?.(value),
    isClosed: () => isClosed,
  };
};

test('a picture that is not secure is taken away, not frozen', () => {
  const { sessions, say } = setUp();
  const stream = {} as MediaStream;
  say('stream', stream);
  say('status', 'live');
  expect(sessions.picture(id)).toEqual({ state: 'live', stream });
  say('status', 'frozen');
  expect(sessions.picture(id)).toEqual({ state: 'frozen', stream });
  say('status', 'insecure');
  expect(sessions.picture(id)).toEqual({ state: 'insecure', stream: null });
});

test('it comes back with the picture of somebody genuine', () => {
  const { sessions, say } = setUp();
  const stream = {} as MediaStream;
  say('status', 'insecure');
  say('stream', stream);
  say('status', 'live');
  expect(sessions.picture(id)).toEqual({ state: 'live', stream });
});

test('the end of the lesson forgets it', () => {
  const { sessions, say, isClosed } = setUp();
  say('status', 'insecure');
  sessions.close();
  expect(isClosed()).toBe(true);
  expect(sessions.picture(id).state).toBe('none');
});
