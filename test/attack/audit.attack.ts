// T44: any edit of a log of who did what is found, and the exact entry is named. Also: the power goes away while it writes.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterAll } from 'vitest';
import { type AuditRow, endsText, hashOfRow } from '../../main/features/audit/audit-entry.ts';
import { openAuditKey } from '../../main/features/audit/audit-key.ts';
import { openAudit } from '../../main/features/audit/audit-log.ts';
import { verifyAuditLog } from '../../main/features/audit/verify-audit-log.ts';
import { createFakeClock } from '../../main/lib/fake-clock.ts';
import { silentLog } from '../../main/lib/log.ts';
import { createSigner } from '../../main/trust/command-signature.ts';
import { fileModeBox } from '../../main/trust/secret-box.ts';
import { DeviceId } from '../../shared/domain/ids.ts';
import { attack, isLongRun } from './attack-table.ts';
import { until } from './room.ts';

const folder = mkdtempSync(join(tmpdir(), 'lehrpult-audit-attack-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'audit.sqlite');
const count = 24;
/** Gone with the retention: the log does not begin at 1. */
const forgotten = 6;

const keyOf = async (name: string) => {
  const key = await openAuditKey(join(folder, name), fileModeBox);
  if (!key.ok) throw new Error(key.error.code);
  return key.value;
};
const key = await keyOf('audit-key.json');
const stranger = await keyOf('stranger-key.json');

const fill = (): void => {
  const clock = createFakeClock();
  const audit = openAudit({ path, key, retentionDays: 1, clock, log: silentLog() });
  for (let index = 0; index < count; index += 1) {
    if (index === forgotten) clock.advance(86_400_000);
    audit.append({
      kind: 'command',
      verb: index % 2 === 0 ? 'lock' : 'open-url',
      done: [DeviceId.parse(String(index % 10).repeat(64))],
      failed: [],
    });
    clock.advance(1_000);
  }
  clock.advance(7 * 3_600_000);
  audit.close();
};
fill();
const original = readFileSync(path);

const rowsOf = (): AuditRow[] => {
  const database = new DatabaseSync(path);
  const rows = database.prepare('SELECT * FROM entries ORDER BY seq').all() as AuditRow[];
  database.close();
  return rows;
};
const rows = rowsOf();
const first = rows[0]?.seq ?? 0;
const last = rows.at(-1)?.seq ?? 0;

/** What the attacker does to the file; then what the verifier says. */
const tamper = (change: (database: DatabaseSync) => void) => {
  writeFileSync(path, original);
  const database = new DatabaseSync(path);
  change(database);
  database.close();
  return verifyAuditLog(path, key.publicKeyPem);
};

type Edit = {
  readonly name: string;
  readonly change: (database: DatabaseSync) => void;
  readonly named: readonly number[];
};

const set = (column: string, seq: number, value: string | number) => (database: DatabaseSync) =>
  void database.prepare(`UPDATE entries SET ${column} = ? WHERE seq = ?`).run(value, seq);

const columnEdits = (seq: number, text: string, number: number): Edit[] => [
  { name: `time of ${seq}`, change: set('at', seq, number), named: [seq] },
  { name: `kind of ${seq}`, change: set('kind', seq, `x${text}`), named: [seq] },
  { name: `body of ${seq}`, change: set('body', seq, `{"x":${JSON.stringify(text)}}`), named: [seq] },
  { name: `link of ${seq}`, change: set('previous', seq, `x${text}`), named: [seq] },
  { name: `hash of ${seq}`, change: set('hash', seq, `x${text}`), named: [seq] },
  {
    name: `number of ${seq}`,
    change: set('seq', seq, last + 1 + (number % 1_000)),
    named: [seq, last + 1 + (number % 1_000)],
  },
  {
    name: `${seq} removed`,
    change: (database) => void database.prepare('DELETE FROM entries WHERE seq = ?').run(seq),
    named: [seq],
  },
  {
    name: `all from ${seq} removed`,
    change: (database) => void database.prepare('DELETE FROM entries WHERE seq >= ?').run(seq),
    named: [seq],
  },
  {
    // The attacker knows how hashes are made, but has no key.
    name: `${seq} rewritten with its hash`,
    change: (database) => {
      const row = rows.find((each) => each.seq === seq);
      if (row === undefined) throw new Error('no row');
      const body = `{"x":${JSON.stringify(text)}}`;
      database
        .prepare('UPDATE entries SET body = ?, hash = ? WHERE seq = ?')
        .run(body, hashOfRow({ ...row, body }), seq);
    },
    named: [seq],
  },
  {
    name: `one put in after ${seq}`,
    change: (database) => {
      for (const row of [...rows].reverse().filter((each) => each.seq > seq))
        set('seq', row.seq, row.seq + 1)(database);
      const row = rows.find((each) => each.seq === seq);
      if (row === undefined) throw new Error('no row');
      const made = { seq: seq + 1, at: row.at, kind: row.kind, body: row.body, previous: row.hash };
      database
        .prepare('INSERT INTO entries (seq, at, kind, body, previous, hash) VALUES (?, ?, ?, ?, ?, ?)')
        .run(made.seq, made.at, made.kind, made.body, made.previous, hashOfRow(made));
    },
    // The made one is whole in itself; what stood there before no longer fits behind it.
    named: [seq + 1, seq + 2],
  },
];

const swap = (one: number, other: number): Edit => ({
  name: `${one} and ${other} swapped`,
  change: (database) => {
    set('seq', one, 1_000_000)(database);
    set('seq', other, one)(database);
    set('seq', 1_000_000, other)(database);
  },
  named: [Math.min(one, other)],
});

/** The whole chain made anew from there, both ends rewritten, signed by somebody else or not at all. */
const rechain = (seq: number, signature: (text: string) => string): Edit => ({
  name: `chain made anew from ${seq}`,
  change: (database) => {
    let previous = rows[0]?.previous ?? '';
    for (const row of rows) {
      const body = row.seq === seq ? '{"verb":"unlock","done":[],"failed":[]}' : row.body;
      const hash = hashOfRow({ ...row, body, previous });
      database
        .prepare('UPDATE entries SET body = ?, previous = ?, hash = ? WHERE seq = ?')
        .run(body, previous, hash, row.seq);
      previous = hash;
    }
    const ends = { baseSeq: first - 1, baseHash: rows[0]?.previous ?? '', headSeq: last, headHash: previous };
    database
      .prepare('UPDATE ends SET headHash = ?, signature = ?, publicKey = ?')
      .run(previous, signature(endsText(ends)), stranger.publicKeyPem);
  },
  named: [last],
});

const endEdits: readonly Edit[] = [
  ...['signature', 'headHash', 'baseHash'].map((column) => ({
    name: `${column} of the ends`,
    change: (database: DatabaseSync) =>
      void database.prepare(`UPDATE ends SET ${column} = ?`).run('0'.repeat(64)),
    named: [first, last],
  })),
  {
    name: 'shorter head',
    change: (database) => database.exec('UPDATE ends SET headSeq = headSeq - 1'),
    named: [last],
  },
  {
    name: 'longer head',
    change: (database) => database.exec('UPDATE ends SET headSeq = headSeq + 1'),
    named: [last + 1],
  },
  {
    name: 'later base',
    change: (database) => database.exec('UPDATE ends SET baseSeq = baseSeq + 1'),
    named: [first],
  },
  {
    name: 'earlier base',
    change: (database) => database.exec('UPDATE ends SET baseSeq = baseSeq - 1'),
    named: [first - 1],
  },
  { name: 'no ends', change: (database) => database.exec('DELETE FROM ends'), named: [first] },
  { name: 'no entries', change: (database) => database.exec('DELETE FROM entries'), named: [first] },
  {
    name: 'old entries removed and the base moved',
    change: (database) => {
      const row = rows[4];
      if (row === undefined) throw new Error('no row');
      database.prepare('DELETE FROM entries WHERE seq <= ?').run(row.seq);
      database.prepare('UPDATE ends SET baseSeq = ?, baseHash = ?').run(row.seq, row.hash);
    },
    named: [last],
  },
];

attack({
  id: 'T44',
  title: 'edits of the log',
  timeoutMs: 300_000,
  control: () => {
    const verdict = tamper(() => {});
    return verdict.ok && verdict.entries === count - forgotten && first === forgotten + 1;
  },
  async attempts(tally) {
    const seed = Date.now() % 2 ** 31;
    tally.figure('seed', String(seed));
    tally.figure('entries', String(rows.length));
    const misnamed: string[] = [];
    const attempt = (edit: Edit): Promise<void> =>
      tally.attempt(edit.name, () => {
        const verdict = tamper(edit.change);
        if (!verdict.ok && !edit.named.includes(verdict.brokenEntry)) {
          misnamed.push(`${edit.name}: entry ${verdict.brokenEntry} (${verdict.reason}) named`);
        }
        return verdict.ok;
      });
    const seqs = rows.map(({ seq }) => seq);
    for (const seq of seqs) for (const edit of columnEdits(seq, 'forged', 1)) await attempt(edit);
    for (const edit of endEdits) await attempt(edit);
    for (const seq of seqs)
      for (const sign of [createSigner(stranger.privateKeyPem), () => 'A'.repeat(86)])
        await attempt(rechain(seq, sign));
    const random = fc.tuple(
      fc.constantFrom(...seqs),
      fc.constantFrom(...seqs),
      fc.string({ minLength: 1 }),
      fc.nat(),
      fc.nat(),
    );
    for (const [one, other, text, number, choice] of fc.sample(random, {
      seed,
      numRuns: isLongRun ? 2_000 : 150,
    })) {
      const edits = [...columnEdits(one, text, number), ...(one === other ? [] : [swap(one, other)])];
      const edit = edits[choice % edits.length];
      if (edit !== undefined) await attempt(edit);
    }
    tally.count(0, misnamed);
  },
});

/** Appends as fast as it can and says how many are written. */
const writer = `
import { openAudit } from ${JSON.stringify(join(import.meta.dirname, '../../main/features/audit/audit-log.ts'))};
import { systemClock } from ${JSON.stringify(join(import.meta.dirname, '../../main/lib/clock.ts'))};
import { silentLog } from ${JSON.stringify(join(import.meta.dirname, '../../main/lib/log.ts'))};
const [path, privateKeyPem, publicKeyPem] = process.argv.slice(2);
const audit = openAudit({ path, key: { privateKeyPem, publicKeyPem }, retentionDays: 30, clock: systemClock, log: silentLog() });
for (let written = 1; ; written += 1) {
  audit.append({ kind: 'lesson-end' });
  process.stdout.write(written + '\\n');
}
`;

attack({
  id: 'T44k',
  title: 'killed while it writes',
  timeoutMs: 120_000,
  control: () => verifyAuditLog(join(folder, 'none.sqlite')).ok === false,
  async attempts(tally) {
    const script = join(folder, 'writer.mjs');
    writeFileSync(script, writer);
    const killed = join(folder, 'killed.sqlite');
    let atLeast = 0;
    for (let round = 0; round < 8; round += 1) {
      const args = [
        '--disable-warning=ExperimentalWarning',
        script,
        killed,
        key.privateKeyPem,
        key.publicKeyPem,
      ];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      let said = '';
      child.stdout.on('data', (part: Buffer) => {
        said += part;
      });
      const enough = 5 + round * 7;
      await until('it writes', async () => said.split('\n').length > enough, 30_000);
      const gone = new Promise((done) => child.once('exit', done));
      child.kill('SIGKILL');
      await gone;
      atLeast += said.split('\n').length - 1;
      await tally.attempt(`round ${round}`, () => {
        const verdict = verifyAuditLog(killed, key.publicKeyPem);
        return !verdict.ok || verdict.entries < atLeast;
      });
    }
    tally.figure('entries', String(atLeast));
  },
});
