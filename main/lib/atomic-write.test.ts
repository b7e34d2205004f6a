import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFileAtomic } from './atomic-write.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lehrpult-write-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('an atomic write', () => {
  it('makes folders, gives the mode asked for, replaces, and leaves nothing else', async () => {
    const path = join(folder, 'a', 'b', 'file');
    expect(await writeFileAtomic(path, 'one')).toMatchObject({ ok: true });
    expect(await writeFileAtomic(path, Buffer.from('two'), { mode: 0o640 })).toMatchObject({ ok: true });
    expect(readFileSync(path, 'utf8')).toBe('two');
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o640);
    expect(readdirSync(join(folder, 'a', 'b'))).toEqual(['file']);
  });

  it('keeps what is there if told so', async () => {
    const path = join(folder, 'file');
    writeFileSync(path, 'old');
    expect(await writeFileAtomic(path, 'new', { existing: 'keep' })).toMatchObject({
      error: { code: 'exists' },
    });
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('is never seen half done by a reader', async () => {
    const path = join(folder, 'file');
    const contents = ['a', 'b'].map((letter) => letter.repeat(200_000));
    await writeFileAtomic(path, contents[0] ?? '');
    const writing = (async () => {
      for (let index = 0; index < 20; index += 1) await writeFileAtomic(path, contents[index % 2] ?? '');
    })();
    let isOver = false;
    void writing.then(() => {
      isOver = true;
    });
    while (!isOver) {
      expect(contents).toContain(readFileSync(path, 'utf8'));
      await new Promise(setImmediate);
    }
    await writing;
  });

  it('says what stands in the way and leaves no temporary file', async () => {
    const path = join(folder, 'taken');
    mkdirSync(path);
    writeFileSync(join(path, 'x'), '');
    expect(await writeFileAtomic(path, 'new')).toMatchObject({ ok: false });
    expect(readdirSync(folder)).toEqual(['taken']);
    expect(await writeFileAtomic(join(path, 'x', 'y'), 'new')).toMatchObject({ ok: false });
  });
});
