// Files that hold secrets, as identity stores share them: read with care for mode and size, parsed, sealed, written whole.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import type { RoomId } from '../../shared/domain/ids.ts';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import { writeFileAtomic } from '../lib/atomic-write.ts';
import { type Role, readCertificate } from './certificate-profile.ts';
import type { SecretBox, SecretBoxFailure } from './secret-box.ts';

export type IdentityFailure =
  | AppError<'identity-damaged' | 'identity-unreadable' | 'identity-exposed' | 'identity-not-written'>
  | SecretBoxFailure;

export const Pem = z.string().max(8_192);
export const BoxKind = z.enum(['system', 'file-mode']);
export const Sealed = z
  .string()
  .max(65_536)
  .regex(/^[A-Za-z0-9+/=]+$/);

/** Room for a roster of 200,000 characters whose quotes are escaped. */
const maxFileBytes = 1024 * 1024;

export const damaged = (detail: string) => fail('identity-damaged', 'ask-it', detail);

/** The file's text, null if there is none. */
export async function readText(path: string): Promise<Result<string | null, IdentityFailure>> {
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

export function parseJson<T>(schema: z.ZodType<T>, text: string): Result<T, AppError<'identity-damaged'>> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return damaged('not JSON');
  }
  const parsed = schema.safeParse(json);
  return parsed.success ? ok(parsed.data) : damaged(`at ${parsed.error.issues[0]?.path.join('.') ?? ''}`);
}

export async function seal(box: SecretBox, secrets: object): Promise<Result<string, IdentityFailure>> {
  const sealed = await box.seal(Buffer.from(JSON.stringify(secrets), 'utf8'));
  return sealed.ok ? ok(Buffer.from(sealed.value).toString('base64')) : sealed;
}

export async function unseal<T>(
  box: SecretBox,
  file: { readonly box: string; readonly sealed: string },
  schema: z.ZodType<T>,
): Promise<Result<T, IdentityFailure>> {
  if (file.box !== box.kind) return fail('secret-store-unavailable', 'ask-it', `sealed by ${file.box}`);
  const opened = await box.open(Buffer.from(file.sealed, 'base64'));
  return opened.ok ? parseJson(schema, Buffer.from(opened.value).toString('utf8')) : opened;
}

/** `null` as role and room: the root, which has neither. */
export type Fit = { readonly role: Role; readonly roomId: RoomId } | null;

/** Does the key belong to the certificate, and the certificate to this role and room? */
export function fits(certificatePem: string, keyPem: string, wanted: Fit): boolean {
  try {
    if (!new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem))) return false;
    if (wanted === null) return true;
    const read = readCertificate(certificatePem);
    return read.role === wanted.role && read.roomId === wanted.roomId;
  } catch {
    // OpenSSL could not read one of them: then they do not fit.
    return false;
  }
}

/** Did this root sign this certificate? Tells mixed-up files; whether a peer is genuine is for TLS to say. */
export function isSignedBy(certificatePem: string, rootPem: string): boolean {
  try {
    return new X509Certificate(certificatePem).verify(new X509Certificate(rootPem).publicKey);
  } catch {
    return false;
  }
}

export async function writeSecretFile(
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
