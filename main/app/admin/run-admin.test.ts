import { randomUUID, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeviceFacts } from '../../../shared/domain/device.ts';
import { SignedRoster } from '../../../shared/protocol/roster.ts';
import { ok } from '../../../shared/result/result.ts';
import { createFakeClock } from '../../lib/fake-clock.ts';
import { silentLog } from '../../lib/log.ts';
import { keyIdOf, linkServerName, readCertificate } from '../../trust/certificate-profile.ts';
import { createEnrolmentDesk } from '../../trust/enrolment-desk.ts';
import { parseToken } from '../../trust/enrolment-token.ts';
import { type ConsoleIdentity, createOwnSchool } from '../../trust/identity-store.ts';
import { createRosterKeeper, type RosterKeeper } from '../../trust/roster.ts';
import { createKeyPair, createRequest } from '../../trust/school-authority.ts';
import { fileModeBox, type SecretBox } from '../../trust/secret-box.ts';
import { importTeacherFile } from '../../trust/teacher-import.ts';
import type { AdminParts, LogVerdict } from './command.ts';
import { runAdmin } from './run-admin.ts';

/** Stands for the secret store of an OS: turns every bit around. */
const turned = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0xff);
const systemBox: SecretBox = {
  kind: 'system',
  seal: async (secret) => ok(turned(secret)),
  open: async (sealed) => ok(turned(sealed)),
};
const dayMs = 86_400_000;
const password = 'vier Woerter und mehr';

let folder = '';
let nowMs = 0;
/** What a person would type, in order. */
let typed: string[] = [];
let verdict: LogVerdict = { ok: true, entries: 0, keyFingerprint: 'ab' };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lehrpult-admin-'));
  nowMs = Date.now();
  typed = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = async (line: readonly string[], profile = 'admin', changes: Partial<AdminParts> = {}) => {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runAdmin(line, {
    profile: join(folder, profile),
    box: systemBox,
    wallMs: () => nowMs,
    language: 'de',
    write: async (text) => void out.push(text),
    writeError: async (text) => void err.push(text),
    readSecret: async () => typed.shift() ?? '',
    verifyAuditLog: () => verdict,
    ...changes,
  });
  return { code, out: out.join(''), err: err.join('') };
};
/** Runs with --json and gives the facts. */
const facts = async (...line: string[]) => {
  const { code, out } = await run([...line, '--json']);
  return { code, ...JSON.parse(out) };
};
const at = (name: string): string => join(folder, name);
const rosterAt = (name: string): SignedRoster =>
  SignedRoster.parse(JSON.parse(readFileSync(at(name), 'utf8')));

const addTeacher = async (name: string, room: string, file: string) => {
  typed = [password];
  const made = await facts('add-teacher', '--room', room, '--name', name, '--out', at(file));
  expect(made).toMatchObject({ ok: true, code: 0 });
  return made;
};
/** Opens the file as that teacher's PC does. */
const takeAt = async (pc: string, file: string, word = password) =>
  importTeacherFile(join(at(pc), 'school.json'), fileModeBox, readFileSync(at(file), 'utf8'), word, nowMs);
const consoleOf = async (pc: string, file: string, word = password): Promise<ConsoleIdentity> => {
  const taken = await takeAt(pc, file, word);
  if (!taken.ok) throw new Error(`${taken.error.code} ${taken.error.detail}`);
  return taken.value;
};
const keeperOf = ({ authorityPem }: { authorityPem: string }): RosterKeeper =>
  createRosterKeeper({ authorityPem, stored: null, save: () => {}, log: silentLog() });

type Device = {
  readonly authorityPem: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
};
const deviceOf = async (console: ConsoleIdentity): Promise<Device> => {
  const { privateKeyPem, publicKeyDer } = await createKeyPair();
  const certificatePem = await console.school.issueAgent(publicKeyDer, nowMs);
  return { authorityPem: console.authorityPem, certificatePem, privateKeyPem };
};

/** One TLS 1.3 handshake with both certificates; gives what each side reads of the other, or null if it was refused. */
async function meet(console: ConsoleIdentity, device: Device) {
  const server = createServer({
    minVersion: 'TLSv1.3',
    ca: console.authorityPem,
    key: console.privateKeyPem,
    cert: console.certificatePem,
    requestCert: true,
    rejectUnauthorized: true,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const atServer = new Promise<ReturnType<typeof readCertificate> | null>((resolve) => {
    server.on('secureConnection', (socket) => {
      resolve(readCertificate(socket.getPeerCertificate().raw));
      socket.destroy();
    });
    server.on('tlsClientError', () => resolve(null));
  });
  const socket = connect({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    servername: linkServerName,
    minVersion: 'TLSv1.3',
    rejectUnauthorized: true,
    ca: device.authorityPem,
    key: device.privateKeyPem,
    cert: device.certificatePem,
  });
  const atClient = new Promise<ReturnType<typeof readCertificate> | null>((resolve) => {
    socket.on('secureConnect', () => resolve(readCertificate(socket.getPeerCertificate().raw)));
    socket.on('error', () => resolve(null));
  });
  const seen = { teacher: await atClient, device: await atServer };
  socket.destroy();
  server.close();
  return seen;
}

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
    expect(readdirSync(folder)).toEqual([]);
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
    expect(readdirSync(folder)).toEqual([]);
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
    typed = [password];
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
    typed = [password, 'short', password];
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
    nowMs += 80 * dayMs;
    expect(await facts('renew-teacher', 'Frau Muster', '--out', at('r'))).toMatchObject({ ok: true });
    expect(readFileSync(at('r'), 'utf8')).not.toContain('PRIVATE');
    const after = await consoleOf('pc', 'r', '');
    expect(after.teacherId).toBe(before.teacherId);
    const endOf = (pem: string) => new X509Certificate(pem).validToDate.getTime();
    expect(Math.round((endOf(after.certificatePem) - nowMs) / dayMs)).toBe(90);
    expect((await facts('status')).teachers[0].validTo).toBe(
      new X509Certificate(after.certificatePem).validToDate.toISOString(),
    );
  });

  it('of all makes one file each and overwrites none', async () => {
    await facts('init-school');
    await addTeacher('A', 'Raum 1', 'a');
    await addTeacher('B', 'Raum 2', 'b');
    await addTeacher('C', 'Raum 2', 'c');
    await facts('revoke', 'C');
    nowMs += dayMs;
    const all = await facts('renew-teacher', '--all', '--out-dir', at('out'));
    expect(all.files).toHaveLength(2);
    expect(readdirSync(at('out'))).toHaveLength(2);
    expect(await facts('renew-teacher', '--all', '--out-dir', at('out'))).toMatchObject({
      error: 'file-exists',
    });
    expect(readdirSync(at('out'))).toHaveLength(2);
  });
});

describe('a joining code made before the console runs', () => {
  const request = async () => {
    const { privateKeyPem, publicKeyDer } = await createKeyPair();
    return { requestDer: await createRequest(privateKeyPem), privateKeyPem, id: keyIdOf(publicKeyDer) };
  };
  const facts204: DeviceFacts = { name: 'PC 01', os: 'linux', appVersion: '0.1.0', displays: [] };
  const deskOf = async (console: ConsoleIdentity) => {
    const desk = createEnrolmentDesk({
      school: console.school,
      room: () => ({ id: console.roomId, name: console.roomName }),
      roster: () => console.roster,
      clock: createFakeClock(nowMs),
      log: silentLog(),
      store: { load: () => null, save: () => {}, settled: async () => {} },
    });
    await desk.adopt(console.handedTokens);
    return desk;
  };
  const make = (...more: string[]) =>
    facts('enrol-token', '--room', 'Raum 204', '--uses', '2', '--hours', '48', '--address', ...more);

  it('is redeemed by the console of its room, as often as it says', async () => {
    const { fingerprint } = await facts('init-school');
    const made = await make('192.0.2.7,pult.example:5000,[2001:db8::1]');
    const token = parseToken(made.token);
    if (!token.ok) throw new Error('token');
    expect(token.value).toMatchObject({
      fingerprint,
      addresses: ['192.0.2.7:47100', 'pult.example:5000', '[2001:db8::1]:47100'],
    });
    expect(readFileSync(join(at('admin'), 'admin-school.json'), 'utf8')).not.toContain(made.token);
    const added = await addTeacher('Frau Muster', 'Raum 204', 'a');
    expect(added).toMatchObject({ tokens: 1, room: made.room, isNewRoom: false });
    const console = await consoleOf('pc', 'a');
    const desk = await deskOf(console);
    const secret = Buffer.from(token.value.secret).toString('base64url');
    const redeem = async () => {
      const { requestDer, privateKeyPem } = await request();
      const answer = await desk.redeem({ secret, requestDer, facts: facts204, address: '192.0.2.9' });
      return { answer, privateKeyPem };
    };
    const { answer, privateKeyPem } = await redeem();
    if (!answer.ok) throw new Error(answer.error.code);
    expect(answer.value.roster).toEqual(console.roster);
    const { certificatePem } = answer.value;
    const seen = await meet(console, { authorityPem: console.authorityPem, certificatePem, privateKeyPem });
    expect(seen).toMatchObject({ teacher: { role: 'teacher' }, device: { roomId: console.roomId } });
    expect((await redeem()).answer.ok).toBe(true);
    expect((await redeem()).answer).toMatchObject({ error: { code: 'token-used-up' } });
    // The same file once more gives no more uses.
    await desk.adopt(console.handedTokens);
    expect((await redeem()).answer).toMatchObject({ error: { code: 'token-used-up' } });
  });

  it('goes to one console only, later ones by renewal, and none when it is over', async () => {
    await facts('init-school');
    await make('192.0.2.7');
    await addTeacher('A', 'Raum 204', 'a');
    expect(await addTeacher('B', 'Raum 204', 'b')).toMatchObject({ tokens: 0 });
    expect(await addTeacher('C', 'Raum 1', 'c')).toMatchObject({ tokens: 0 });
    await consoleOf('pc-b', 'b');
    const late = await make('192.0.2.7');
    await facts('renew-teacher', 'B', '--out', at('r'));
    expect((await consoleOf('pc-b', 'r')).handedTokens).toMatchObject([{ id: late.id, usesLeft: 2 }]);
    nowMs += 3 * dayMs;
    expect((await facts('status')).tokens).toEqual([]);
    await facts('renew-teacher', 'B', '--out', at('r2'));
    expect((await consoleOf('pc-b', 'r2')).handedTokens).toEqual([]);
  });

  it('can be a picture', async () => {
    await facts('init-school');
    expect(await make('192.0.2.7', '--qr-out', at('code.svg'))).toMatchObject({ ok: true });
    expect(readFileSync(at('code.svg'), 'utf8')).toMatch(/^<svg /);
  });
});

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
    typed = [codeOn('sheet.html').toLowerCase()];
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
    typed = [password];
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
      nowMs,
    });
    if (!made.ok || made.value.root === null) throw new Error('no school');
    typed = [made.value.root.recoveryCode()];
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
      typed = [word];
      const { out } = await run(['recover', ...more, '--json'], 'third');
      expect(JSON.parse(out)).toMatchObject({ ok: false, error });
    }
    expect(existsSync(at('third'))).toBe(false);
    typed = [code];
    expect(await facts('recover', '--certificate', ours)).toMatchObject({ error: 'school-exists' });
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
    verdict = { ok: true, entries: 12, keyFingerprint: 'abcd' };
    expect(await facts('verify-log', at('audit.db'))).toMatchObject({
      code: 0,
      entries: 12,
      keyFingerprint: 'abcd',
    });
    verdict = { ok: false, brokenEntry: 7, reason: 'changed' };
    const broken = await run(['verify-log', at('audit.db')]);
    expect(broken.code).toBe(1);
    expect(broken.err).toContain('Entry 7');
    expect(await facts('verify-log', at('nowhere'))).toMatchObject({ code: 1, error: 'file-not-read' });
    expect(existsSync(at('nowhere'))).toBe(false);
  });
});
