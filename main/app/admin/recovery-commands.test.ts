import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ok } from '../../../shared/result/result.ts';
import { createOwnSchool } from '../../trust/identity-store.ts';
import { fileModeBox } from '../../trust/secret-box.ts';
import {
  addTeacher,
  at,
  beginRig,
  consoleOf,
  deviceOf,
  endRig,
  facts,
  keeperOf,
  meet,
  password,
  rig,
  rosterAt,
  run,
} from './admin-rig.ts';

beforeEach(beginRig);
afterEach(endRig);

describe('a recovery', () => {
  const codeOn = (sheet: string): string => {
    const html = readFileSync(at(sheet), 'utf8');
    return [...html.matchAll(/<span>([^<]+)<\/span>/g)].map(([, group]) => group).join('-');
  };

  it('brings the school back in another profile; devices and teachers go on', async () => {
    const { fingerprint } = await facts(
      'init-school',
      '--name',
      'Schule am See',
      '--roster-out',
      at('roster.json'),
    );
    await addTeacher('Frau Muster', 'Raum 204', 'a');
    expect(await facts('export-recovery', '--out', at('sheet.html'))).toMatchObject({
      ok: true,
      fingerprint,
    });
    if (process.platform !== 'win32') expect(statSync(at('sheet.html')).mode & 0o777).toBe(0o600);
    expect(readFileSync(at('sheet.html'), 'utf8')).toContain('Wiederherstellungsblatt');
    expect(await facts('export-recovery', '--out', at('sheet.html'))).toMatchObject({ error: 'file-exists' });
    const console = await consoleOf('pc', 'a');
    const keeper = keeperOf(console);
    keeper.offer(rosterAt('roster.json'));

    const line = [
      'recover',
      '--certificate',
      join(at('pc'), 'school.json'),
      '--roster',
      at('roster.json'),
      '--json',
    ];
    rig.typed = [codeOn('sheet.html').toLowerCase()];
    const back = await run([...line, '--roster-out', at('new.json')], 'second');
    expect(JSON.parse(back.out)).toMatchObject({ ok: true, fingerprint, teachers: 1 });
    expect(keeper.offer(rosterAt('new.json'))).toEqual(ok('taken'));
    expect(keeper.allowsTeacher(console.teacherId, console.roomId)).toBe(true);
    const state = JSON.parse((await run(['status', '--json'], 'second')).out);
    expect(state).toMatchObject({
      rooms: [{ id: console.roomId, name: 'Raum 204' }],
      teachers: [{ id: console.teacherId, name: 'Frau Muster' }],
    });
    // The lost PC is sent away, and the teacher comes back with another.
    expect((await run(['revoke', 'Frau Muster'], 'second')).code).toBe(0);
    rig.typed = [password];
    const again = ['add-teacher', '--room', 'Raum 204', '--name', 'Frau Muster', '--out', at('b')];
    expect((await run(again, 'second')).code).toBe(0);
    const next = await consoleOf('pc-2', 'b');
    expect(keeper.offer(rosterAt('new.json'))).toEqual(ok('taken'));
    expect(keeper.allowsTeacher(console.teacherId, console.roomId)).toBe(false);
    expect(keeper.allowsTeacher(next.teacherId, next.roomId)).toBe(true);
    const device = await deviceOf(console);
    expect(await meet(next, device)).toMatchObject({
      teacher: { keyId: next.teacherId },
      device: { role: 'agent' },
    });
  });

  it('works without any roster: the next one still beats every one before', async () => {
    await facts('init-school', '--roster-out', at('roster.json'));
    await addTeacher('A', 'R', 'a');
    const console = await consoleOf('pc', 'a');
    await facts('export-recovery', '--out', at('sheet.html'), '--language', 'en');
    const keeper = keeperOf(console);
    keeper.offer(rosterAt('roster.json'));
    writeFileSync(at('root.pem'), console.authorityPem);
    writeFileSync(at('code'), codeOn('sheet.html'));
    const line = ['recover', '--certificate', at('root.pem'), '--code-file', at('code')];
    const back = await run([...line, '--roster-out', at('new.json')], 'second');
    expect(back).toMatchObject({ code: 0 });
    expect(back.out).toContain('add every teacher anew');
    expect(keeper.offer(rosterAt('new.json'))).toEqual(ok('taken'));
    expect(keeper.allowsTeacher(console.teacherId, console.roomId)).toBe(false);
  });

  it('takes over a school that a teacher’s PC has made', async () => {
    const made = await createOwnSchool(join(at('pc'), 'school.json'), fileModeBox, {
      roomName: 'Raum 204',
      teacherName: 'Frau Muster',
      nowMs: rig.nowMs,
    });
    if (!made.ok || made.value.root === null) throw new Error('no school');
    rig.typed = [made.value.root.recoveryCode()];
    const line = ['recover', '--certificate', join(at('pc'), 'school.json')];
    expect((await run(line)).code).toBe(0);
    // Its teacher's certificate is known, so it can be renewed by hand, too.
    expect(await facts('status')).toMatchObject({
      rooms: [{ id: made.value.roomId, name: 'Raum 204' }],
      teachers: [{ id: made.value.teacherId, validTo: expect.any(String) }],
    });
    expect(await facts('revoke', 'Frau Muster')).toMatchObject({ revoked: [made.value.teacherId] });
  });

  it('says what is wrong and makes nothing', async () => {
    await facts('init-school');
    await facts('export-recovery', '--out', at('sheet.html'));
    const code = codeOn('sheet.html');
    await run(['init-school'], 'other');
    const theirs = JSON.parse(readFileSync(join(at('other'), 'admin-school.json'), 'utf8')).authorityPem;
    writeFileSync(at('theirs.pem'), theirs);
    writeFileSync(
      at('theirs.json'),
      JSON.stringify(JSON.parse(readFileSync(join(at('other'), 'admin-school.json'), 'utf8')).roster),
    );
    writeFileSync(at('nonsense'), '<html>');
    const ours = join(at('admin'), 'admin-school.json');
    const wrong = code.replace(/.$/, (last) => (last === '0' ? '4' : '0'));
    const cases: [string, string, string[]][] = [
      ['', 'recovery-malformed', ['--certificate', ours]],
      [wrong, 'recovery-checksum', ['--certificate', ours]],
      [code, 'recovery-other-certificate', ['--certificate', at('theirs.pem')]],
      [code, 'roster-other-school', ['--certificate', ours, '--roster', at('theirs.json')]],
      [code, 'file-unknown', ['--certificate', at('nonsense')]],
      [code, 'file-not-read', ['--certificate', at('nowhere')]],
      [code, 'usage', []],
    ];
    for (const [word, error, more] of cases) {
      rig.typed = [word];
      const { out } = await run(['recover', ...more, '--json'], 'third');
      expect(JSON.parse(out)).toMatchObject({ ok: false, error });
    }
    expect(existsSync(at('third'))).toBe(false);
    rig.typed = [code];
    expect(await facts('recover', '--certificate', ours)).toMatchObject({ error: 'school-exists' });
  });
});
