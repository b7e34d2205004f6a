// Files that are whole or absent: after a crash at any moment a reader finds the old or the new content, nothing between.
import { randomBytes } from 'node:crypto';
import { type FileHandle, link, mkdir, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';

export type WriteOptions = {
  /** Permission bits of the file; default 0o600, for what is written here is seldom for others. */
  readonly mode?: number;
  /** `keep`: fails with `exists` if the file is there. Default `replace`. */
  readonly existing?: 'replace' | 'keep';
};

export type WriteFailure = AppError<'exists' | 'disk-full' | 'not-writable' | 'write-failed'>;

const codeOf = (cause: unknown): string =>
  cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';

function failureOf(cause: unknown): { readonly ok: false; readonly error: WriteFailure } {
  const code = codeOf(cause);
  if (code === '') throw cause;
  if (code === 'EEXIST') return fail('exists', 'none', code);
  if (code === 'ENOSPC' || code === 'EDQUOT') return fail('disk-full', 'retry', code);
  if (['EACCES', 'EPERM', 'EROFS'].includes(code)) return fail('not-writable', 'ask-it', code);
  return fail('write-failed', 'retry', code);
}

/** Makes the rename itself durable; Windows has no such call and does not need it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function fill(handle: FileHandle, content: string | Uint8Array, mode: number): Promise<void> {
  try {
    await handle.writeFile(content);
    // The umask may have taken bits at creation; the mode asked for is the mode given.
    await handle.chmod(mode);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Removes a leftover; that it is gone already is the wished state. */
async function discard(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (cause) {
    if (codeOf(cause) === '') throw cause;
  }
}

/**
 * Writes `path` by way of a temporary file in the same folder: write, fsync, rename, fsync of the folder. Missing folders
 * are made (0o700). Expected disk trouble comes back as a failure and leaves the old file and no temporary one.
 */
export async function writeFileAtomic(
  path: string,
  content: string | Uint8Array,
  options: WriteOptions = {},
): Promise<Result<void, WriteFailure>> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await fill(await open(temporary, 'wx', 0o600), content, options.mode ?? 0o600);
    if (options.existing === 'keep') {
      // A hard link, unlike a rename, fails where the name is taken.
      await link(temporary, path);
      await unlink(temporary);
    } else {
      await rename(temporary, path);
    }
    await syncFolder(folder);
    return ok(undefined);
  } catch (cause) {
    await discard(temporary);
    return failureOf(cause);
  }
}
