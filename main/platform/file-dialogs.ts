// Lets a person choose a file to read or to write; pages never name a path.
import { readFile, stat } from 'node:fs/promises';
import { BrowserWindow, dialog } from 'electron/main';
import { fail, ok, type Result } from '../../shared/result/result.ts';
import { writeFileAtomic } from '../lib/atomic-write.ts';

export type FileKind = { readonly name: string; readonly extensions: string[] };

const owner = (): BrowserWindow[] => BrowserWindow.getAllWindows().slice(0, 1);

/** The text of a file that the person chose, null when they chose none. Fails with `file-unreadable` or `file-too-long`. */
export const openTextFile = async (kind: FileKind, maxBytes: number): Promise<Result<string | null>> => {
  const [window] = owner();
  const options = { properties: ['openFile' as const], filters: [kind] };
  const chosen =
    window === undefined
      ? await dialog.showOpenDialog(options)
      : await dialog.showOpenDialog(window, options);
  const path = chosen.filePaths[0];
  if (chosen.canceled || path === undefined) return ok(null);
  try {
    if ((await stat(path)).size > maxBytes) return fail('file-too-long', 'choose-again');
    return ok(await readFile(path, 'utf8'));
  } catch (error) {
    return fail('file-unreadable', 'choose-again', String(error));
  }
};

/** Writes a text, readable by this account alone, where the person says; false when they say nowhere. */
export const saveTextFile = async (
  kind: FileKind,
  suggestedName: string,
  text: string,
): Promise<Result<boolean>> => {
  const [window] = owner();
  const options = { defaultPath: suggestedName, filters: [kind] };
  const chosen =
    window === undefined
      ? await dialog.showSaveDialog(options)
      : await dialog.showSaveDialog(window, options);
  if (chosen.canceled || chosen.filePath === '') return ok(false);
  const written = await writeFileAtomic(chosen.filePath, text, { mode: 0o600 });
  return written.ok ? ok(true) : fail('file-not-written', 'choose-again', written.error.code);
};
