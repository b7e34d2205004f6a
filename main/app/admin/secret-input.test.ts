import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { readSecretLine } from './secret-input.ts';

const piped = (...chunks: (string | Buffer)[]) => {
  const stream = new PassThrough();
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  return stream;
};
/** A terminal: what is typed is not echoed by it while it is raw. */
const terminal = () => {
  const modes: boolean[] = [];
  const events = new EventEmitter();
  const input = Object.assign(events, {
    isTTY: true,
    setRawMode: (isRaw: boolean) => modes.push(isRaw),
    setEncoding: () => input,
    resume: () => input,
    pause: () => input,
  });
  return {
    input: input as unknown as NodeJS.ReadStream,
    modes,
    type: (text: string) => events.emit('data', text),
  };
};

test('a piped secret is the first line, however it is cut', async () => {
  const shown: string[] = [];
  const read = (...chunks: (string | Buffer)[]) =>
    readSecretLine(
      piped(...chunks) as unknown as NodeJS.ReadStream,
      (text) => shown.push(text),
      'Password: ',
    );
  expect(await read('one line\nanother')).toBe('one line');
  expect(await read('windows\r\n')).toBe('windows');
  expect(await read('no end')).toBe('no end');
  expect(await read('')).toBe('');
  const bytes = Buffer.from('Märchen\n');
  expect(await read(bytes.subarray(0, 2), bytes.subarray(2))).toBe('Märchen');
  expect(shown).toEqual([]);
});

test('a person is asked, sees nothing of what is typed, and can correct it', async () => {
  const shown: string[] = [];
  const { input, modes, type } = terminal();
  const secret = readSecretLine(input, (text) => shown.push(text), 'Password: ');
  for (const key of ['g', 'e', 'h', 'x', '\u007f', 'eim🔒', '\u007f', '\r']) type(key);
  expect(await secret).toBe('geheim');
  expect(modes).toEqual([true, false]);
  expect(shown.join('')).toBe('Password: \n');
});

test('a person who gives up gives nothing', async () => {
  const { input, modes, type } = terminal();
  const secret = readSecretLine(input, () => {}, 'Password: ');
  type('half');
  type('\u0003');
  expect(await secret).toBe('');
  expect(modes).toEqual([true, false]);
});
