import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RoomId } from '../../shared/domain/ids.ts';
import { fail, ok } from '../../shared/result/result.ts';
import { renewAgentCertificate } from './agent-identity.ts';
import { readCertificate } from './certificate-profile.ts';
import type { AgentIdentity } from './identity.ts';
import {
  createOwnSchool,
  loadAgentIdentity,
  openConsoleIdentity,
  renewTeacher,
  saveAgentIdentity,
} from './identity-store.ts';
import { readSignedRoster } from './roster.ts';
import {
  createKeyPair,
  createRoomAuthority,
  createSchool,
  openRoomAuthority,
  openSchool,
  publicKeyOf,
} from './school-authority.ts';
import { fileModeBox, type SecretBox } from './secret-box.ts';

/** Stands for the secret store of an OS: turns every bit around. */
const turned = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0xff);
const systemBox: SecretBox = {
  kind: 'system',
  seal: async (secret) => ok(turned(secret)),
  open: async (sealed) => ok(turned(sealed)),
};

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lehrpult-identity-'));
  path = join(folder, 'deep', 'identity.json');
});
afterEach(() => rmSync(folder, { recursive: true }));
const nowMs = Date.now();
const dayMs = 86_400_000;
const names = { roomName: 'Raum 204', teacherName: 'Frau Muster', nowMs };

const createOrThrow = async () => {
  const created = await createOwnSchool(path, systemBox, names);
  if (!created.ok) throw new Error(`${created.error.code} ${created.error.detail}`);
  return created.value;
};
const openOrThrow = async (atMs = nowMs) => {
  const opened = await openConsoleIdentity(path, systemBox, atMs);
  if (!opened.ok || opened.value === null) throw new Error(opened.ok ? 'none' : opened.error.code);
  return opened.value;
};
const endOf = (pem: string): number => new X509Certificate(pem).validToDate.getTime();

describe('a console’s identity', () => {
  it('is not made by itself', async () => {
    expect(await openConsoleIdentity(path, systemBox, nowMs)).toEqual(ok(null));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of an own school has school, room and a teacher on the roster, and is the same at the next start', async () => {
    const first = await createOrThrow();
    const second = await openOrThrow();
    expect(second).toMatchObject({ roomName: 'Raum 204', teacherName: 'Frau Muster', handedTokens: [] });
    expect(second.roomId).toBe(first.roomId);
    expect(second.teacherId).toBe(first.teacherId);
    expect(second.fingerprint).toBe(first.fingerprint);
    expect(second.roster).toEqual(first.roster);
    expect(readCertificate(first.certificatePem)).toEqual({
      role: 'teacher',
      roomId: first.roomId,
      keyId: first.teacherId,
    });
    expect(readSignedRoster(first.authorityPem, first.roster)).toMatchObject({
      value: {
        epoch: 1,
        teachers: [{ id: first.teacherId, name: 'Frau Muster', rooms: [first.roomId] }],
        revoked: [],
      },
    });
    // Windows keeps no such bits.
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).not.toContain('PRIVATE KEY');
    expect(readdirSync(join(folder, 'deep'))).toEqual(['identity.json']);
  });

  it('shares nothing with another console', async () => {
    const first = await createOrThrow();
    path = join(folder, 'other.json');
    const second = await createOrThrow();
    expect(second.roomId).not.toBe(first.roomId);
    expect(second.teacherId).not.toBe(first.teacherId);
    expect(second.fingerprint).not.toBe(first.fingerprint);
  });

  it('gets a new certificate for the same key when little of the old one is left', async () => {
    const first = await createOrThrow();
    const soon = await openOrThrow(nowMs + 50 * dayMs);
    expect(soon.certificatePem).toBe(first.certificatePem);
    const later = await openOrThrow(nowMs + 70 * dayMs);
    expect(later.teacherId).toBe(first.teacherId);
    expect(Math.round((endOf(later.certificatePem) - nowMs) / dayMs)).toBe(160);
    expect((await openOrThrow(nowMs + 71 * dayMs)).certificatePem).toBe(later.certificatePem);
    // The room's authority lives three years and is renewed in the same way, for the same key.
    expect(later.school.roomCertificatePem).toBe(first.school.roomCertificatePem);
    const muchLater = await openOrThrow(nowMs + 900 * dayMs);
    expect(muchLater.school.roomCertificatePem).not.toBe(first.school.roomCertificatePem);
    const keyOf = (pem: string) => readCertificate(pem).keyId;
    expect(keyOf(muchLater.school.roomCertificatePem)).toBe(keyOf(first.school.roomCertificatePem));
  });

  it('is renewed while the console runs, by its own root only', async () => {
    const first = await createOrThrow();
    expect(await renewTeacher(path, systemBox, first, nowMs + 50 * dayMs)).toEqual(ok(first));
    const later = await renewTeacher(path, systemBox, first, nowMs + 70 * dayMs);
    if (!later.ok) throw new Error(later.error.code);
    expect(endOf(later.value.certificatePem)).toBeGreaterThan(endOf(first.certificatePem));
    const withoutRoot = { ...first, root: null };
    expect(await renewTeacher(path, systemBox, withoutRoot, nowMs + 70 * dayMs)).toEqual(ok(withoutRoot));
  });

  it('is reported and left alone when the file is damaged in any way', async () => {
    await createOrThrow();
    const whole = readFileSync(path, 'utf8');
    const file = JSON.parse(whole);
    const secrets = JSON.parse(Buffer.from(turned(Buffer.from(file.sealed, 'base64'))).toString());
    const root = await openSchool({ certificatePem: file.authorityPem, privateKeyPem: secrets.schoolKeyPem });
    const other = await createSchool(nowMs);
    const stranger = await openSchool(other);
    const { publicKeyDer } = await createKeyPair();
    const roomKeyDer = publicKeyOf(secrets.roomAuthorityKeyPem);
    const otherRoom = RoomId.parse('00000000-0000-4000-8000-000000000000');
    const resealed = (changes: object) =>
      Buffer.from(turned(Buffer.from(JSON.stringify({ ...secrets, ...changes })))).toString('base64');
    const changed = (changes: object) => JSON.stringify({ ...file, ...changes });
    const damages = [
      '',
      '{}',
      whole.slice(0, whole.length / 2),
      `${whole} `.replace('"format"', '"formatt"'),
      changed({ extra: 1 }),
      changed({ sealed: Buffer.from('nonsense').toString('base64') }),
      changed({ roomId: otherRoom }),
      changed({ certificatePem: file.authorityPem }),
      changed({ certificatePem: 'no certificate' }),
      changed({ certificatePem: await root.issueTeacher(publicKeyDer, file.roomId, nowMs) }),
      changed({
        certificatePem: await stranger.issueTeacher(publicKeyOf(secrets.teacherKeyPem), file.roomId, nowMs),
      }),
      changed({ roomAuthorityPem: await root.issueRoomAuthority(roomKeyDer, otherRoom, nowMs) }),
      changed({ roomAuthorityPem: await stranger.issueRoomAuthority(roomKeyDer, file.roomId, nowMs) }),
      changed({ authorityPem: stranger.certificatePem }),
      changed({ sealed: resealed({ schoolKeyPem: other.privateKeyPem }) }),
      changed({ sealed: resealed({ roomAuthorityKeyPem: secrets.teacherKeyPem }) }),
      changed({ roster: { ...file.roster, text: file.roster.text.replace('Frau', 'Herr') } }),
      'x'.repeat(1_100_000),
    ];
    for (const damage of damages) {
      writeFileSync(path, damage);
      expect(await openConsoleIdentity(path, systemBox, nowMs)).toMatchObject({
        error: { code: 'identity-damaged' },
      });
      expect(readFileSync(path, 'utf8')).toBe(damage);
    }
    // The control: the whole file still opens, also without the school's key.
    writeFileSync(path, whole);
    await openOrThrow();
    writeFileSync(path, changed({ sealed: resealed({ schoolKeyPem: null }) }));
    expect((await openOrThrow()).root).toBeNull();
  });

  it('is not made where the secret store refuses, and not opened with another store', async () => {
    const locked: SecretBox = { ...systemBox, seal: async () => fail('secret-store-unavailable') };
    expect(await createOwnSchool(path, locked, names)).toMatchObject({
      error: { code: 'secret-store-unavailable' },
    });
    expect(readdirSync(folder)).toEqual([]);
    await createOrThrow();
    expect(await openConsoleIdentity(path, fileModeBox, nowMs)).toMatchObject({
      error: { code: 'secret-store-unavailable' },
    });
  });

  it('is not made twice by two that start at once', async () => {
    const outcomes = await Promise.all([1, 2, 3].map(() => createOwnSchool(path, systemBox, names)));
    const made = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value.roomId] : []));
    expect(made).toHaveLength(1);
    const refusals = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error]));
    expect(refusals).toMatchObject([
      { code: 'identity-not-written', detail: 'exists' },
      { code: 'identity-not-written', detail: 'exists' },
    ]);
    expect((await openOrThrow()).roomId).toBe(made[0]);
  });
});

describe('a device’s identity', () => {
  const makeDevice = async (): Promise<AgentIdentity> => {
    path = join(folder, 'console.json');
    const owner = await createOrThrow();
    const { privateKeyPem, publicKeyDer } = await createKeyPair();
    const certificatePem = await owner.school.issueAgent(publicKeyDer, nowMs);
    path = join(folder, 'device.json');
    return {
      certificatePem,
      privateKeyPem,
      authorityPem: owner.authorityPem,
      roomId: owner.roomId,
      roomName: 'Room 7',
      addresses: ['192.0.2.1:47100'],
      deviceId: readCertificate(certificatePem).keyId as AgentIdentity['deviceId'],
      roster: owner.roster,
    };
  };

  it('comes back as it was saved, and is absent before', async () => {
    const identity = await makeDevice();
    expect(await loadAgentIdentity(path, fileModeBox)).toEqual(ok(null));
    expect(await saveAgentIdentity(path, fileModeBox, identity)).toEqual(ok(undefined));
    expect(await loadAgentIdentity(path, fileModeBox)).toEqual(ok(identity));
  });

  it('is never overwritten unless it is asked for', async () => {
    const identity = await makeDevice();
    writeFileSync(path, 'damaged', { mode: 0o600 });
    expect(await loadAgentIdentity(path, fileModeBox)).toMatchObject({ error: { code: 'identity-damaged' } });
    expect(await saveAgentIdentity(path, fileModeBox, identity)).toMatchObject({
      error: { code: 'identity-not-written', detail: 'exists' },
    });
    expect(readFileSync(path, 'utf8')).toBe('damaged');
    expect(await saveAgentIdentity(path, fileModeBox, identity, 'replace')).toEqual(ok(undefined));
    expect(await loadAgentIdentity(path, fileModeBox)).toEqual(ok(identity));
  });

  it.runIf(process.platform !== 'win32')('is refused when others can read the file', async () => {
    const identity = await makeDevice();
    await saveAgentIdentity(path, fileModeBox, identity);
    chmodSync(path, 0o644);
    expect(await loadAgentIdentity(path, fileModeBox)).toMatchObject({ error: { code: 'identity-exposed' } });
  });

  it('of one device is useless with the key of another', async () => {
    const first = await makeDevice();
    const { privateKeyPem } = await createKeyPair();
    await saveAgentIdentity(path, fileModeBox, { ...first, privateKeyPem });
    expect(await loadAgentIdentity(path, fileModeBox)).toMatchObject({ error: { code: 'identity-damaged' } });
  });

  it('takes a newer certificate for the same key, role and room, and no other', async () => {
    const identity = await makeDevice();
    await saveAgentIdentity(path, fileModeBox, identity);
    const before = readFileSync(path, 'utf8');
    const consolePath = join(folder, 'console.json');
    const owner = await openConsoleIdentity(consolePath, systemBox, nowMs);
    if (!owner.ok || owner.value === null || owner.value.root === null) throw new Error('no school');
    const { school, root, roomId } = owner.value;
    const ownKey = publicKeyOf(identity.privateKeyPem);
    const { publicKeyDer } = await createKeyPair();
    const laterMs = nowMs + 300 * dayMs;
    const stranger = await openSchool(await createSchool(nowMs));
    const openRoom = async (by: typeof root, room = roomId) =>
      openRoomAuthority(await createRoomAuthority(by, room, nowMs), by.certificatePem);
    const good = await school.issueAgent(ownKey, laterMs);
    const leaf = new X509Certificate(good).toString();
    const otherRoom = RoomId.parse('00000000-0000-4000-8000-000000000000');
    const wrong: string[] = [
      '',
      'no certificate',
      leaf,
      `${leaf}${school.certificatePem}`,
      `${good}${school.certificatePem}`,
      await school.issueAgent(publicKeyDer, laterMs),
      await (await openRoom(root, otherRoom)).issueAgent(ownKey, laterMs),
      await (await openRoom(stranger)).issueAgent(ownKey, laterMs),
      `${await root.issueTeacher(ownKey, roomId, laterMs)}\n${school.roomCertificatePem}`,
      await school.issueAgent(ownKey, nowMs - dayMs),
    ];
    for (const chain of wrong) {
      expect(await renewAgentCertificate(path, fileModeBox, identity, chain)).toMatchObject({
        error: { code: 'renewal-refused' },
      });
    }
    expect(readFileSync(path, 'utf8')).toBe(before);
    const renewed = { ...identity, certificatePem: good };
    expect(await renewAgentCertificate(path, fileModeBox, identity, good)).toEqual(ok(renewed));
    expect(await loadAgentIdentity(path, fileModeBox)).toEqual(ok(renewed));
    // Another teacher's PC of the same room may have issued it.
    const colleague = await (await openRoom(root)).issueAgent(ownKey, laterMs + dayMs);
    expect((await renewAgentCertificate(path, fileModeBox, renewed, colleague)).ok).toBe(true);
  });
});
