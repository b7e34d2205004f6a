import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { openJsonFile } from './json-file.ts';
import { silentLog } from './log.ts';

const schema = z.strictObject({ seat: z.int() });

const setUp = () => {
  const folder = mkdtempSync(join(tmpdir(), 'lehrpult-json-'));
  const path = join(folder, 'devices.json');
  const log = silentLog();
  return { folder, path, log, file: openJsonFile(path, schema, log) };
};

test('what was saved last is what is loaded', async () => {
  const { path, log, file } = setUp();
  for (let seat = 1; seat <= 20; seat += 1) file.save({ seat });
  await file.settled();
  expect(openJsonFile(path, schema, log).load()).toEqual({ seat: 20 });
});

test('no file is no error', () => {
  const { file, log } = setUp();
  expect(file.load()).toBeNull();
  expect(log.counts()).toEqual({});
});

test.each(['{"seat":"one"}', '{', ''])(
  'a damaged file (%j) is set aside, not overwritten',
  async (content) => {
    const { folder, path, file, log } = setUp();
    writeFileSync(path, content);
    expect(file.load()).toBeNull();
    expect(log.counts()).toEqual({ 'file-damaged': 1 });
    file.save({ seat: 1 });
    await file.settled();
    const aside = readdirSync(folder).find((name) => name.includes('damaged'));
    expect(readFileSync(join(folder, aside ?? ''), 'utf8')).toBe(content);
  },
);
