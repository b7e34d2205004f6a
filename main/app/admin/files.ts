// Files that admin commands read and make: named by a person, so every trouble comes back with advice.
import { open, readFile, stat, unlink } from 'node:fs/promises';
import { type AppError, fail, ok, type Result } from '../../../shared/result/result.ts';
import { writeFileAtomic } from '../../lib/atomic-write.ts';
import { failed, type Outcome } from './command.ts';

const maxReadBytes = 1024 * 1024;

type FileTrouble = AppError<'file-not-read' | 'file-exists' | 'file-not-written'>;

const codeOf = (cause: unknown): string => {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (code === '') throw cause;
  return code;
};

/** At most 1 MiB of text. */
export async function readTextFile(path: string): Promise<Result<string, FileTrouble>> {
  try {
    if ((await stat(path)).size > maxReadBytes) return fail('file-not-read', 'choose-again', 'too long');
    return ok(await readFile(path, 'utf8'));
  } catch (cause) {
    return fail('file-not-read', 'choose-again', codeOf(cause));
  }
}

/** A file name that is taken but still empty. */
export type ReservedFile = {
  readonly fill: (text: string) => Promise<Result<void, FileTrouble>>;
  /** Gives the name free again. */
  readonly drop: () => Promise<void>;
};

/**
 * Takes a new file's name before anything is changed, so that a wrong path is known in time. Never touches a file that is
 * there. Not by way of a temporary file: memory sticks often have no hard links. `mode`: permission bits.
 */
export async function reserveFile(path: string, mode: number): Promise<Result<ReservedFile, FileTrouble>> {
  try {
    const handle = await open(path, 'wx', mode);
    const drop = async () => {
      await handle.close();
      await unlink(path);
    };
    return ok({
      drop,
      async fill(text) {
        try {
          await handle.writeFile(text);
          await handle.sync();
          await handle.close();
          return ok(undefined);
        } catch (cause) {
          await drop();
          return fail('file-not-written', 'retry', codeOf(cause));
        }
      },
    });
  } catch (cause) {
    const code = codeOf(cause);
    return code === 'EEXIST' ? fail('file-exists', 'choose-again') : fail('file-not-written', 'retry', code);
  }
}

/** Writes or replaces a file that everybody may read, whole or not at all. */
export async function publishFile(path: string, text: string): Promise<Result<void, FileTrouble>> {
  const written = await writeFileAtomic(path, text, { mode: 0o644 });
  return written.ok
    ? ok(undefined)
    : fail('file-not-written', 'retry', written.error.detail ?? written.error.code);
}

const fileAdvice: Readonly<Record<FileTrouble['code'], (path: string) => string>> = {
  'file-not-read': (path) => `${path} could not be read. Check the name and its permissions.`,
  'file-exists': (path) => `${path} exists already. Name a file that does not exist yet.`,
  'file-not-written': (path) => `${path} could not be written. Check folder, permissions and free space.`,
};

export const fileTrouble = (path: string, error: FileTrouble): Outcome => {
  const facts = error.detail === undefined ? { path } : { path, detail: error.detail };
  return failed(error.code, fileAdvice[error.code](path), facts);
};
