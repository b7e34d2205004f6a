import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fail, ok } from '../../shared/result/result.ts';
import { readCertificate } from './certificate-profile.ts';
import type { AgentIdentity } from './identity.ts';
import { loadAgentIdentity, openConsoleIdentity, saveAgentIdentity } from './identity-store.ts';
import { createKeyPair, openSchool } from './school-authority.ts';
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

const openOrThrow = async (atMs = nowMs) => {
  const opened = await openConsoleIdentity(path, systemBox, atMs);
  if (!opened.ok) throw new Error(`${opened.error.code} ${opened.error.detail}`);
  return opened.value;
};

describe('a console’s identity', () => {
  it('is made once, with school, teacher and room, and is the same at the next start', async () => {
    const first = await openOrThrow();
    const second = await openOrThrow();
    expect(second.roomId).toBe(first.roomId);
    expect(second.teacherId).toBe(first.teacherId);
    expect(second.school.fingerprint).toBe(first.school.fingerprint);
    expect(readCertificate(first.certificatePem)).toEqual({
      role: 'teacher',
      roomId: first.roomId,
      keyId: first.teacherId,
    });
    // Windows keeps no such bits.
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readFileSync(path, 'utf8')).not.toContain('PRIVATE KEY');
    expect(readdirSync(join(folder, 'deep'))).toEqual(['identity.json']);
  });

  it('shares nothing with another console', async () => {
    const first = await openOrThrow();
    path = join(folder, 'other.json');
    const second = await openOrThrow();
    expect(second.roomId).not.toBe(first.roomId);
    expect(second.teacherId).not.toBe(first.teacherId);
    expect(second.school.fingerprint).not.toBe(first.school.fingerprint);
  });

  it('gets a new certificate for the same key when little of the old one is left', async () => {
    const first = await openOrThrow();
    const soon = await openOrThrow(nowMs + 50 * dayMs);
    expect(soon.certificatePem).toBe(first.certificatePem);
    const later = await openOrThrow(nowMs + 70 * dayMs);
    expect(later.teacherId).toBe(first.teacherId);
    const daysLeft = (new X509Certificate(later.certificatePem).validToDate.getTime() - nowMs) / dayMs;
    expect(Math.round(daysLeft)).toBe(160);
    expect((await openOrThrow(nowMs + 71 * dayMs)).certificatePem).toBe(later.certificatePem);
  });

  it('is reported and left alone when the file is damaged in any way', async () => {
    const whole = (await openOrThrow()) && readFileSync(path, 'utf8');
    const file = JSON.parse(whole);
    const other = await createKeyPair();
    const school = await openSchool({
      certificatePem: file.authorityPem,
      privateKeyPem: JSON.parse(Buffer.from(turned(Buffer.from(file.sealed, 'base64'))).toString())
        .authorityKeyPem,
    });
    const damages = [
      '',
      '{}',
      whole.slice(0, whole.length / 2),
      `${whole} `.replace('"format"', '"formatt"'),
      JSON.stringify({ ...file, extra: 1 }),
      JSON.stringify({ ...file, sealed: Buffer.from('nonsense').toString('base64') }),
      JSON.stringify({ ...file, roomId: '00000000-0000-4000-8000-000000000000' }),
      JSON.stringify({ ...file, certificatePem: file.authorityPem }),
      JSON.stringify({ ...file, certificatePem: 'no certificate' }),
      JSON.stringify({
        ...file,
        certificatePem: await school.issueTeacher(other.publicKeyDer, file.roomId, nowMs),
      }),
      'x'.repeat(300_000),
    ];
    for (const damage of damages) {
      writeFileSync(path, damage);
      expect(await openConsoleIdentity(path, systemBox, nowMs)).toMatchObject({
        error: { code: 'identity-damaged' },
      });
      expect(readFileSync(path, 'utf8')).toBe(damage);
    }
    // The control: the whole file still opens.
    writeFileSync(path, whole);
    await openOrThrow();
  });

  it('is not made where the secret store refuses, and not opened with another store', async () => {
    const locked: SecretBox = { ...systemBox, seal: async () => fail('secret-store-unavailable') };
    expect(await openConsoleIdentity(path, locked, nowMs)).toMatchObject({
      error: { code: 'secret-store-unavailable' },
    });
    expect(readdirSync(folder)).toEqual([]);
    await openOrThrow();
    expect(await openConsoleIdentity(path, fileModeBox, nowMs)).toMatchObject({
      error: { code: 'secret-store-unavailable' },
    });
  });

  it('is not made twice by two that start at once', async () => {
    const outcomes = await Promise.all([1, 2, 3].map(() => openConsoleIdentity(path, systemBox, nowMs)));
    const made = outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value.roomId] : []));
    expect(new Set(made).size).toBe(1);
    const refusals = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error.code]));
    expect(refusals.every((code) => code === 'identity-not-written')).toBe(true);
    expect((await openOrThrow()).roomId).toBe(made[0]);
  });
});

describe('a device’s identity', () => {
  const makeDevice = async (): Promise<AgentIdentity> => {
    const owner = await openOrThrow();
    const { privateKeyPem, publicKeyDer } = await createKeyPair();
    const certificatePem = await owner.school.issueAgent(publicKeyDer, owner.roomId, nowMs);
    path = join(folder, 'device.json');
    return {
      certificatePem,
      privateKeyPem,
      authorityPem: owner.authorityPem,
      roomId: owner.roomId,
      roomName: 'Room 7',
      addresses: ['192.0.2.1:47100'],
      deviceId: readCertificate(certificatePem).keyId as AgentIdentity['deviceId'],
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
});
