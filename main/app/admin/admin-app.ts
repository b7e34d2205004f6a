// The admin role's start: gives the command line this computer's secret store, clock and standard streams.
import { verifyAuditLog } from '../../features/audit/verify-audit-log.ts';
import { systemClock } from '../../lib/clock.ts';
import { systemLanguage } from '../../platform/app-life.ts';
import { systemSecretBox } from '../../platform/secret-box.ts';
import { type ExitCode, runAdmin } from './run-admin.ts';
import { readSecretLine } from './secret-input.ts';

/** Resolves when the text has left this process: the start ends it right after. */
const writeTo =
  (stream: NodeJS.WriteStream) =>
  (text: string): Promise<void> =>
    new Promise((resolve) => void stream.write(text, () => resolve()));

/** `line`: what stands behind `admin` on the command line. */
export const startAdminApp = (profile: string, line: readonly string[]): Promise<ExitCode> => {
  const writeError = writeTo(process.stderr);
  return runAdmin(line, {
    profile,
    box: systemSecretBox,
    wallMs: systemClock.wallMs,
    language: systemLanguage().startsWith('de') ? 'de' : 'en',
    write: writeTo(process.stdout),
    writeError,
    readSecret: (prompt) => readSecretLine(process.stdin, writeError, prompt),
    verifyAuditLog,
  });
};
