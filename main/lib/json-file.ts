// One small JSON document on disk: parsed by a schema when read, written whole and in order. A damaged file is kept
// beside the new one, never overwritten unseen.
import { readFileSync, renameSync } from 'node:fs';
import type { z } from 'zod';
import { writeFileAtomic } from './atomic-write.ts';
import type { Log } from './log.ts';

export type JsonFile<T> = {
  /** null when there is none or it cannot be read; the latter is logged as `file-damaged`. */
  readonly load: () => T | null;
  /** Returns at once; of many saves in a row only the last needs to reach the disk. null stores null. */
  readonly save: (value: T | null) => void;
  /** All that was saved is on disk. */
  readonly settled: () => Promise<void>;
};

export const openJsonFile = <T>(path: string, schema: z.ZodType<T>, log: Log): JsonFile<T> => {
  let latest: { readonly value: T | null } | null = null;
  let writing: Promise<void> | null = null;

  const setAside = (detail: string): null => {
    log.error('file-damaged', { detail });
    try {
      renameSync(path, `${path}.damaged-${Date.now()}`);
    } catch (error) {
      log.error('file-not-set-aside', { detail: String(error) });
    }
    return null;
  };

  const writeAll = async (): Promise<void> => {
    while (latest !== null) {
      const { value } = latest;
      latest = null;
      const result = await writeFileAtomic(path, `${JSON.stringify(value)}\n`);
      if (!result.ok) log.error('file-not-written', { reason: result.error.code });
    }
    writing = null;
  };

  return {
    load() {
      let text: string;
      try {
        text = readFileSync(path, 'utf8');
      } catch (error) {
        const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
        if (!isMissing) log.error('file-unreadable', { detail: String(error) });
        return null;
      }
      try {
        const parsed = schema.nullable().safeParse(JSON.parse(text));
        return parsed.success ? parsed.data : setAside(parsed.error.message.slice(0, 200));
      } catch (error) {
        return setAside(String(error));
      }
    },
    save(value) {
      latest = { value };
      writing ??= writeAll();
    },
    settled: async () => {
      await writing;
    },
  };
};
