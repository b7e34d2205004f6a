// verify-log: is a log of who did what whole?
import { stat } from 'node:fs/promises';
import { type AdminCommand, done, failed, usage } from './command.ts';
import { fileTrouble, readTextFile } from './files.ts';

const verifyLog: AdminCommand = {
  name: 'verify-log',
  usage: '<file> [--key <file.pem>]',
  about: 'Checks a log of who did what, and names the exact entry that was changed.',
  help: [
    '<file>             The database of the log, of a console or of a device. It is only read.',
    '--key <file.pem>   The public key of the log as you noted it before. Without it the key in the file is believed;',
    '                   compare the fingerprint that is shown.',
  ],
  options: { key: { type: 'string' } },
  takesOperand: true,
  async run({ parts, operand, text }) {
    if (operand === null) return usage('Which log? Give its file.');
    try {
      // SQLite would make an empty database where there is none.
      await stat(operand);
    } catch (cause) {
      const detail = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
      return fileTrouble(operand, { code: 'file-not-read', retry: 'choose-again', detail });
    }
    const keyPath = text('key');
    const key = keyPath === null ? null : await readTextFile(keyPath);
    if (key !== null && !key.ok) return fileTrouble(keyPath ?? '', key.error);
    const verdict = parts.verifyAuditLog(operand, key?.value ?? null);
    if (verdict.ok) {
      const { entries, keyFingerprint } = verdict;
      return done({ entries, keyFingerprint }, [
        `All ${entries} entries are as they were written.`,
        `Signed by the key ${keyFingerprint}`,
      ]);
    }
    const { brokenEntry, reason } = verdict;
    const message = `Entry ${brokenEntry} is not as it was written (${reason}). Entries before it are whole; keep the file as it is.`;
    return failed('log-broken', message, { brokenEntry, reason });
  },
};

export const logCommands: readonly AdminCommand[] = [verifyLog];
