// Identities on disk: a console's school and teacher, an agent's device. A file that cannot be understood is left alone
// and reported; a new identity is never put in its place by this code.
import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { DeviceId, DisplayName, RoomId, TeacherId } from '../../shared/domain/ids.ts';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import { writeFileAtomic } from '../lib/atomic-write.ts';
import { keyIdOf, type Role, readCertificate, teacherLifetimeMs } from './certificate-profile.ts';
import type { AgentIdentity, TeacherIdentity } from './identity.ts';
import {
  createKeyPair,
  createSchool,
  openSchool,
  publicKeyOf,
  type SchoolAuthority,
} from './school-authority.ts';
import type { SecretBox, SecretBoxFailure } from './secret-box.ts';

export type IdentityFailure =
  | AppError<'identity-damaged' | 'identity-unreadable' | 'identity-exposed' | 'identity-not-written'>
  | SecretBoxFailure;

export type ConsoleIdentity = TeacherIdentity & { readonly school: SchoolAuthority };

const Pem = z.string().max(8_192);
const Sealed = z
  .string()
  .max(65_536)
  .regex(/^[A-Za-z0-9+/=]+$/);
const ConsoleFile = z.strictObject({
  format: z.literal('lehrpult.console-identity.1'),
  box: z.enum(['system', 'file-mode']),
  roomId: RoomId,
  authorityPem: Pem,
  certificatePem: Pem,
  sealed: Sealed,
});
const ConsoleSecrets = z.strictObject({ authorityKeyPem: Pem, teacherKeyPem: Pem });
const AgentFile = z.strictObject({
  format: z.literal('lehrpult.agent-identity.1'),
  box: z.enum(['system', 'file-mode']),
  roomId: RoomId,
  roomName: DisplayName,
  addresses: z.array(z.string().max(128)).max(16),
  authorityPem: Pem,
  certificatePem: Pem,
  sealed: Sealed,
});
const AgentSecrets = z.strictObject({ privateKeyPem: Pem });
type ConsoleSecrets = z.infer<typeof ConsoleSecrets>;

const maxFileBytes = 256 * 1024;
/** A teacher's certificate with less than this left is issued anew when the console starts. */
const renewBeforeMs = teacherLifetimeMs / 3;

const damaged = (detail: string) => fail('identity-damaged', 'ask-it', detail);

/** The file's text, null if there is none. */
async function readText(path: string): Promise<Result<string | null, IdentityFailure>> {
  try {
    const facts = await stat(path);
    if (facts.size > maxFileBytes) return damaged('too long');
    // Windows knows no such bits; there the folder's access list protects the file.
    if (process.platform !== 'win32' && (facts.mode & 0o077) !== 0) {
      return fail('identity-exposed', 'ask-it', `mode ${(facts.mode & 0o777).toString(8)}`);
    }
    return ok(await readFile(path, 'utf8'));
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    if (code === '') throw cause;
    return code === 'ENOENT' ? ok(null) : fail('identity-unreadable', 'ask-it', code);
  }
}

function parseJson<T>(schema: z.ZodType<T>, text: string): Result<T, IdentityFailure> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return damaged('not JSON');
  }
  const parsed = schema.safeParse(json);
  return parsed.success ? ok(parsed.data) : damaged(`at ${parsed.error.issues[0]?.path.join('.') ?? ''}`);
}

async function seal(box: SecretBox, secrets: object): Promise<Result<string, IdentityFailure>> {
  const sealed = await box.seal(Buffer.from(JSON.stringify(secrets), 'utf8'));
  return sealed.ok ? ok(Buffer.from(sealed.value).toString('base64')) : sealed;
}

async function unseal<T>(
  box: SecretBox,
  file: { readonly box: string; readonly sealed: string },
  schema: z.ZodType<T>,
): Promise<Result<T, IdentityFailure>> {
  if (file.box !== box.kind) return fail('secret-store-unavailable', 'ask-it', `sealed by ${file.box}`);
  const opened = await box.open(Buffer.from(file.sealed, 'base64'));
  return opened.ok ? parseJson(schema, Buffer.from(opened.value).toString('utf8')) : opened;
}

/** Does the key belong to the certificate, and the certificate to this role and room? */
function fits(certificatePem: string, keyPem: string, role: Role | null, roomId: RoomId): boolean {
  try {
    if (!new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem))) return false;
    if (role === null) return true;
    const read = readCertificate(certificatePem);
    return read.role === role && read.roomId === roomId;
  } catch {
    // OpenSSL could not read one of them: then they do not fit.
    return false;
  }
}

async function write(
  path: string,
  file: object,
  existing: 'keep' | 'replace',
): Promise<Result<void, IdentityFailure>> {
  const written = await writeFileAtomic(path, `${JSON.stringify(file, null, 2)}\n`, {
    mode: 0o600,
    existing,
  });
  return written.ok ? ok(undefined) : fail('identity-not-written', 'ask-it', written.error.code);
}

async function saveConsole(
  path: string,
  box: SecretBox,
  identity: { roomId: RoomId; authorityPem: string; certificatePem: string; secrets: ConsoleSecrets },
  existing: 'keep' | 'replace',
): Promise<Result<void, IdentityFailure>> {
  const sealed = await seal(box, identity.secrets);
  if (!sealed.ok) return sealed;
  const { roomId, authorityPem, certificatePem } = identity;
  const format = 'lehrpult.console-identity.1';
  return write(
    path,
    { format, box: box.kind, roomId, authorityPem, certificatePem, sealed: sealed.value },
    existing,
  );
}

async function createConsole(path: string, box: SecretBox, nowMs: number) {
  const school = await createSchool(nowMs);
  const teacher = await createKeyPair();
  const roomId = RoomId.parse(randomUUID());
  const authority = await openSchool(school);
  return saveConsole(
    path,
    box,
    {
      roomId,
      authorityPem: school.certificatePem,
      certificatePem: await authority.issueTeacher(teacher.publicKeyDer, roomId, nowMs),
      secrets: { authorityKeyPem: school.privateKeyPem, teacherKeyPem: teacher.privateKeyPem },
    },
    'keep',
  );
}

/**
 * The console's identity. At the first start (no file) it makes a school, a room id and a teacher. A teacher's certificate
 * in its last third is renewed with the same key. A damaged file gives `identity-damaged` and stays as it is.
 */
export async function openConsoleIdentity(
  path: string,
  box: SecretBox,
  nowMs: number,
): Promise<Result<ConsoleIdentity, IdentityFailure>> {
  let text = await readText(path);
  if (text.ok && text.value === null) {
    const created = await createConsole(path, box, nowMs);
    if (!created.ok) return created;
    // What is used is what was written: a file that could not be read back is found now, not at the next start.
    text = await readText(path);
  }
  if (!text.ok) return text;
  const file = parseJson(ConsoleFile, text.value ?? '');
  if (!file.ok) return file;
  const secrets = await unseal(box, file.value, ConsoleSecrets);
  if (!secrets.ok) return secrets;
  const { authorityPem, roomId } = file.value;
  let { certificatePem } = file.value;
  const { authorityKeyPem, teacherKeyPem } = secrets.value;
  if (
    !fits(authorityPem, authorityKeyPem, null, roomId) ||
    !fits(certificatePem, teacherKeyPem, 'teacher', roomId)
  ) {
    return damaged('keys and certificates do not fit');
  }
  const school = await openSchool({ certificatePem: authorityPem, privateKeyPem: authorityKeyPem });
  if (new X509Certificate(certificatePem).validToDate.getTime() - nowMs < renewBeforeMs) {
    certificatePem = await school.issueTeacher(publicKeyOf(teacherKeyPem), roomId, nowMs);
    const renewed = { roomId, authorityPem, certificatePem, secrets: secrets.value };
    const saved = await saveConsole(path, box, renewed, 'replace');
    if (!saved.ok) return saved;
  }
  return ok({
    school,
    roomId,
    authorityPem,
    certificatePem,
    privateKeyPem: teacherKeyPem,
    teacherId: TeacherId.parse(keyIdOf(publicKeyOf(teacherKeyPem))),
  });
}

/** The agent's identity, null if the device is not enrolled. A damaged file gives `identity-damaged` and stays. */
export async function loadAgentIdentity(
  path: string,
  box: SecretBox,
): Promise<Result<AgentIdentity | null, IdentityFailure>> {
  const text = await readText(path);
  if (!text.ok) return text;
  if (text.value === null) return ok(null);
  const file = parseJson(AgentFile, text.value);
  if (!file.ok) return file;
  const secrets = await unseal(box, file.value, AgentSecrets);
  if (!secrets.ok) return secrets;
  const { certificatePem, authorityPem, roomId, roomName, addresses } = file.value;
  const { privateKeyPem } = secrets.value;
  if (!fits(certificatePem, privateKeyPem, 'agent', roomId)) return damaged('key and certificate do not fit');
  const deviceId = DeviceId.parse(readCertificate(certificatePem).keyId);
  return ok({ certificatePem, privateKeyPem, authorityPem, roomId, roomName, addresses, deviceId });
}

/** `replace` is for a device that is enrolled again on purpose; without it an existing file is never touched. */
export async function saveAgentIdentity(
  path: string,
  box: SecretBox,
  identity: AgentIdentity,
  existing: 'keep' | 'replace' = 'keep',
): Promise<Result<void, IdentityFailure>> {
  const sealed = await seal(box, { privateKeyPem: identity.privateKeyPem });
  if (!sealed.ok) return sealed;
  const { roomId, roomName, addresses, authorityPem, certificatePem } = identity;
  const format = 'lehrpult.agent-identity.1';
  const open = { format, box: box.kind, roomId, roomName, addresses, authorityPem, certificatePem };
  return write(path, { ...open, sealed: sealed.value }, existing);
}
