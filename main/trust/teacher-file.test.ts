import { randomUUID, X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RoomId, TeacherId } from '../../shared/domain/ids.ts';
import { ok } from '../../shared/result/result.ts';
import { keyIdOf, readCertificate } from './certificate-profile.ts';
import { createOwnSchool, openConsoleIdentity } from './identity-store.ts';
import { readSignedRoster } from './roster.ts';
import {
  createKeyPair,
  createRoomAuthority,
  createSchool,
  openSchool,
  publicKeyOf,
} from './school-authority.ts';
import { fileModeBox } from './secret-box.ts';
import { openTeacherFile, renewalFileName, sealTeacherFile, signTeacherRenewal } from './teacher-file.ts';
import { importTeacherFile, renewFromFolder } from './teacher-import.ts';
import { makeToken } from './token-record.ts';

const nowMs = Date.now();
const dayMs = 86_400_000;
const password = 'korrekt Pferd Batterie';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lehrpult-teacher-'));
  path = join(folder, 'school.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** School IT's side: a school, and files for one teacher of one room. */
async function makeSchool() {
  const keys = await createSchool(nowMs);
  const root = await openSchool(keys);
  const roomId = RoomId.parse(randomUUID());
  const { privateKeyPem: teacherKeyPem, publicKeyDer } = await createKeyPair();
  const room = await createRoomAuthority(root, roomId, nowMs);
  const id = TeacherId.parse(keyIdOf(publicKeyDer));
  const rosterOf = (epoch: number, revoked: string[] = []) =>
    root.signRoster({
      v: 1,
      school: root.fingerprint,
      epoch,
      issuedAt: nowMs,
      teachers: [{ id, name: 'Frau Muster', rooms: [roomId] }],
      revoked,
    });
  const expiresAt = nowMs + dayMs;
  const { record } = makeToken({
    uses: 30,
    expiresAt,
    addresses: ['192.0.2.1:47100'],
    fingerprint: root.fingerprint,
  });
  const contentAt = async (atMs: number, epoch = 1, revoked: string[] = []) => ({
    roomId,
    roomName: 'Raum 204',
    teacherName: 'Frau Muster',
    authorityPem: keys.certificatePem,
    roomAuthorityPem: room.certificatePem,
    certificatePem: await root.issueTeacher(publicKeyDer, roomId, atMs),
    roster: rosterOf(epoch, revoked),
  });
  const fileKeys = { teacherKeyPem, roomAuthorityKeyPem: room.privateKeyPem };
  const sealedAt = async (atMs: number, epoch = 1, revoked: string[] = []) =>
    sealTeacherFile(
      { content: await contentAt(atMs, epoch, revoked), keys: fileKeys, tokens: [record] },
      password,
    );
  const renewalAt = async (atMs: number, epoch = 1) =>
    signTeacherRenewal({ content: await contentAt(atMs, epoch), tokens: [] }, keys.privateKeyPem);
  return { keys, root, roomId, id, record, contentAt, fileKeys, sealedAt, renewalAt };
}
const take = (text: string, atMs = nowMs, word = password) =>
  importTeacherFile(path, fileModeBox, text, word, atMs);
const takeOrThrow = async (text: string, atMs = nowMs) => {
  const taken = await take(text, atMs);
  if (!taken.ok) throw new Error(`${taken.error.code} ${taken.error.detail}`);
  return taken.value;
};
const epochOf = (identity: { authorityPem: string; roster: { text: string; signature: string } }) => {
  const roster = readSignedRoster(identity.authorityPem, identity.roster);
  return roster.ok ? roster.value.epoch : null;
};

describe('a teacher file', () => {
  it('makes a console of the school, without the school’s key', async () => {
    const { sealedAt, root, roomId, id, record } = await makeSchool();
    const text = await sealedAt(nowMs);
    expect(text).not.toContain('PRIVATE KEY');
    expect(text).not.toContain(record.secretHash);
    const identity = await takeOrThrow(text);
    expect(identity).toMatchObject({
      roomId,
      roomName: 'Raum 204',
      teacherName: 'Frau Muster',
      teacherId: id,
      fingerprint: root.fingerprint,
      root: null,
      handedTokens: [record],
    });
    const { publicKeyDer } = await createKeyPair();
    expect(readCertificate(await identity.school.issueAgent(publicKeyDer, nowMs))).toMatchObject({ roomId });
    const { handedTokens: _handed, ...kept } = identity;
    const again = await openConsoleIdentity(path, fileModeBox, nowMs);
    expect(again.ok && again.value).toMatchObject({
      teacherId: kept.teacherId,
      handedTokens: [],
      root: null,
    });
  });

  it('opens with its password only, typed on any system', async () => {
    const { contentAt, fileKeys } = await makeSchool();
    const content = await contentAt(nowMs);
    const text = await sealTeacherFile({ content, keys: fileKeys, tokens: [] }, 'Ma\u0308rz-Regen-77');
    expect((await openTeacherFile(text, 'M\u00e4rz-Regen-77')).ok).toBe(true);
    for (const wrong of ['', 'Marz-Regen-77', 'M\u00e4rz-Regen-77 ']) {
      expect(await take(text, nowMs, wrong)).toMatchObject({ error: { code: 'teacher-file-password' } });
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that was changed anywhere is refused, and nothing is written', async () => {
    const { sealedAt, root } = await makeSchool();
    const other = await makeSchool();
    const file = JSON.parse(await sealedAt(nowMs));
    const flipped = Buffer.from(file.sealed, 'base64');
    flipped.writeUInt8(flipped.readUInt8(3) ^ 1, 3);
    const changes = [
      { roomName: 'Raum 205' },
      { teacherName: 'Herr Muster' },
      { roomId: other.roomId },
      { authorityPem: other.keys.certificatePem },
      { roster: (await other.contentAt(nowMs)).roster },
      { certificatePem: root.certificatePem },
      { sealed: flipped.toString('base64') },
      { nonce: Buffer.alloc(12).toString('base64') },
      { salt: Buffer.alloc(16).toString('base64') },
    ];
    for (const change of changes) {
      expect(await take(JSON.stringify({ ...file, ...change }))).toMatchObject({
        error: { code: 'teacher-file-password' },
      });
    }
    for (const text of [
      '',
      '{}',
      'x'.repeat(2_000_000),
      JSON.stringify({ ...file, extra: 1 }),
      JSON.stringify({ ...file, sealed: 'AAAA' }),
    ]) {
      expect(await take(text)).toMatchObject({ error: { code: 'teacher-file-damaged' } });
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('whose parts do not fit is refused though its seal is good', async () => {
    const { contentAt, fileKeys } = await makeSchool();
    const other = await makeSchool();
    const content = await contentAt(nowMs);
    const wrong = [
      { content, keys: other.fileKeys },
      { content: { ...content, roster: (await other.contentAt(nowMs)).roster }, keys: fileKeys },
      { content: { ...content, authorityPem: other.keys.certificatePem }, keys: fileKeys },
    ];
    for (const file of wrong) {
      const text = await sealTeacherFile({ ...file, tokens: [] }, password);
      expect(await take(text)).toMatchObject({ error: { code: 'teacher-file-damaged' } });
    }
  });

  it('is no longer good after its certificate’s end or the teacher’s revocation', async () => {
    const { sealedAt, id } = await makeSchool();
    expect(await take(await sealedAt(nowMs), nowMs + 91 * dayMs)).toMatchObject({
      error: { code: 'teacher-file-expired' },
    });
    expect(await take(await sealedAt(nowMs, 2, [id]))).toMatchObject({
      error: { code: 'teacher-file-expired' },
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a later file', () => {
  it('renews certificate and roster without a password and without keys', async () => {
    const { sealedAt, renewalAt, record } = await makeSchool();
    const first = await takeOrThrow(await sealedAt(nowMs));
    const renewal = await renewalAt(nowMs + 60 * dayMs, 5);
    expect(renewal).not.toContain('PRIVATE KEY');
    expect(renewal).not.toContain(record.id);
    const second = await importTeacherFile(path, fileModeBox, renewal, '', nowMs + 60 * dayMs);
    if (!second.ok) throw new Error(second.error.code);
    expect(second.value.teacherId).toBe(first.teacherId);
    expect(second.value.privateKeyPem).toBe(first.privateKeyPem);
    expect(epochOf(second.value)).toBe(5);
    const endOf = (pem: string) => new X509Certificate(pem).validToDate.getTime();
    expect(endOf(second.value.certificatePem) - endOf(first.certificatePem)).toBe(60 * dayMs);
  });

  it('counts only by the root’s signature', async () => {
    const { sealedAt, contentAt, fileKeys, renewalAt } = await makeSchool();
    await takeOrThrow(await sealedAt(nowMs));
    const before = readFileSync(path, 'utf8');
    const laterMs = nowMs + 60 * dayMs;
    const content = await contentAt(laterMs);
    const byRoomKey = signTeacherRenewal({ content, tokens: [] }, fileKeys.roomAuthorityKeyPem);
    const genuine = JSON.parse(await renewalAt(laterMs));
    const changed = JSON.stringify({ ...genuine, text: genuine.text.replace('Raum 204', 'Raum 205') });
    for (const text of [byRoomKey, changed]) {
      expect(await take(text, laterMs)).toMatchObject({ error: { code: 'teacher-file-damaged' } });
    }
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('of another school, room or teacher, or an older one, changes nothing', async () => {
    const school = await makeSchool();
    const other = await makeSchool();
    await takeOrThrow(await school.sealedAt(nowMs));
    await takeOrThrow(await school.renewalAt(nowMs + 60 * dayMs));
    const before = readFileSync(path, 'utf8');
    const otherRoom = RoomId.parse(randomUUID());
    const room = await createRoomAuthority(school.root, otherRoom, nowMs);
    const inOtherRoom = {
      ...(await school.contentAt(nowMs)),
      roomId: otherRoom,
      roomAuthorityPem: room.certificatePem,
      certificatePem: await school.root.issueTeacher(
        publicKeyOf(school.fileKeys.teacherKeyPem),
        otherRoom,
        nowMs,
      ),
    };
    const roomFile = await sealTeacherFile(
      {
        content: inOtherRoom,
        keys: { ...school.fileKeys, roomAuthorityKeyPem: room.privateKeyPem },
        tokens: [],
      },
      password,
    );
    const { publicKeyDer } = await createKeyPair();
    const ofColleague = signTeacherRenewal(
      {
        content: {
          ...(await school.contentAt(nowMs)),
          certificatePem: await school.root.issueTeacher(publicKeyDer, school.roomId, nowMs + 60 * dayMs),
        },
        tokens: [],
      },
      school.keys.privateKeyPem,
    );
    const refusals = [
      [await other.sealedAt(nowMs), 'teacher-file-other-school'],
      [await other.renewalAt(nowMs), 'teacher-file-other-school'],
      [roomFile, 'teacher-file-other-room'],
      [ofColleague, 'teacher-file-other-teacher'],
      [await school.sealedAt(nowMs), 'teacher-file-old'],
      [await school.renewalAt(nowMs), 'teacher-file-old'],
    ] as const;
    for (const [text, code] of refusals) expect(await take(text)).toMatchObject({ error: { code } });
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('does not begin a console', async () => {
    const { renewalAt } = await makeSchool();
    expect(await take(await renewalAt(nowMs))).toMatchObject({
      error: { code: 'teacher-file-other-teacher' },
    });
  });

  it('is found in a folder that school IT fills, by the console it is for', async () => {
    const school = await makeSchool();
    const colleague = await makeSchool();
    const identity = await takeOrThrow(await school.sealedAt(nowMs));
    const lookAt = (atMs: number) => renewFromFolder(path, fileModeBox, identity, folder, atMs);
    const own = join(folder, renewalFileName(identity));
    expect(await lookAt(nowMs)).toEqual(ok(null));
    writeFileSync(
      join(folder, renewalFileName({ ...colleague, teacherId: colleague.id })),
      'of somebody else',
    );
    writeFileSync(own, await school.renewalAt(nowMs - dayMs));
    expect(await lookAt(nowMs)).toEqual(ok(null));
    writeFileSync(own, await school.renewalAt(nowMs + 60 * dayMs, 3));
    const renewed = await lookAt(nowMs + 60 * dayMs);
    if (!renewed.ok || renewed.value === null) throw new Error('not renewed');
    expect(epochOf(renewed.value)).toBe(3);
    expect(await openConsoleIdentity(path, fileModeBox, nowMs)).toMatchObject({
      value: { certificatePem: renewed.value.certificatePem },
    });
    // What lies there in its place is refused and changes nothing.
    const before = readFileSync(path, 'utf8');
    writeFileSync(own, await colleague.renewalAt(nowMs + 200 * dayMs));
    expect(await lookAt(nowMs)).toMatchObject({ error: { code: 'teacher-file-other-school' } });
    writeFileSync(own, 'x'.repeat(2_000_000));
    expect(await lookAt(nowMs)).toMatchObject({ error: { code: 'teacher-file-damaged' } });
    rmSync(own);
    mkdirSync(own);
    expect(await lookAt(nowMs)).toMatchObject({ error: { code: 'teacher-file-unreadable' } });
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('never takes a newer roster back', async () => {
    const { sealedAt, renewalAt } = await makeSchool();
    await takeOrThrow(await sealedAt(nowMs, 7));
    expect(epochOf(await takeOrThrow(await renewalAt(nowMs + dayMs, 6)))).toBe(7);
  });

  it('leaves an own school’s key where it is', async () => {
    const own = await createOwnSchool(path, fileModeBox, { roomName: 'R', teacherName: 'T', nowMs });
    if (!own.ok || own.value.root === null) throw new Error('no school');
    const { root, roomId, authorityPem, roster } = own.value;
    const teacher = await createKeyPair();
    const room = await createRoomAuthority(root, roomId, nowMs);
    const content = {
      roomId,
      roomName: 'R',
      teacherName: 'T2',
      authorityPem,
      roomAuthorityPem: room.certificatePem,
      certificatePem: await root.issueTeacher(teacher.publicKeyDer, roomId, nowMs),
      roster,
    };
    const keys = { teacherKeyPem: teacher.privateKeyPem, roomAuthorityKeyPem: room.privateKeyPem };
    const identity = await takeOrThrow(await sealTeacherFile({ content, keys, tokens: [] }, password));
    expect(identity.teacherName).toBe('T2');
    expect(identity.root?.fingerprint).toBe(root.fingerprint);
    expect(await openConsoleIdentity(path, fileModeBox, nowMs)).not.toEqual(ok(null));
  });
});
