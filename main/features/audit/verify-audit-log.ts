// Reads a log's file from one end to the other and names the exact entry that is not as it was written.
import { createPublicKey } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { verifySignature } from '../../trust/command-signature.ts';
import { type AuditEnds, type AuditRow, endsText, hashOfRow } from './audit-entry.ts';

/**
 * `changed`: something in it is not as it was written. `missing`: it is not there. `inserted`: nobody wrote it here.
 * `truncated`: entries at the end are missing, the first of them is named. `head`: the signature over both ends is
 * not the log's own; the newest entry is named. `unreadable`: the file is no log.
 */
export type AuditProblem = 'changed' | 'missing' | 'inserted' | 'truncated' | 'head' | 'unreadable';

export type AuditVerdict =
  | { readonly ok: true; readonly entries: number; readonly keyFingerprint: string }
  | { readonly ok: false; readonly brokenEntry: number; readonly reason: AuditProblem };

type Ends = AuditEnds & { readonly signature: string; readonly publicKey: string };

const broken = (brokenEntry: number, reason: AuditProblem): AuditVerdict => ({
  ok: false,
  brokenEntry,
  reason,
});

const findBreak = (rows: readonly AuditRow[], ends: Ends): AuditVerdict | null => {
  let previous = ends.baseHash;
  let seq = ends.baseSeq;
  for (const row of rows) {
    seq += 1;
    if (row.seq > ends.headSeq || row.seq < seq) return broken(row.seq, 'inserted');
    if (row.seq > seq) return broken(seq, 'missing');
    if (row.previous !== previous || row.hash !== hashOfRow(row)) return broken(seq, 'changed');
    previous = row.hash;
  }
  if (seq < ends.headSeq) return broken(seq + 1, 'truncated');
  return previous === ends.headHash ? null : broken(seq, 'head');
};

const isSigned = (ends: Ends, publicKeyPem: string): boolean => {
  try {
    return verifySignature(createPublicKey(publicKeyPem), endsText(ends), ends.signature);
  } catch {
    // What is no key has signed nothing.
    return false;
  }
};

/**
 * Checks the log at `path`, which may be in use. `publicKeyPem` is the log's key as its owner knows it; without it the key
 * in the file is believed, which somebody who rewrote the whole file could have changed.
 */
export const verifyAuditLog = (path: string, publicKeyPem: string | null = null): AuditVerdict => {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    const ends = database.prepare('SELECT * FROM ends WHERE id = 1').get() as Ends | undefined;
    const rows = database.prepare('SELECT * FROM entries ORDER BY seq').all() as AuditRow[];
    if (ends === undefined)
      return rows.length === 0 ? broken(1, 'unreadable') : broken(rows[0]?.seq ?? 1, 'head');
    const key = publicKeyPem ?? ends.publicKey;
    const found = findBreak(rows, ends);
    if (found !== null) return found;
    if (!isSigned(ends, key)) return broken(ends.headSeq, 'head');
    return { ok: true, entries: rows.length, keyFingerprint: keyFingerprint(key) };
  } catch {
    return broken(0, 'unreadable');
  } finally {
    database?.close();
  }
};

/** The first 16 hex digits people can compare. */
const keyFingerprint = (publicKeyPem: string): string =>
  createPublicKey(publicKeyPem)
    .export({ type: 'spki', format: 'der' })
    .subarray(-32)
    .toString('hex')
    .slice(0, 16);
