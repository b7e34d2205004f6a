// The log's own key: made once, kept by a secret box beside the log. It signs logs and nothing else.
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { type AppError, fail, ok, type Result } from '../../../shared/result/result.ts';
import { writeFileAtomic } from '../../lib/atomic-write.ts';
import type { SecretBox, SecretBoxFailure } from '../../trust/secret-box.ts';

export type AuditKey = { readonly privateKeyPem: string; readonly publicKeyPem: string };
export type AuditKeyFailure = AppError<'audit-key-damaged' | 'audit-key-not-written'> | SecretBoxFailure;

const KeyFile = z.strictObject({
  format: z.literal('lehrpult.audit-key.1'),
  /** For whoever checks the log elsewhere. */
  publicKeyPem: z.string().max(1_024),
  sealed: z.string().max(8_192),
});

const publicOf = (privateKeyPem: string): string =>
  createPublicKey(privateKeyPem).export({ type: 'spki', format: 'pem' }).toString();

const readKey = async (text: string, box: SecretBox): Promise<Result<AuditKey, AuditKeyFailure>> => {
  try {
    const file = KeyFile.parse(JSON.parse(text));
    const opened = await box.open(Buffer.from(file.sealed, 'base64'));
    if (!opened.ok) return opened;
    const privateKeyPem = Buffer.from(opened.value).toString('utf8');
    return ok({ privateKeyPem, publicKeyPem: publicOf(privateKeyPem) });
  } catch (error) {
    return fail('audit-key-damaged', 'ask-it', error instanceof Error ? error.name : undefined);
  }
};

/** Reads the key at `path` or makes it there (mode 0600). A damaged file stays as it is. */
export const openAuditKey = async (
  path: string,
  box: SecretBox,
): Promise<Result<AuditKey, AuditKeyFailure>> => {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) =>
    error.code === 'ENOENT' ? null : '',
  );
  if (text !== null) return readKey(text, box);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const publicKeyPem = publicOf(privateKeyPem);
  const sealed = await box.seal(Buffer.from(privateKeyPem, 'utf8'));
  if (!sealed.ok) return sealed;
  const file = {
    format: 'lehrpult.audit-key.1',
    publicKeyPem,
    sealed: Buffer.from(sealed.value).toString('base64'),
  };
  const written = await writeFileAtomic(path, `${JSON.stringify(file)}\n`, { mode: 0o600, existing: 'keep' });
  return written.ok
    ? ok({ privateKeyPem, publicKeyPem })
    : fail('audit-key-not-written', 'ask-it', written.error.code);
};
