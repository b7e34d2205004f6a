// What school IT hands to one console: a teacher file (keys and all, sealed with a password) or a renewal (certificates only,
// signed by the root). Text in, text out; nothing is written here.
import { createCipheriv, createDecipheriv, randomBytes, scrypt, X509Certificate } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { DisplayName, RoomId, type TeacherId } from '../../shared/domain/ids.ts';
import { SignedRoster } from '../../shared/protocol/roster.ts';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import { createSigner, verifySignature } from './command-signature.ts';
import { Pem } from './identity-file.ts';
import type { ConsoleContent } from './identity-store.ts';
import { maxTokenRecords, TokenRecord } from './token-record.ts';

export type TeacherFileFailure = AppError<'teacher-file-damaged' | 'teacher-file-password'>;

const tokens = z.array(TokenRecord).max(maxTokenRecords);
const open = {
  roomId: RoomId,
  roomName: DisplayName,
  teacherName: DisplayName,
  authorityPem: Pem,
  roomAuthorityPem: Pem,
  certificatePem: Pem,
  roster: SignedRoster,
};
const fileFormat = 'lehrpult.teacher-file.1';
const renewalFormat = 'lehrpult.teacher-renewal.1';

const SealedFile = z.strictObject({
  format: z.literal(fileFormat),
  ...open,
  /** base64: scrypt's salt, GCM's nonce, and the secrets with GCM's tag behind them. */
  salt: z.base64().length(24),
  nonce: z.base64().length(16),
  sealed: z.base64().max(200_000),
});
const Secrets = z.strictObject({ teacherKeyPem: Pem, roomAuthorityKeyPem: Pem, tokens });
const Renewal = z.strictObject({ format: z.literal(renewalFormat), ...open, tokens });
const SignedRenewal = z.strictObject({
  format: z.literal(renewalFormat),
  text: z.string().max(500_000),
  signature: z.string().max(128),
});

/** A console's new content: with keys from a teacher file, without from a renewal. */
export type TeacherFile = {
  readonly content: Omit<ConsoleContent, 'secrets'>;
  readonly keys: { readonly teacherKeyPem: string; readonly roomAuthorityKeyPem: string } | null;
  readonly tokens: readonly TokenRecord[];
};

/** How a renewal is called in a folder that many consoles read: each finds its own. */
export const renewalFileName = (console: {
  readonly roomId: RoomId;
  readonly teacherId: TeacherId;
}): string => `${console.roomId.slice(0, 8)}-${console.teacherId.slice(0, 12)}.lehrpult`;

/** Largest text that is looked at. */
export const maxTeacherFileLength = 1024 * 1024;
export const minPasswordLength = 10;
const tagBytes = 16;
/** RFC 7914: 32 MiB and about 0.1 s per guess. */
const cost = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
const derive = promisify<string, Buffer, number, typeof cost, Buffer>(scrypt);

// The same password typed on two systems may come as different code points.
const keyOf = (password: string, salt: Buffer): Promise<Buffer> =>
  derive(password.normalize('NFC'), salt, 32, cost);

/** What stays readable is bound to the seal: changed, the file no longer opens. */
const bound = (readable: object): Buffer => Buffer.from(JSON.stringify(readable), 'utf8');

/** The text of a teacher file. AES-256-GCM under a key that scrypt makes of the password. */
export async function sealTeacherFile(
  file: TeacherFile & { readonly keys: NonNullable<TeacherFile['keys']> },
  password: string,
): Promise<string> {
  const readable = z.strictObject(open).parse(file.content);
  const secrets = Secrets.parse({ ...file.keys, tokens: file.tokens });
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', await keyOf(password, salt), nonce);
  cipher.setAAD(bound(readable));
  const sealed = Buffer.concat([cipher.update(JSON.stringify(secrets), 'utf8'), cipher.final()]);
  const whole = {
    format: fileFormat,
    ...readable,
    salt: salt.toString('base64'),
    nonce: nonce.toString('base64'),
    sealed: Buffer.concat([sealed, cipher.getAuthTag()]).toString('base64'),
  };
  return `${JSON.stringify(whole, null, 2)}\n`;
}

/** The text of a renewal: no secrets in it, signed by the root's key so that nobody slips other tokens in. */
export function signTeacherRenewal(file: Omit<TeacherFile, 'keys'>, schoolKeyPem: string): string {
  const text = JSON.stringify(Renewal.parse({ format: renewalFormat, ...file.content, tokens: file.tokens }));
  const signature = createSigner(schoolKeyPem)(text);
  return `${JSON.stringify({ format: renewalFormat, text, signature }, null, 2)}\n`;
}

const damaged = (detail: string) => fail('teacher-file-damaged', 'choose-again', detail);

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function unseal(
  file: z.infer<typeof SealedFile>,
  password: string,
): Promise<Result<TeacherFile, TeacherFileFailure>> {
  const { format: _format, salt, nonce, sealed, ...readable } = file;
  const bytes = Buffer.from(sealed, 'base64');
  if (bytes.length < tagBytes) return damaged('sealed');
  const key = await keyOf(password, Buffer.from(salt, 'base64'));
  const cipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64'), {
    authTagLength: tagBytes,
  });
  cipher.setAAD(bound(readable));
  cipher.setAuthTag(bytes.subarray(-tagBytes));
  let plain: string;
  try {
    plain = cipher.update(bytes.subarray(0, -tagBytes), undefined, 'utf8') + cipher.final('utf8');
  } catch {
    // The tag fits neither a wrong password nor a changed file, and does not tell which.
    return fail('teacher-file-password', 'choose-again');
  }
  const secrets = Secrets.safeParse(readJson(plain));
  if (!secrets.success) return damaged('secrets');
  const { tokens: handed, ...keys } = secrets.data;
  return ok({ content: readable, keys, tokens: handed });
}

/** A renewal counts only by the signature of the school it names; whether that is the own one, the importer asks. */
function readRenewal(file: z.infer<typeof SignedRenewal>): Result<TeacherFile, TeacherFileFailure> {
  const renewal = Renewal.safeParse(readJson(file.text));
  if (!renewal.success) return damaged('renewal');
  const { format: _format, tokens: handed, ...content } = renewal.data;
  let isGenuine = false;
  try {
    const root = new X509Certificate(content.authorityPem);
    isGenuine = verifySignature(root.publicKey, file.text, file.signature);
  } catch {
    return damaged('authority');
  }
  return isGenuine ? ok({ content, keys: null, tokens: handed }) : damaged('signature');
}

/**
 * Reads a teacher file or a renewal; `password` is not asked for the latter. `teacher-file-password`: the password is wrong
 * or the file was changed. Whether certificates, keys and roster fit together is not judged here.
 */
export async function openTeacherFile(
  text: string,
  password: string,
): Promise<Result<TeacherFile, TeacherFileFailure>> {
  if (text.length > maxTeacherFileLength) return damaged('too long');
  const json = readJson(text);
  const sealed = SealedFile.safeParse(json);
  if (sealed.success) return unseal(sealed.data, password);
  const renewal = SignedRenewal.safeParse(json);
  return renewal.success ? readRenewal(renewal.data) : damaged('form');
}
