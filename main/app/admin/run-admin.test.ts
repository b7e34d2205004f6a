import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileModeBox } from '../../trust/secret-box.ts';
import { addTeacher, at, beginRig, endRig, facts, password, rig, run } from './admin-rig.ts';

beforeEach(beginRig);
afterEach(endRig);

describe('the command line', () => {
  it('explains itself and tells a wrong call from a failure', async () => {
    const bare = await run([]);
    expect(bare.code).toBe(2);
    for (const name of ['init-school', 'add-teacher', 'enrol-token', 'revoke', 'recover', 'verify-log']) {
      expect(bare.out).toContain(name);
      const help = await run([name, '--help']);
      expect(help.code).toBe(0);
      expect(help.out).toContain(`lehrpult admin ${name}`);
      expect((await run(['help', name])).out).toBe(help.out);
    }
    expect((await run(['--help'])).code).toBe(0);
    expect(await run(['frobnicate'])).toMatchObject({ code: 2, out: '' });
    const wrong = [
      ['init-school', '--colour=red'],
      ['init-school', '--name=two\nlines'],
      ['init-school', 'Schule', 'am', 'See'],
      ['add-teacher', '--name', 'A'],
      ['add-teacher', '--room', 'R', '--out', at('x'), '--name', 'x'.repeat(65)],
      ['enrol-token', '--room', 'R', '--uses', '0', '--hours', '1', '--address', 'a:1'],
      ['enrol-token', '--room', 'R', '--uses', '1', '--hours', '3000', '--address', 'a:1'],
      ['enrol-token', '--room', 'R', '--uses', '1', '--hours', '1'],
      ['enrol-token', '--room', 'R', '--uses', '1', '--hours', '1', '--address', 'http://a/'],
      ['revoke'],
      ['renew-teacher', 'A'],
      ['renew-teacher', '--all'],
      ['export-roster'],
      ['export-recovery', '--out', at('x'), '--language', 'fr'],
      ['verify-log'],
    ];
    for (const line of wrong) {
      const { code, out, err } = await run(line);
      expect({ line, code, out }).toEqual({ line, code: 2, out: '' });
      expect(err).toContain(`lehrpult admin ${line[0]}`);
      const json = await run([...line, '--json']);
      expect(JSON.parse(json.out)).toMatchObject({ ok: false, error: 'usage' });
    }
    expect(readdirSync(rig.folder)).toEqual([]);
  });

  it('says of every command but the first that a school is missing', async () => {
    const lines = [
      ['status'],
      ['add-teacher', '--room', 'R', '--name', 'A', '--out', at('x')],
      ['enrol-token', '--room', 'R', '--uses', '1', '--hours', '1', '--address', 'a'],
      ['revoke', 'A'],
      ['renew-teacher', 'A', '--out', at('x')],
      ['export-roster', '--out', at('x')],
      ['export-recovery', '--out', at('x')],
    ];
    for (const line of lines) {
      const { code, err } = await run(line);
      expect({ line, code }).toEqual({ line, code: 1 });
      expect(err).toContain('init-school');
    }
    expect(readdirSync(rig.folder)).toEqual([]);
  });
});

describe('a school', () => {
  it('is made once and keeps its key sealed', async () => {
    const made = await facts('init-school', '--name', 'Schule am See');
    expect(made).toMatchObject({ ok: true, code: 0 });
    const path = join(at('admin'), 'admin-school.json');
    const before = readFileSync(path, 'utf8');
    expect(before).not.toContain('PRIVATE KEY');
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(await facts('init-school')).toMatchObject({ ok: false, code: 1, error: 'school-exists' });
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(await facts('status')).toMatchObject({ fingerprint: made.fingerprint, epoch: 1, teachers: [] });
    expect(await run(['status'], 'admin', { box: fileModeBox })).toMatchObject({ code: 1 });
  });

  it('whose file is damaged is left alone', async () => {
    await facts('init-school');
    const path = join(at('admin'), 'admin-school.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"epoch\\":1', '"epoch\\":0'));
    expect(await facts('status')).toMatchObject({ ok: false, error: 'identity-damaged' });
    expect(await facts('init-school')).toMatchObject({ ok: false, error: 'school-exists' });
  });
});

describe('two commands at once', () => {
  it('never sign two rosters of one epoch', async () => {
    await facts('init-school');
    await addTeacher('A', 'R', 'a');
    // While the first waits for the password, the second revokes.
    const slow = run(['add-teacher', '--room', 'R', '--name', 'B', '--out', at('b'), '--json'], 'admin', {
      readSecret: async () => {
        expect(await facts('revoke', 'A')).toMatchObject({ ok: true, epoch: 3 });
        return password;
      },
    });
    expect(JSON.parse((await slow).out)).toMatchObject({ ok: false, error: 'admin-busy' });
    expect(existsSync(at('b'))).toBe(false);
    expect(await facts('status')).toMatchObject({ epoch: 3, teachers: [{ isRevoked: true }] });
  });
});

describe('verify-log', () => {
  it('passes on what the verifier says', async () => {
    writeFileSync(at('audit.db'), '');
    rig.verdict = { ok: true, entries: 12, keyFingerprint: 'abcd' };
    expect(await facts('verify-log', at('audit.db'))).toMatchObject({
      code: 0,
      entries: 12,
      keyFingerprint: 'abcd',
    });
    rig.verdict = { ok: false, brokenEntry: 7, reason: 'changed' };
    const broken = await run(['verify-log', at('audit.db')]);
    expect(broken.code).toBe(1);
    expect(broken.err).toContain('Entry 7');
    expect(await facts('verify-log', at('nowhere'))).toMatchObject({ code: 1, error: 'file-not-read' });
    expect(existsSync(at('nowhere'))).toBe(false);
  });
});
