// The log of who did what: one SQLite file, each entry chained to the one before, both ends signed with a key of the log's own.
// A log that cannot be written is counted and told; it never stops a lesson.
import { renameSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { createSigner } from '../../trust/command-signature.ts';
import {
  type AuditEnds,
  AuditEntry,
  type AuditKind,
  type AuditRow,
  auditSchema,
  endsText,
  hashOfRow,
  noHash,
} from './audit-entry.ts';

export type WrittenEntry = { readonly seq: number; readonly at: number; readonly entry: AuditEntry };

export type Audit = {
  /** Written when it returns, or counted as `audit-not-written`. */
  readonly append: (entry: AuditEntry) => void;
  /** Entries of these kinds, newest first. */
  readonly entries: (kinds: readonly AuditKind[], limit: number) => WrittenEntry[];
  readonly close: () => void;
};

export type AuditOptions = {
  readonly path: string;
  readonly key: { readonly privateKeyPem: string; readonly publicKeyPem: string };
  readonly retentionDays: number;
  readonly clock: Clock;
  readonly log: Log;
};

const dayMs = 86_400_000;
const tidyEveryMs = 6 * 3_600_000;

const openDatabase = (path: string): DatabaseSync => {
  const database = new DatabaseSync(path, { timeout: 2_000 });
  // FULL would cost two waits for the disk more and saves nothing that kill -9 can take.
  database.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = NORMAL; PRAGMA trusted_schema = OFF;');
  database.exec(auditSchema);
  return database;
};

/** A file that is no log is kept beside the new one. */
const openOrSetAside = (path: string, log: Log): DatabaseSync => {
  try {
    return openDatabase(path);
  } catch (error) {
    log.error('audit-damaged', { detail: error instanceof Error ? error.message : String(error) });
    renameSync(path, `${path}.damaged-${Date.now()}`);
    return openDatabase(path);
  }
};

/** null for a row that somebody else wrote; the verifier names it. */
const readRow = ({ seq, at, kind, body }: AuditRow): WrittenEntry | null => {
  try {
    const parsed = AuditEntry.safeParse({ kind, ...(JSON.parse(body) as object) });
    return parsed.success ? { seq, at, entry: parsed.data } : null;
  } catch {
    return null;
  }
};

class AuditFile implements Audit {
  readonly #database: DatabaseSync;
  readonly #options: AuditOptions;
  readonly #sign: (text: string) => string;
  readonly #stopTimer: () => void;
  #isClosed = false;

  constructor(options: AuditOptions) {
    this.#options = options;
    this.#sign = createSigner(options.key.privateKeyPem);
    this.#database = openOrSetAside(options.path, options.log);
    this.#tidy();
    this.#stopTimer = options.clock.every(tidyEveryMs, () => this.#tidy());
  }

  append = (entry: AuditEntry): void => {
    const parsed = AuditEntry.safeParse(entry);
    if (!parsed.success) {
      // A mistake of ours: the log says so, the lesson goes on.
      const detail = `${entry.kind}: ${parsed.error.issues[0]?.path.join('.') ?? ''}`;
      this.#options.log.error('audit-not-written', { detail });
      return;
    }
    const { kind, ...rest } = parsed.data;
    this.#write(() => {
      const ends = this.#ends();
      const open = {
        seq: ends.headSeq + 1,
        at: this.#options.clock.wallMs(),
        kind,
        body: JSON.stringify(rest),
        previous: ends.headHash,
      };
      const hash = hashOfRow(open);
      this.#database
        .prepare('INSERT INTO entries (seq, at, kind, body, previous, hash) VALUES (?, ?, ?, ?, ?, ?)')
        .run(open.seq, open.at, kind, open.body, open.previous, hash);
      this.#setEnds({ ...ends, headSeq: open.seq, headHash: hash });
    });
  };

  entries = (kinds: readonly AuditKind[], limit: number): WrittenEntry[] => {
    if (this.#isClosed) return [];
    const marks = kinds.map(() => '?').join(', ');
    const rows = this.#database
      .prepare(`SELECT * FROM entries WHERE kind IN (${marks}) ORDER BY seq DESC LIMIT ?`)
      .all(...kinds, limit) as AuditRow[];
    return rows.flatMap((row) => readRow(row) ?? []);
  };

  close = (): void => {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopTimer();
    this.#database.close();
  };

  #ends(): AuditEnds {
    const row = this.#database
      .prepare('SELECT baseSeq, baseHash, headSeq, headHash FROM ends WHERE id = 1')
      .get() as AuditEnds | undefined;
    return row ?? { baseSeq: 0, baseHash: noHash, headSeq: 0, headHash: noHash };
  }

  #setEnds(ends: AuditEnds): void {
    this.#database
      .prepare(
        `INSERT INTO ends (id, baseSeq, baseHash, headSeq, headHash, signature, publicKey)
         VALUES (1, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET baseSeq = excluded.baseSeq, baseHash = excluded.baseHash,
           headSeq = excluded.headSeq, headHash = excluded.headHash, signature = excluded.signature,
           publicKey = excluded.publicKey`,
      )
      .run(
        ends.baseSeq,
        ends.baseHash,
        ends.headSeq,
        ends.headHash,
        this.#sign(endsText(ends)),
        this.#options.key.publicKeyPem,
      );
  }

  /** All of it or nothing. */
  #write(change: () => void): void {
    if (this.#isClosed) return;
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      try {
        change();
        this.#database.exec('COMMIT');
      } catch (error) {
        this.#database.exec('ROLLBACK');
        throw error;
      }
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      this.#options.log.error('audit-not-written', { detail });
    }
  }

  /** Deletes what is older than the retention and moves the base there. */
  #tidy(): void {
    const before = this.#options.clock.wallMs() - this.#options.retentionDays * dayMs;
    this.#write(() => {
      const last = this.#database
        .prepare('SELECT seq, hash FROM entries WHERE at < ? ORDER BY seq DESC LIMIT 1')
        .get(before) as Pick<AuditRow, 'seq' | 'hash'> | undefined;
      if (last === undefined) return;
      this.#database.prepare('DELETE FROM entries WHERE seq <= ?').run(last.seq);
      this.#setEnds({ ...this.#ends(), baseSeq: last.seq, baseHash: last.hash });
    });
  }
}

export const openAudit = (options: AuditOptions): Audit => new AuditFile(options);
