// A console takes what school IT has made for it: as its first identity, or in place of an older one of the same room.
import { X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import { keyIdOf } from './certificate-profile.ts';
import type { IdentityFailure } from './identity-file.ts';
import {
  type ConsoleContent,
  type ConsoleIdentity,
  contentProblem,
  identityOf,
  readConsoleContent,
  writeConsoleContent,
} from './identity-store.ts';
import { readSignedRoster } from './roster.ts';
import { publicKeyOf } from './school-authority.ts';
import type { SecretBox } from './secret-box.ts';
import {
  maxTeacherFileLength,
  openTeacherFile,
  renewalFileName,
  type TeacherFile,
  type TeacherFileFailure,
} from './teacher-file.ts';

export type ImportFailure =
  | IdentityFailure
  | TeacherFileFailure
  | AppError<
      | 'teacher-file-expired'
      | 'teacher-file-other-school'
      | 'teacher-file-other-room'
      | 'teacher-file-other-teacher'
      | 'teacher-file-old'
    >;

const endOf = (certificatePem: string): number => new X509Certificate(certificatePem).validToDate.getTime();

/** Puts the file's content over what is there. A renewal has no keys: those of the console stay. */
function merged(file: TeacherFile, kept: ConsoleContent | null): Result<ConsoleContent, ImportFailure> {
  if (kept === null) {
    if (file.keys === null)
      return fail('teacher-file-other-teacher', 'choose-again', 'a renewal, but no teacher yet');
    return ok({ ...file.content, secrets: { ...file.keys, schoolKeyPem: null } });
  }
  const { authorityPem, roomId } = file.content;
  if (authorityPem.trim() !== kept.authorityPem.trim()) return fail('teacher-file-other-school', 'ask-it');
  if (roomId !== kept.roomId) return fail('teacher-file-other-room', 'ask-it');
  const isSameTeacher = file.keys === null || file.keys.teacherKeyPem === kept.secrets.teacherKeyPem;
  if (isSameTeacher && endOf(file.content.certificatePem) < endOf(kept.certificatePem)) {
    return fail('teacher-file-old', 'choose-again');
  }
  const { schoolKeyPem } = kept.secrets;
  const secrets = file.keys === null ? kept.secrets : { ...file.keys, schoolKeyPem };
  return ok({ ...file.content, roster: newerRoster(authorityPem, file.content, kept), secrets });
}

const newerRoster = (
  authorityPem: string,
  offered: Pick<ConsoleContent, 'roster'>,
  kept: Pick<ConsoleContent, 'roster'>,
): ConsoleContent['roster'] => {
  const epochOf = ({ roster }: Pick<ConsoleContent, 'roster'>): number => {
    const read = readSignedRoster(authorityPem, roster);
    return read.ok ? read.value.epoch : 0;
  };
  return epochOf(offered) >= epochOf(kept) ? offered.roster : kept.roster;
};

/** Names why a content does not fit together in words of the person who has chosen the file. */
function importProblem(
  content: ConsoleContent,
  file: TeacherFile,
  nowMs: number,
): Result<void, ImportFailure> {
  const problem = contentProblem(content);
  if (problem === 'teacher' && file.keys === null) return fail('teacher-file-other-teacher', 'choose-again');
  if (problem !== null) return fail('teacher-file-damaged', 'choose-again', problem);
  if (endOf(content.certificatePem) <= nowMs) return fail('teacher-file-expired', 'ask-it');
  const id = keyIdOf(publicKeyOf(content.secrets.teacherKeyPem));
  const roster = readSignedRoster(content.authorityPem, content.roster);
  const isRevoked = roster.ok && roster.value.revoked.includes(id);
  // A file from before the revocation: no device would follow this teacher.
  return isRevoked ? fail('teacher-file-expired', 'ask-it', 'revoked') : ok(undefined);
}

/**
 * Takes a teacher file or a renewal (`text`) and writes the console's identity. Over an existing identity only one of the
 * same school and room is taken; the newer roster stays, and a school key that is held stays. The identity's `handedTokens`
 * are for the desk's `adopt`. Nothing is written on any failure.
 */
export async function importTeacherFile(
  path: string,
  box: SecretBox,
  text: string,
  password: string,
  nowMs: number,
): Promise<Result<ConsoleIdentity, ImportFailure>> {
  const file = await openTeacherFile(text, password);
  if (!file.ok) return file;
  const kept = await readConsoleContent(path, box);
  if (!kept.ok) return kept;
  const content = merged(file.value, kept.value);
  if (!content.ok) return content;
  const problem = importProblem(content.value, file.value, nowMs);
  if (!problem.ok) return problem;
  const saved = await writeConsoleContent(path, box, content.value, kept.value === null ? 'keep' : 'replace');
  if (!saved.ok) return saved;
  return ok(await identityOf(content.value, file.value.tokens));
}

/**
 * For a folder on a share where school IT lays renewals (`admin renew-teacher --all --out-dir`): takes the one for this
 * console if it ends later than the certificate in use. null: none there, or none that is newer. `teacher-file-unreadable`:
 * the share does not give it. Nobody is asked anything, for a renewal counts by the root's signature alone.
 */
export async function renewFromFolder(
  path: string,
  box: SecretBox,
  identity: ConsoleIdentity,
  folder: string,
  nowMs: number,
): Promise<Result<ConsoleIdentity | null, ImportFailure | AppError<'teacher-file-unreadable'>>> {
  const file = join(folder, renewalFileName(identity));
  let text: string;
  try {
    if ((await stat(file)).size > maxTeacherFileLength)
      return fail('teacher-file-damaged', 'ask-it', 'too long');
    text = await readFile(file, 'utf8');
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (code === '') throw cause;
    return code === 'ENOENT' ? ok(null) : fail('teacher-file-unreadable', 'retry', code);
  }
  const renewal = await openTeacherFile(text, '');
  if (!renewal.ok) return renewal;
  const { certificatePem } = renewal.value.content;
  try {
    if (endOf(certificatePem) <= endOf(identity.certificatePem)) return ok(null);
  } catch {
    return fail('teacher-file-damaged', 'ask-it', 'certificate');
  }
  return importTeacherFile(path, box, text, '', nowMs);
}
