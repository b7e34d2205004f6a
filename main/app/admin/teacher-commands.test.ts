import { randomUUID, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ok } from '../../../shared/result/result.ts';
import { authorityKeyIdOf } from '../../trust/certificate-profile.ts';
import { fileModeBox } from '../../trust/secret-box.ts';
import { renewFromFolder } from '../../trust/teacher-import.ts';
import {
  addTeacher,
  at,
  beginRig,
  consoleOf,
  dayMs,
  deviceOf,
  endRig,
  facts,
  keeperOf,
  meet,
  password,
  rig,
  rosterAt,
  run,
  takeAt,
} from './admin-rig.ts';

beforeEach(beginRig);
afterEach(endRig);

describe('a teacher', () => {
  it('gets a file that makes a console, which devices of its room meet over TLS', async () => {
    await facts('init-school', '--roster-out', at('roster.json'));
    const made = await addTeacher('Frau Muster', 'Raum 204', 'muster.lehrpult');
    expect(made).toMatchObject({ isNewRoom: true, epoch: 2 });
    if (process.platform !== 'win32') expect(statSync(at('muster.lehrpult')).mode & 0o777).toBe(0o600);
    expect(readFileSync(at('muster.lehrpult'), 'utf8')).not.toContain('PRIVATE KEY');
    const console = await consoleOf('pc', 'muster.lehrpult');
    expect(console).toMatchObject({ roomName: 'Raum 204', teacherName: 'Frau Muster', root: null });
    const device = await deviceOf(console);
    expect(await meet(console, device)).toEqual({
      teacher: { role: 'teacher', roomId: made.room, keyId: made.teacher },
      device: { role: 'agent', roomId: made.room, keyId: expect.any(String) },
    });
    const keeper = keeperOf(device);
    expect(keeper.offer(rosterAt('roster.json'))).toEqual(ok('taken'));
    expect(keeper.allowsTeacher(console.teacherId, console.roomId)).toBe(true);
    expect(keeper.offer(console.roster)).toEqual(ok('known'));
  });

  it('of a known room joins it by name or id, and another PC of the room takes the same devices', async () => {
    await facts('init-school');
    const first = await addTeacher('Frau Muster', 'Raum 204', 'a');
    const second = await addTeacher('Herr Beispiel', ' raum 204', 'b');
    const third = await addTeacher('Frau Muster', first.room, 'c');
    expect([second.room, third.room]).toEqual([first.room, first.room]);
    expect([second.isNewRoom, third.isNewRoom, third.epoch]).toEqual([false, false, 4]);
    const device = await deviceOf(await consoleOf('pc-a', 'a'));
    const seen = await meet(await consoleOf('pc-b', 'b'), device);
    expect(seen).toMatchObject({ teacher: { keyId: second.teacher }, device: { roomId: first.room } });
    const unknown = randomUUID();
    rig.typed = [password];
    expect(await facts('add-teacher', '--room', unknown, '--name', 'A', '--out', at('d'))).toMatchObject({
      error: 'room-unknown',
    });
    const rooms = (await facts('status')).rooms;
    expect(rooms).toEqual([{ id: first.room, name: 'Raum 204' }]);
  });

  it('is not made when the file cannot be: nothing is changed and nothing overwritten', async () => {
    await facts('init-school');
    writeFileSync(at('taken'), 'mine');
    const add = (...more: string[]) => facts('add-teacher', '--room', 'R', '--name', 'A', ...more);
    rig.typed = [password, 'short', password];
    expect(await add('--out', at('taken'))).toMatchObject({ code: 1, error: 'file-exists' });
    expect(await add('--out', at('new'))).toMatchObject({ code: 1, error: 'password-too-short' });
    expect(await add('--out', at('no/such/folder'))).toMatchObject({ code: 1, error: 'file-not-written' });
    expect(readFileSync(at('taken'), 'utf8')).toBe('mine');
    expect(existsSync(at('new'))).toBe(false);
    expect(await facts('status')).toMatchObject({ epoch: 1, teachers: [], rooms: [] });
  });

  it('may get the password from a file, and needs exactly that one', async () => {
    await facts('init-school');
    writeFileSync(at('word'), `${password}\r\nnot this line\n`);
    const line = ['add-teacher', '--room', 'R', '--name', 'A', '--out', at('f')];
    expect(await facts(...line, '--password-file', at('word'))).toMatchObject({ ok: true });
    expect(await takeAt('pc', 'f', `${password}\r`)).toMatchObject({
      error: { code: 'teacher-file-password' },
    });
    expect((await takeAt('pc', 'f')).ok).toBe(true);
  });
});

describe('a revocation', () => {
  it('is in the roster that devices read, and raises its epoch by one', async () => {
    await facts('init-school', '--roster-out', at('roster.json'));
    await addTeacher('Frau Muster', 'Raum 204', 'a');
    await addTeacher('Herr Beispiel', 'Raum 204', 'b');
    const console = await consoleOf('pc', 'a');
    const colleague = await consoleOf('pc-b', 'b');
    const keeper = keeperOf(console);
    keeper.offer(rosterAt('roster.json'));
    expect(keeper.allowsTeacher(console.teacherId, console.roomId)).toBe(true);
    expect(await facts('revoke', 'frau muster')).toMatchObject({
      ok: true,
      revoked: [console.teacherId],
      epoch: 4,
    });
    expect(keeper.offer(rosterAt('roster.json'))).toEqual(ok('taken'));
    expect(keeper.allowsTeacher(console.teacherId, console.roomId)).toBe(false);
    expect(keeper.isRevoked(console.teacherId)).toBe(true);
    expect(keeper.allowsTeacher(colleague.teacherId, colleague.roomId)).toBe(true);
    expect(keeper.offer(console.roster)).toMatchObject({ error: { code: 'roster-old' } });
    // A revoked teacher is not renewed, and cannot be revoked by name once more.
    expect(await facts('renew-teacher', 'Frau Muster', '--out', at('r'))).toMatchObject({
      error: 'teacher-unknown',
    });
    expect(await facts('revoke', 'Frau Muster')).toMatchObject({ code: 1, error: 'teacher-unknown' });
    expect(await facts('revoke', console.teacherId)).toMatchObject({ code: 0, revoked: [], epoch: 4 });
  });

  it('takes any key, but asks which one when a name is not enough', async () => {
    await facts('init-school');
    const first = await addTeacher('Frau Muster', 'Raum 1', 'a');
    const second = await addTeacher('Frau Muster', 'Raum 2', 'b');
    const device = 'd'.repeat(64);
    expect(await facts('revoke', device)).toMatchObject({ revoked: [device], epoch: 4 });
    const asked = await run(['revoke', 'Frau Muster']);
    expect(asked.code).toBe(1);
    for (const word of [first.teacher, second.teacher, 'Raum 1', '--all']) expect(asked.err).toContain(word);
    expect((await facts('status')).epoch).toBe(4);
    expect(await facts('revoke', 'Frau Muster', '--all')).toMatchObject({ epoch: 6 });
    expect((await facts('status')).revoked).toEqual([device, first.teacher, second.teacher]);
  });

  it('of a stolen PC takes its room key, too, which devices name as their issuer', async () => {
    await facts('init-school', '--roster-out', at('roster.json'));
    await addTeacher('Frau Muster', 'Raum 204', 'a');
    await addTeacher('Herr Beispiel', 'Raum 204', 'b');
    const stolen = await consoleOf('pc-a', 'a');
    const left = await consoleOf('pc-b', 'b');
    const keeper = keeperOf(left);
    const isIssuerRevoked = async (console: typeof stolen) =>
      keeper.isRevoked(authorityKeyIdOf((await deviceOf(console)).certificatePem) ?? '');
    expect(await facts('revoke', 'Frau Muster')).toMatchObject({ revoked: [stolen.teacherId], epoch: 4 });
    keeper.offer(rosterAt('roster.json'));
    expect(await isIssuerRevoked(stolen)).toBe(false);
    expect(await facts('revoke', stolen.teacherId, '--room-key')).toMatchObject({ ok: true, epoch: 5 });
    keeper.offer(rosterAt('roster.json'));
    expect(await isIssuerRevoked(stolen)).toBe(true);
    expect(await isIssuerRevoked(left)).toBe(false);
  });

  it('that does not reach the share says so and still holds', async () => {
    mkdirSync(at('share'));
    await facts('init-school', '--roster-out', at('share/roster.json'));
    const { teacher } = await addTeacher('Frau Muster', 'R', 'a');
    rmSync(at('share'), { recursive: true });
    writeFileSync(at('share'), 'no folder any more');
    const revoked = await facts('revoke', teacher);
    expect(revoked).toMatchObject({ code: 1, error: 'roster-not-written', revoked: [teacher], epoch: 3 });
    expect(revoked.message).toContain('export-roster');
    expect(await facts('export-roster', '--out', at('elsewhere.json'))).toMatchObject({ ok: true, epoch: 3 });
    expect(JSON.parse(rosterAt('elsewhere.json').text).revoked).toEqual([teacher]);
    // Everybody may read the list, and a newer one takes the place of the older.
    if (process.platform !== 'win32') expect(statSync(at('elsewhere.json')).mode & 0o777).toBe(0o644);
    expect(await facts('export-roster', '--out', at('elsewhere.json'))).toMatchObject({ ok: true });
  });
});

describe('a renewal', () => {
  it('lets the console go on with the same keys, without a secret', async () => {
    await facts('init-school');
    await addTeacher('Frau Muster', 'Raum 204', 'a');
    const before = await consoleOf('pc', 'a');
    rig.nowMs += 80 * dayMs;
    expect(await facts('renew-teacher', 'Frau Muster', '--out', at('r'))).toMatchObject({ ok: true });
    expect(readFileSync(at('r'), 'utf8')).not.toContain('PRIVATE');
    const after = await consoleOf('pc', 'r', '');
    expect(after.teacherId).toBe(before.teacherId);
    const endOf = (pem: string) => new X509Certificate(pem).validToDate.getTime();
    expect(Math.round((endOf(after.certificatePem) - rig.nowMs) / dayMs)).toBe(90);
    expect((await facts('status')).teachers[0].validTo).toBe(
      new X509Certificate(after.certificatePem).validToDate.toISOString(),
    );
  });

  it('of all fills a folder in which each console finds its own', async () => {
    await facts('init-school');
    await addTeacher('A', 'Raum 1', 'a');
    await addTeacher('B', 'Raum 2', 'b');
    await addTeacher('C', 'Raum 2', 'c');
    await facts('revoke', 'C');
    const [a, b, c] = [
      await consoleOf('pc-a', 'a'),
      await consoleOf('pc-b', 'b'),
      await consoleOf('pc-c', 'c'),
    ];
    const lookAt = (pc: string, identity: typeof a) =>
      renewFromFolder(join(at(pc), 'school.json'), fileModeBox, identity, at('out'), rig.nowMs);
    expect(await lookAt('pc-a', a)).toEqual(ok(null));
    for (const days of [1, 30]) {
      rig.nowMs += days * dayMs;
      const all = await facts('renew-teacher', '--all', '--out-dir', at('out'));
      expect(all).toMatchObject({ ok: true, files: [{ teacher: a.teacherId }, { teacher: b.teacherId }] });
      expect(readdirSync(at('out'))).toHaveLength(2);
    }
    const endOf = (pem: string) => new X509Certificate(pem).validToDate.getTime();
    for (const [pc, identity] of [
      ['pc-a', a],
      ['pc-b', b],
    ] as const) {
      const renewed = await lookAt(pc, identity);
      if (!renewed.ok || renewed.value === null) throw new Error('not renewed');
      expect(renewed.value.teacherId).toBe(identity.teacherId);
      expect(endOf(renewed.value.certificatePem) - endOf(identity.certificatePem)).toBe(31 * dayMs);
    }
    expect(await lookAt('pc-c', c)).toEqual(ok(null));
  });
});
