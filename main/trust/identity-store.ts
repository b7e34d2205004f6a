// A console's identity on disk: its teacher, its room's authority and, in a school without IT, the school itself. A file that
// cannot be understood is left alone and reported; a new identity is never put in its place by this code.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { DisplayName, RoomId, TeacherId } from '../../shared/domain/ids.ts';
import { SignedRoster } from '../../shared/protocol/roster.ts';
import { ok, type Result } from '../../shared/result/result.ts';
import {
  isDueForRenewal,
  keyIdOf,
  roomAuthorityLifetimeMs,
  teacherLifetimeMs,
} from './certificate-profile.ts';
import type { TeacherIdentity } from './identity.ts';
import {
  BoxKind,
  damaged,
  fits,
  type IdentityFailure,
  isSignedBy,
  Pem,
  parseJson,
  readText,
  Sealed,
  seal,
  unseal,
  writeSecretFile,
} from './identity-file.ts';
import { readSignedRoster } from './roster.ts';
import {
  createKeyPair,
  createRoomAuthority,
  createSchool,
  openRoomAuthority,
  openSchool,
  publicKeyOf,
  type RoomAuthority,
  type SchoolAuthority,
} from './school-authority.ts';
import type { SecretBox } from './secret-box.ts';
import type { TokenRecord } from './token-record.ts';

export { loadAgentIdentity, saveAgentIdentity } from './agent-identity.ts';
export type { IdentityFailure } from './identity-file.ts';

export type ConsoleIdentity = TeacherIdentity & {
  readonly roomName: string;
  readonly teacherName: string;
  /** SHA-256 of the root's certificate. */
  readonly fingerprint: string;
  /** Issues devices of this room. */
  readonly school: RoomAuthority;
  /** The school itself; null where school IT keeps it. */
  readonly root: SchoolAuthority | null;
  /** The one the identity came with; the keeper may know a newer one. */
  readonly roster: SignedRoster;
  /** Tokens that came with a teacher file just now, for the desk to adopt; empty at any other time. */
  readonly handedTokens: readonly TokenRecord[];
};

const format = 'lehrpult.console-identity.2';
const ConsoleFile = z.strictObject({
  format: z.literal(format),
  box: BoxKind,
  roomId: RoomId,
  roomName: DisplayName,
  teacherName: DisplayName,
  authorityPem: Pem,
  roomAuthorityPem: Pem,
  certificatePem: Pem,
  roster: SignedRoster,
  sealed: Sealed,
});
const ConsoleSecrets = z.strictObject({
  teacherKeyPem: Pem,
  roomAuthorityKeyPem: Pem,
  /** null in a school with IT. */
  schoolKeyPem: Pem.nullable(),
});

/** All that a console's file says, with its secrets open. `authorityPem`: the root's certificate. */
export type ConsoleContent = Omit<z.infer<typeof ConsoleFile>, 'format' | 'box' | 'sealed'> & {
  readonly secrets: z.infer<typeof ConsoleSecrets>;
};

/** What does not fit together in it; null if all does. */
export function contentProblem(content: ConsoleContent): string | null {
  const { roomId, authorityPem, roomAuthorityPem, certificatePem, secrets } = content;
  if (secrets.schoolKeyPem !== null && !fits(authorityPem, secrets.schoolKeyPem, null)) return 'school';
  const isRoom = fits(roomAuthorityPem, secrets.roomAuthorityKeyPem, { role: 'agent', roomId });
  if (!isRoom || !isSignedBy(roomAuthorityPem, authorityPem)) return 'room authority';
  const isTeacher = fits(certificatePem, secrets.teacherKeyPem, { role: 'teacher', roomId });
  if (!isTeacher || !isSignedBy(certificatePem, authorityPem)) return 'teacher';
  return readSignedRoster(authorityPem, content.roster).ok ? null : 'roster';
}

/** The content of a console's file, null if there is no file. */
export async function readConsoleContent(
  path: string,
  box: SecretBox,
): Promise<Result<ConsoleContent | null, IdentityFailure>> {
  const text = await readText(path);
  if (!text.ok) return text;
  if (text.value === null) return ok(null);
  const file = parseJson(ConsoleFile, text.value);
  if (!file.ok) return file;
  const secrets = await unseal(box, file.value, ConsoleSecrets);
  if (!secrets.ok) return secrets;
  const { format: _format, box: _box, sealed: _sealed, ...open } = file.value;
  const content = { ...open, secrets: secrets.value };
  const problem = contentProblem(content);
  return problem === null ? ok(content) : damaged(`does not fit: ${problem}`);
}

export async function writeConsoleContent(
  path: string,
  box: SecretBox,
  { secrets, ...open }: ConsoleContent,
  existing: 'keep' | 'replace',
): Promise<Result<void, IdentityFailure>> {
  const sealed = await seal(box, secrets);
  if (!sealed.ok) return sealed;
  return writeSecretFile(path, { format, box: box.kind, ...open, sealed: sealed.value }, existing);
}

/** Opens the keys of a content that fits together. */
export async function identityOf(
  content: ConsoleContent,
  handedTokens: readonly TokenRecord[] = [],
): Promise<ConsoleIdentity> {
  const { secrets, authorityPem, roomAuthorityPem, certificatePem, roster } = content;
  const { schoolKeyPem, roomAuthorityKeyPem, teacherKeyPem } = secrets;
  const room = { certificatePem: roomAuthorityPem, privateKeyPem: roomAuthorityKeyPem };
  const school = await openRoomAuthority(room, authorityPem);
  const root =
    schoolKeyPem === null
      ? null
      : await openSchool({ certificatePem: authorityPem, privateKeyPem: schoolKeyPem });
  return {
    school,
    root,
    fingerprint: school.fingerprint,
    roomId: content.roomId,
    roomName: content.roomName,
    teacherName: content.teacherName,
    authorityPem,
    certificatePem,
    privateKeyPem: teacherKeyPem,
    teacherId: TeacherId.parse(keyIdOf(publicKeyOf(teacherKeyPem))),
    roster,
    handedTokens,
  };
}

/** With the root at hand: certificates in their last third anew, for the same keys. Gives the same content if none is due. */
async function renewed(content: ConsoleContent, nowMs: number): Promise<ConsoleContent> {
  const { roomId, authorityPem, secrets, certificatePem, roomAuthorityPem } = content;
  const { schoolKeyPem, teacherKeyPem, roomAuthorityKeyPem } = secrets;
  const isTeacherDue = isDueForRenewal(certificatePem, teacherLifetimeMs, nowMs);
  const isRoomDue = isDueForRenewal(roomAuthorityPem, roomAuthorityLifetimeMs, nowMs);
  if (schoolKeyPem === null || !(isTeacherDue || isRoomDue)) return content;
  const root = await openSchool({ certificatePem: authorityPem, privateKeyPem: schoolKeyPem });
  return {
    ...content,
    certificatePem: isTeacherDue
      ? await root.issueTeacher(publicKeyOf(teacherKeyPem), roomId, nowMs)
      : certificatePem,
    roomAuthorityPem: isRoomDue
      ? await root.issueRoomAuthority(publicKeyOf(roomAuthorityKeyPem), roomId, nowMs)
      : roomAuthorityPem,
  };
}

/**
 * The console's identity, null before a school was made or joined. A console that holds the school renews certificates in
 * their last third with the same keys. A damaged file gives `identity-damaged` and stays as it is.
 */
export async function openConsoleIdentity(
  path: string,
  box: SecretBox,
  nowMs: number,
): Promise<Result<ConsoleIdentity | null, IdentityFailure>> {
  const content = await readConsoleContent(path, box);
  if (!content.ok) return content;
  if (content.value === null) return ok(null);
  const next = await renewed(content.value, nowMs);
  if (next !== content.value) {
    const saved = await writeConsoleContent(path, box, next, 'replace');
    if (!saved.ok) return saved;
  }
  return ok(await identityOf(next));
}

/**
 * For a console that runs for weeks: a new certificate by the own root when the one in use is in its last third, else (and
 * without the root) the identity as it is. The link has to be started anew with it.
 */
export async function renewTeacher(
  path: string,
  box: SecretBox,
  identity: ConsoleIdentity,
  nowMs: number,
): Promise<Result<ConsoleIdentity, IdentityFailure>> {
  if (identity.root === null || !isTeacherDue(identity, nowMs)) return ok(identity);
  const opened = await openConsoleIdentity(path, box, nowMs);
  return opened.ok ? ok(opened.value ?? identity) : opened;
}

/** Is the teacher's certificate in its last third, so that school IT, if it keeps the root, should renew it? */
export const isTeacherDue = (identity: Pick<TeacherIdentity, 'certificatePem'>, nowMs: number): boolean =>
  isDueForRenewal(identity.certificatePem, teacherLifetimeMs, nowMs);

/** For a school without IT: makes a school, a room in it and a teacher. An existing file stays: `identity-not-written`. */
export async function createOwnSchool(
  path: string,
  box: SecretBox,
  wish: { readonly roomName: string; readonly teacherName: string; readonly nowMs: number },
): Promise<Result<ConsoleIdentity, IdentityFailure>> {
  const { roomName, teacherName, nowMs } = wish;
  const keys = await createSchool(nowMs);
  const root = await openSchool(keys);
  const teacher = await createKeyPair();
  const roomId = RoomId.parse(randomUUID());
  const room = await createRoomAuthority(root, roomId, nowMs);
  const id = TeacherId.parse(keyIdOf(teacher.publicKeyDer));
  const roster = root.signRoster({
    v: 1,
    school: root.fingerprint,
    epoch: 1,
    issuedAt: nowMs,
    teachers: [{ id, name: teacherName, rooms: [roomId] }],
    revoked: [],
  });
  const content: ConsoleContent = {
    roomId,
    roomName,
    teacherName,
    authorityPem: keys.certificatePem,
    roomAuthorityPem: room.certificatePem,
    certificatePem: await root.issueTeacher(teacher.publicKeyDer, roomId, nowMs),
    roster,
    secrets: {
      teacherKeyPem: teacher.privateKeyPem,
      roomAuthorityKeyPem: room.privateKeyPem,
      schoolKeyPem: keys.privateKeyPem,
    },
  };
  const saved = await writeConsoleContent(path, box, content, 'keep');
  if (!saved.ok) return saved;
  // What is used is what was written: a file that could not be read back is found now, not at the next start.
  const opened = await openConsoleIdentity(path, box, nowMs);
  if (!opened.ok) return opened;
  return opened.value === null ? damaged('gone after writing') : ok(opened.value);
}
