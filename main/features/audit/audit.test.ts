// The log: what it holds, how long, and that nobody can change it unseen.
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeviceId, LessonId } from '../../../shared/domain/ids.ts';
import { createFakeClock } from '../../lib/fake-clock.ts';
import { silentLog } from '../../lib/log.ts';
import { createSigner } from '../../trust/command-signature.ts';
import { fileModeBox } from '../../trust/secret-box.ts';
import { createAgentAudit } from './agent-audit.ts';
import { type AuditRow, endsText, hashOfRow } from './audit-entry.ts';
import { type AuditKey, openAuditKey } from './audit-key.ts';
import { type Audit, openAudit } from './audit-log.ts';
import { createConsoleAudit } from './console-audit.ts';
import { verifyAuditLog } from './verify-audit-log.ts';

const device = 'a'.repeat(64) as DeviceId;
const lesson = '11111111-1111-4111-8111-111111111111' as LessonId;
let folder: string;
let path: string;
let key: AuditKey;
let clock: ReturnType<typeof createFakeClock>;
let log: ReturnType<typeof silentLog>;
const open: Audit[] = [];

const openLog = (retentionDays = 30): Audit => {
  const audit = openAudit({ path, key, retentionDays, clock, log });
  open.push(audit);
  return audit;
};
const filled = (count: number): Audit => {
  const audit = openLog();
  for (let index = 0; index < count; index += 1) {
    audit.append({ kind: 'command-refused', verb: 'lock', code: `code-${index}` });
    clock.advance(1_000);
  }
  return audit;
};
const tamper = (change: (database: DatabaseSync) => void): void => {
  const database = new DatabaseSync(path);
  change(database);
  database.close();
};
const rowsOf = (): AuditRow[] => {
  const database = new DatabaseSync(path);
  const rows = database.prepare('SELECT * FROM entries ORDER BY seq').all() as AuditRow[];
  database.close();
  return rows;
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lehrpult-audit-'));
  path = join(folder, 'audit.sqlite');
  const opened = await openAuditKey(join(folder, 'audit-key.json'), fileModeBox);
  if (!opened.ok) throw new Error(opened.error.code);
  key = opened.value;
  clock = createFakeClock();
  log = silentLog();
});
afterEach(() => {
  for (const audit of open.splice(0)) audit.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('the log', () => {
  it('holds what was written, over a restart, in one unbroken chain', () => {
    filled(5).close();
    const again = openLog();
    again.append({ kind: 'lesson-start', lesson });
    expect(again.entries(['lesson-start', 'command-refused'], 2)).toMatchObject([
      { seq: 6, entry: { kind: 'lesson-start', lesson } },
      { seq: 5, entry: { code: 'code-4' } },
    ]);
    expect(verifyAuditLog(path, key.publicKeyPem)).toMatchObject({ ok: true, entries: 6 });
  });

  it('keeps the same key for good, readable by nobody else', async () => {
    const again = await openAuditKey(join(folder, 'audit-key.json'), fileModeBox);
    expect(again).toEqual({ ok: true, value: key });
    expect(statSync(join(folder, 'audit-key.json')).mode & 0o077).toBe(0);
  });

  it('forgets entries after the retention, and the rest is still whole', () => {
    const audit = filled(3);
    clock.advance(29 * 86_400_000);
    audit.append({ kind: 'lesson-end' });
    clock.advance(2 * 86_400_000);
    expect(rowsOf().map(({ seq }) => seq)).toEqual([4]);
    expect(verifyAuditLog(path, key.publicKeyPem)).toMatchObject({ ok: true, entries: 1 });
    audit.append({ kind: 'lesson-end' });
    expect(verifyAuditLog(path, key.publicKeyPem)).toMatchObject({ ok: true, entries: 2 });
  });

  it('sets a file aside that is no log, and begins a new one', () => {
    writeFileSync(path, 'this is no database, but somebody may want it back');
    const audit = openLog();
    audit.append({ kind: 'lesson-end' });
    expect(verifyAuditLog(path).ok).toBe(true);
    expect(log.counts()).toMatchObject({ 'audit-damaged': 1 });
  });

  it('counts what it cannot write and goes on', () => {
    const audit = filled(1);
    tamper((database) => database.exec('DROP TABLE ends'));
    audit.append({ kind: 'lesson-end' });
    expect(log.counts()).toMatchObject({ 'audit-not-written': 1 });
  });
});

describe('the verifier', () => {
  it.each([
    [
      'a changed body',
      'UPDATE entries SET body = \'{"verb":"lock","code":"other"}\' WHERE seq = 4',
      4,
      'changed',
    ],
    ['a changed time', 'UPDATE entries SET at = at + 1 WHERE seq = 2', 2, 'changed'],
    ['a removed entry', 'DELETE FROM entries WHERE seq = 3', 3, 'missing'],
    ['the first entry removed', 'DELETE FROM entries WHERE seq = 1', 1, 'missing'],
    ['the last entries removed', 'DELETE FROM entries WHERE seq > 5', 6, 'truncated'],
    [
      'an entry put in at the end',
      'INSERT INTO entries SELECT 9, at, kind, body, hash, hash FROM entries WHERE seq = 8',
      9,
      'inserted',
    ],
    [
      'two entries swapped',
      'UPDATE entries SET seq = 100 WHERE seq = 3; UPDATE entries SET seq = 3 WHERE seq = 6; UPDATE entries SET seq = 6 WHERE seq = 100',
      3,
      'reordered',
    ],
    ['a signature of nobody', "UPDATE ends SET signature = 'AAAA'", 8, 'head'],
    ['no ends', 'DELETE FROM ends', 1, 'head'],
  ])('names %s', (_what, sql, brokenEntry, reason) => {
    filled(8).close();
    expect(verifyAuditLog(path, key.publicKeyPem).ok).toBe(true);
    tamper((database) => database.exec(sql));
    expect(verifyAuditLog(path, key.publicKeyPem)).toEqual({ ok: false, brokenEntry, reason });
  });

  it('finds a chain that was made anew without the key, and with another key', async () => {
    filled(6).close();
    const rows = rowsOf();
    const other = await openAuditKey(join(folder, 'other-key.json'), fileModeBox);
    if (!other.ok) throw new Error(other.error.code);
    tamper((database) => {
      let previous = rows[0]?.previous ?? '';
      for (const row of rows) {
        const body = row.seq === 2 ? '{"verb":"lock","code":"forged"}' : row.body;
        const hash = hashOfRow({ ...row, body, previous });
        database
          .prepare('UPDATE entries SET body = ?, previous = ?, hash = ? WHERE seq = ?')
          .run(body, previous, hash, row.seq);
        previous = hash;
      }
      const ends = { baseSeq: 0, baseHash: '0'.repeat(64), headSeq: 6, headHash: previous };
      database
        .prepare('UPDATE ends SET headHash = ?, signature = ?, publicKey = ?')
        .run(previous, createSigner(other.value.privateKeyPem)(endsText(ends)), other.value.publicKeyPem);
    });
    expect(verifyAuditLog(path, key.publicKeyPem)).toEqual({ ok: false, brokenEntry: 6, reason: 'head' });
    // Without the owner's key such a file looks whole; the fingerprint tells the difference.
    expect(verifyAuditLog(path).ok).toBe(true);
  });

  it('finds any edit of any one value', () => {
    filled(12).close();
    const original = readFileSync(path);
    const seed = Date.now() % 2 ** 31;
    process.stdout.write(`seed: ${seed}\n`);
    const columns = fc.constantFrom('seq', 'at', 'kind', 'body', 'previous', 'hash');
    const change = fc.tuple(fc.integer({ min: 1, max: 12 }), columns, fc.string({ minLength: 1 }), fc.nat());
    fc.assert(
      fc.property(change, ([seq, column, text, number]) => {
        writeFileSync(path, original);
        const before = rowsOf().find((row) => row.seq === seq);
        const isNumber = column === 'seq' || column === 'at';
        const value = isNumber ? 1_000 + number : text;
        if (before === undefined || before[column as 'seq'] === value) return;
        tamper((database) =>
          database.prepare(`UPDATE entries SET ${column} = ? WHERE seq = ?`).run(value, seq),
        );
        const verdict = verifyAuditLog(path, key.publicKeyPem);
        expect(verdict.ok).toBe(false);
        // A row that was moved is missed where it was; the last one is found where it is now.
        if (!verdict.ok) expect([seq, value]).toContain(verdict.brokenEntry);
      }),
      { seed, numRuns: 200 },
    );
  });

  it('says that a file is no log', () => {
    writeFileSync(path, 'nothing');
    expect(verifyAuditLog(path)).toMatchObject({ ok: false, reason: 'unreadable' });
    expect(verifyAuditLog(join(folder, 'absent.sqlite')).ok).toBe(false);
    expect(existsSync(join(folder, 'absent.sqlite'))).toBe(false);
  });
});

describe('a device’s log', () => {
  it('tells the pupil who looked and when, also over a crash', () => {
    const audit = openLog();
    const agent = createAgentAudit(audit, clock.nowMs);
    const watched = { by: 'Frau Muster', quality: 'tile' } as const;
    const began = clock.wallMs();
    agent.state({ watched, lock: null });
    clock.advance(60_000);
    agent.state({ watched: { ...watched, quality: 'blurred' }, lock: null });
    agent.state({ watched: null, lock: { teacher: 'Frau Muster' } });
    clock.advance(60_000);
    agent.state({ watched: { ...watched, by: 'Herr Kaya' }, lock: null });
    clock.advance(5_000);
    // The device is cut off and starts again an hour later.
    clock.advance(3_600_000);
    const again = createAgentAudit(audit, clock.nowMs);
    expect(again.watchLog()).toEqual([
      { by: 'Herr Kaya', startedAt: began + 120_000, endedAt: began + 3_725_000 },
      { by: 'Frau Muster', startedAt: began, endedAt: began + 60_000 },
    ]);
    again.state({ watched, lock: null });
    expect(again.watchLog()[0]).toMatchObject({ by: 'Frau Muster', endedAt: null });
  });

  it('holds refused commands, but no more than 20 a minute', () => {
    const audit = openLog();
    const agent = createAgentAudit(audit, clock.nowMs);
    for (let index = 0; index < 500; index += 1) agent.refused('lock', 'bad-signature');
    expect(audit.entries(['command-refused'], 1_000)).toHaveLength(20);
    clock.advance(61_000);
    agent.refused(null, 'bad-command');
    expect(audit.entries(['command-refused'], 1_000)).toHaveLength(21);
  });
});

it('a console’s log makes one entry of one order to many devices', () => {
  const audit = openLog();
  const desk = createConsoleAudit(audit, clock);
  const other = 'b'.repeat(64) as DeviceId;
  desk.lesson(lesson);
  desk.ordered('lock', device, null);
  desk.ordered('lock', other, 'timeout');
  desk.ordered('renew-lock', device, null);
  clock.advance(1_000);
  desk.lesson(null);
  expect(audit.entries(['command', 'lesson-start', 'lesson-end'], 10).map(({ entry }) => entry)).toEqual([
    { kind: 'lesson-end' },
    { kind: 'command', verb: 'lock', done: [device], failed: [{ device: other, code: 'timeout' }] },
    { kind: 'lesson-start', lesson },
  ]);
});
