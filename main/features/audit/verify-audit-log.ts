// Reads a log's file from one end to the other and names the exact entry that is not as it was written.
import { createHash, createPublicKey } from 'node:crypto';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { verifySignature } from '../../trust/command-signature.ts';
import { type AuditEnds, type AuditRow, endsText, hashOfRow } from './audit-entry.ts';

/**
 * `changed`: something in it is not as it was written. `reordered`: it is another entry of this log, moved here. `missing`:
 * it is not there. `inserted`: nobody wrote it here. `truncated`: entries at the end are missing, the first of them is named.
 * `head`: the signature over both ends is not the log's own; the newest entry is named. `unreadable`: the file is no log.
 */
export type AuditProblem =
  | 'changed'
  | 'reordered'
  | 'missing'
  | 'inserted'
  | 'truncated'
  | 'head'
  | 'unreadable';

export type AuditVerdict =
  | { readonly ok: true; readonly entries: number; readonly keyFingerprint: string }
  | { readonly ok: false; readonly brokenEntry: number; readonly reason: AuditProblem };

type Ends = AuditEnds & { readonly signature: string; readonly publicKey: string };

const broken = (brokenEntry: number, reason: AuditProblem): AuditVerdict => ({
  ok: false,
  brokenEntry,
  reason,
});

/** Is it an entry of this log that stood elsewhere? Its hash fits with the number it had. */
const isMoved = (row: AuditRow, { baseSeq, headSeq }: Ends): boolean => {
  for (let seq = baseSeq + 1; seq <= headSeq; seq += 1)
    if (row.hash === hashOfRow({ ...row, seq })) return true;
  return false;
};

/** Rows in order of their numbers, against both ends as the file has them. */
const findBreak = (rows: readonly AuditRow[], ends: Ends): AuditVerdict | null => {
  let previous = ends.baseHash;
  let seq = ends.baseSeq;
  for (const row of rows) {
    seq += 1;
    if (row.seq > ends.headSeq || row.seq < seq) return broken(row.seq, 'inserted');
    if (row.seq > seq) return broken(seq, 'missing');
    if (row.hash !== hashOfRow(row)) return broken(seq, isMoved(row, ends) ? 'reordered' : 'changed');
    // It is whole and names another one before it: that one was rewritten together with its hash.
    if (row.previous !== previous) return broken(Math.max(seq - 1, ends.baseSeq + 1), 'changed');
    previous = row.hash;
  }
  return seq < ends.headSeq ? broken(seq + 1, 'truncated') : null;
};

const isSigned = (ends: Ends, publicKeyPem: string): boolean => {
  try {
    return verifySignature(createPublicKey(publicKeyPem), endsText(ends), ends.signature);
  } catch {
    // What is no key has signed nothing.
    return false;
  }
};

type Content = { readonly ends: Ends | undefined; readonly rows: AuditRow[] };

const readContent = (path: string, readOnly: boolean): Content => {
  const database = new DatabaseSync(path, { readOnly });
  try {
    return {
      ends: database.prepare('SELECT * FROM ends WHERE id = 1').get() as Ends | undefined,
      rows: database.prepare('SELECT * FROM entries ORDER BY seq').all() as AuditRow[],
    };
  } finally {
    database.close();
  }
};

/** After a crash SQLite first has to undo the entry it was at. That is done in a copy: the log itself is only read. */
const readCopy = (path: string): Content => {
  const folder = mkdtempSync(join(tmpdir(), 'lehrpult-verify-'));
  try {
    const copy = join(folder, 'audit.sqlite');
    copyFileSync(path, copy);
    copyFileSync(`${path}-journal`, `${copy}-journal`);
    return readContent(copy, false);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const judge = ({ ends, rows }: Content, publicKeyPem: string | null): AuditVerdict => {
  if (ends === undefined) {
    return rows.length === 0 ? broken(1, 'unreadable') : broken(rows[0]?.seq ?? 1, 'head');
  }
  const key = publicKeyPem ?? ends.publicKey;
  const found = findBreak(rows, ends);
  if (found !== null) return found;
  if (!isSigned(ends, key)) return broken(ends.headSeq, 'head');
  // The ends are genuine, so the newest entry is not the one they speak of.
  if ((rows.at(-1)?.hash ?? ends.baseHash) !== ends.headHash) return broken(ends.headSeq, 'changed');
  return { ok: true, entries: rows.length, keyFingerprint: keyFingerprint(key) };
};

/**
 * Checks the log at `path`, which may be in use. `publicKeyPem` is the log's key as its owner knows it; without it the key
 * in the file is believed, which somebody who rewrote the whole file could have changed.
 */
export const verifyAuditLog = (path: string, publicKeyPem: string | null = null): AuditVerdict => {
  try {
    return judge(readContent(path, true), publicKeyPem);
  } catch {
    if (!existsSync(`${path}-journal`)) return broken(0, 'unreadable');
  }
  try {
    return judge(readCopy(path), publicKeyPem);
  } catch {
    return broken(0, 'unreadable');
  }
};

/** The first 16 hex digits of the SHA-256 of the key (SubjectPublicKeyInfo), for people to compare. */
const keyFingerprint = (publicKeyPem: string): string =>
  createHash('sha256')
    .update(createPublicKey(publicKeyPem).export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);
