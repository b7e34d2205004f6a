// The admin role on the command line: what this profile's school is, as one JSON object.
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { systemClock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { systemSecretBox } from '../platform/secret-box.ts';
import { openConsoleIdentity } from '../trust/identity-store.ts';

type Parts = { readonly profile: string; readonly log: Log };

/** Prints the school of this profile, which it makes if there is none yet. Gives the exit code. */
export const runAdmin = async ({ profile, log }: Parts): Promise<number> => {
  const opened = await openConsoleIdentity(
    join(profile, 'school.json'),
    systemSecretBox,
    systemClock.wallMs(),
  );
  if (!opened.ok) {
    log.error('school-not-opened', { reason: opened.error.code });
    process.stdout.write(`${JSON.stringify({ error: opened.error.code })}\n`);
    return 1;
  }
  const { school, roomId, teacherId, certificatePem } = opened.value;
  const facts = {
    schoolFingerprint: school.fingerprint,
    schoolValidTo: new X509Certificate(school.certificatePem).validToDate.toISOString(),
    room: roomId,
    teacher: teacherId,
    teacherValidTo: new X509Certificate(certificatePem).validToDate.toISOString(),
  };
  process.stdout.write(`${JSON.stringify(facts, null, 2)}\n`);
  return 0;
};
