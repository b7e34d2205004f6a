import { expect, test } from 'vitest';
import { ok } from '../../shared/result/result.ts';
import { silentLog } from '../lib/log.ts';
import { createBroadcast, createRouter, type Handlers } from './router.ts';

const fromConsole = { kind: 'console', windowId: 1 } as const;
const fromLock = { kind: 'lock', windowId: 2 } as const;

const setUp = (handlers: Handlers = {}) => {
  const log = silentLog();
  return { log, router: createRouter(() => handlers, log) };
};

test('a good call of the right window reaches its handler', async () => {
  const { router } = setUp({
    'appearance:set': (change) => ok({ language: change.language ?? 'en', theme: 'dark' }),
  });
  expect(await router.handle('appearance:set', { language: 'de' }, fromConsole)).toEqual({
    ok: true,
    value: { language: 'de', theme: 'dark' },
  });
});

test.each([
  ['nobody we know', 'appearance:get', {}, null, 'ipc-sender'],
  ['a window that may not', 'lesson:start', {}, fromLock, 'ipc-sender'],
  ['an unknown name', 'shell:run', {}, fromConsole, 'ipc-unknown'],
  ['a name of the prototype', 'constructor', {}, fromConsole, 'ipc-unknown'],
  ['a name that is no text', { name: 'lesson:start' }, {}, fromConsole, 'ipc-unknown'],
  ['a key too many', 'lesson:start', { force: true }, fromConsole, 'ipc-input'],
  [
    'a list too long',
    'wall:watch',
    { wanted: Array(201).fill({ id: 'a'.repeat(64), quality: 'tile' }) },
    fromConsole,
    'ipc-input',
  ],
  ['a call that this role does not serve', 'lesson:start', {}, fromConsole, 'ipc-role'],
])('%s is refused with a code and counted', async (_name, channel, input, sender, code) => {
  const { router, log } = setUp();
  expect(await router.handle(channel, input, sender)).toMatchObject({ ok: false, error: { code } });
  expect(log.counts()).toEqual({ 'ipc-refused': 1 });
});

test('a handler that breaks gives a code, never its words', async () => {
  const { router } = setUp({
    'lesson:start': () => {
      throw new Error('secret path /home/teacher');
    },
  });
  const result = await router.handle('lesson:start', {}, fromConsole);
  expect(result).toEqual({ ok: false, error: { code: 'internal', retry: 'retry' } });
});

test('an event goes only to the windows that the contract names', () => {
  const got: string[] = [];
  const target = (kind: 'console' | 'lock' | 'capture') => ({
    kind,
    send: (channel: string) => got.push(`${kind} ${channel}`),
  });
  createBroadcast(() => [target('console'), target('lock'), target('capture')])('devices:removed', []);
  expect(got).toEqual(['console devices:removed']);
});
