// Who is turned away and how it is told: each case beside a device or console that is let in.
import 'reflect-metadata';
import { createPrivateKey } from 'node:crypto';
import { createServer as createTlsServer } from 'node:tls';
import {
  ExtendedKeyUsageExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  X509Certificate as X509Template,
} from '@peculiar/x509';
import { describe, expect, it } from 'vitest';
import { transportFailureOf } from '../../../main/link/tls-settings.ts';
import {
  clientAuthUsage,
  linkServerName,
  roleUsage,
  roomUri,
  serverAuthUsage,
} from '../../../main/trust/certificate-profile.ts';
import type { TlsIdentity } from '../../../main/trust/identity.ts';
import { createKeyPair, createRoomAuthority } from '../../../main/trust/school-authority.ts';
import { idleReport } from '../../../shared/domain/device.ts';
import type { Room } from '../../../shared/domain/lesson.ts';
import {
  deviceOf,
  dialRaw,
  heard,
  helloText,
  makeSchool,
  newRoom,
  openRaw,
  reached,
  teacherOf,
} from './classroom.ts';
import { openStage } from './stage.ts';

const dayMs = 86_400_000;
const school = await makeSchool(Date.now() - 800 * dayMs);
const stranger = await makeSchool();
const room = newRoom();
const otherRoom = newRoom('Room 8');
const teacher = await teacherOf(school, room);
const device = await deviceOf(school, room);
const secondDevice = await deviceOf(school, room);

const { cleanups, consoleAt, agentAt } = openStage();

/** Says of itself all that a teacher's certificate says, and is signed by nobody but itself. */
async function selfSigned() {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=teacher',
    notAfter: new Date(Date.now() + dayMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new ExtendedKeyUsageExtension([serverAuthUsage, roleUsage.teacher]),
      new SubjectAlternativeNameExtension([
        { type: 'dns', value: linkServerName },
        { type: 'url', value: roomUri(room.id) },
      ]),
    ],
  });
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return {
    certificatePem: certificate.toString('pem'),
    privateKeyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    roomId: room.id,
  };
}

/** A device that names our room, with a certificate by the authority of this one. */
async function issuedIn(issuerRoom: Room): Promise<TlsIdentity> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const issuer = await createRoomAuthority(school, issuerRoom.id, Date.now());
  const pkcs8 = createPrivateKey(issuer.privateKeyPem).export({ type: 'pkcs8', format: 'der' });
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const leaf = await X509CertificateGenerator.create({
    subject: 'CN=device',
    issuer: new X509Template(issuer.certificatePem).subject,
    notAfter: new Date(Date.now() + dayMs),
    publicKey: keys.publicKey,
    signingKey: await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']),
    signingAlgorithm: algorithm,
    extensions: [
      new ExtendedKeyUsageExtension([clientAuthUsage, roleUsage.agent]),
      new SubjectAlternativeNameExtension([{ type: 'url', value: roomUri(room.id) }]),
    ],
  });
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return {
    certificatePem: `${leaf.toString('pem')}\n${issuer.certificatePem}`,
    privateKeyPem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    authorityPem: school.certificatePem,
    roomId: room.id,
  };
}

/** What the true school's agent says of a console with this identity; null if it comes online. */
async function verdictOn(identity: TlsIdentity): Promise<string | null> {
  const { address } = await consoleAt({ ...teacher, ...identity }, room);
  const { client } = agentAt(device, [address]);
  return Promise.race([
    reached(client, 'waiting').then((status) => status.problem),
    reached(client, 'online').then(() => null),
  ]);
}

describe('a console that cannot prove itself', () => {
  it('[LK1] positive control: the true console is taken', async () => {
    expect(await verdictOn(teacher)).toBeNull();
  });

  it('[LK1] another school', async () => {
    expect(await verdictOn(await teacherOf(stranger, room))).toBe('untrusted-certificate');
  });

  it('[LK1] a chain that names our school but was signed by another', async () => {
    const forged = await teacherOf(stranger, room);
    expect(await verdictOn({ ...forged, authorityPem: school.certificatePem })).toBe('untrusted-certificate');
  });

  it('[LK1] a self-signed certificate', async () => {
    expect(await verdictOn({ ...(await selfSigned()), authorityPem: school.certificatePem })).toBe(
      'untrusted-certificate',
    );
  });

  it('[LK1] an expired certificate of our school', async () => {
    expect(await verdictOn(await teacherOf(school, room, Date.now() - 200 * dayMs))).toBe(
      'expired-certificate',
    );
  });

  it('[LK3] a device of our school that plays the console', async () => {
    expect(await verdictOn(await deviceOf(school, room))).toBe('wrong-purpose');
  });

  it('[LK3] a teacher of our school in another room', async () => {
    expect(await verdictOn(await teacherOf(school, otherRoom))).toBe('wrong-room');
  });

  it('[LK1] TLS 1.2', async () => {
    const server = createTlsServer({
      key: teacher.privateKeyPem,
      cert: teacher.certificatePem,
      maxVersion: 'TLSv1.2',
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    cleanups.push(() => server.close());
    const bound = server.address();
    const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
    const { client } = agentAt(device, [`127.0.0.1:${port}`]);
    expect((await reached(client, 'waiting')).problem).toBe('old-tls');
  });
});

describe('a device that cannot prove itself', () => {
  const refusedFor = async (shown: TlsIdentity | Pick<TlsIdentity, 'authorityPem'>) => {
    const { server, port, logged } = await consoleAt(teacher, room);
    const refused = heard(server.events, 'refused');
    const socket = dialRaw(port, shown);
    cleanups.push(() => socket.destroy());
    const [code, address] = await refused;
    expect(address).toBe('127.0.0.1');
    expect(server.counters()).toMatchObject({ [code]: 1 });
    expect(logged.some((line) => line.includes(`link.refused.${code}`))).toBe(true);
    // The control: a true device is let in by the same console.
    await reached(agentAt(secondDevice, [`127.0.0.1:${port}`]).client, 'online');
    return code;
  };

  it('[LK1] shows no certificate', async () => {
    expect(await refusedFor({ authorityPem: school.certificatePem })).toBe('no-certificate');
  });

  it('[LK1] shows one of another school', async () => {
    const foreign = await deviceOf(stranger, room);
    expect(await refusedFor({ ...foreign, authorityPem: school.certificatePem })).toBe(
      'untrusted-certificate',
    );
  });

  it('[LK1] shows an expired one', async () => {
    expect(await refusedFor(await deviceOf(school, room, Date.now() - 500 * dayMs))).toBe(
      'expired-certificate',
    );
  });

  it('[LK3] shows a teacher’s', async () => {
    expect(await refusedFor(await teacherOf(school, room))).toBe('wrong-purpose');
  });

  it('[LK1] speaks TLS 1.2', async () => {
    const { server, port } = await consoleAt(teacher, room);
    const { connect } = await import('node:tls');
    const refused = heard(server.events, 'refused');
    const socket = connect({ host: '127.0.0.1', port, ca: school.certificatePem, maxVersion: 'TLSv1.2' });
    const failure = new Promise<Error>((done) => socket.on('error', done));
    expect((await refused)[0]).toBe('old-tls');
    expect(transportFailureOf(await failure)).toBe('old-tls');
  });

  it('[LK3] names this room and was issued by another one’s authority', async () => {
    expect(await refusedFor(await issuedIn(otherRoom))).toBe('untrusted-certificate');
    // The control: it is only for the room of the issuer.
    const { port } = await consoleAt(teacher, room);
    const { socket } = await openRaw(port, await issuedIn(room));
    cleanups.push(() => socket.terminate());
  });

  it('[LK3] belongs to another room', async () => {
    const { server, port } = await consoleAt(teacher, room);
    const refused = heard(server.events, 'refused');
    await expect(openRaw(port, await deviceOf(school, otherRoom))).rejects.toThrow('403');
    expect((await refused)[0]).toBe('wrong-room');
  });

  it('[LK4] is not wanted any more', async () => {
    const { server, address } = await consoleAt(teacher, room, { admits: (id) => id !== device.deviceId });
    const { client } = agentAt(device, [address]);
    expect((await reached(client, 'waiting')).problem).toBe('not-enrolled');
    expect(server.sessions()).toHaveLength(0);
    await reached(agentAt(secondDevice, [address]).client, 'online');
  });

  it('lets nobody in with a key that is not the certificate’s', async () => {
    const { privateKeyPem } = await createKeyPair();
    expect(() => dialRaw(1, { ...device, privateKeyPem })).toThrow(/key values mismatch/i);
  });
});

describe('[LK1] the environment of the process', () => {
  it('cannot switch the checks off on either side', async () => {
    const name = ['NODE', 'TLS', 'REJECT', 'UNAUTHORIZED'].join('_');
    process.env[name] = '0';
    cleanups.push(() => delete process.env[name]);
    expect(await verdictOn(await teacherOf(stranger, room))).toBe('untrusted-certificate');
    const { server, port } = await consoleAt(teacher, room);
    const refused = heard(server.events, 'refused');
    const foreign = await deviceOf(stranger, room);
    const socket = dialRaw(port, { ...foreign, authorityPem: school.certificatePem });
    cleanups.push(() => socket.destroy());
    expect((await refused)[0]).toBe('untrusted-certificate');
  });
});

describe('peers that are no agents', () => {
  it('[LK5] a browser', async () => {
    const { server, port } = await consoleAt(teacher, room);
    const refused = heard(server.events, 'refused');
    await expect(openRaw(port, device, { Origin: 'https://example.org' })).rejects.toThrow('403');
    expect((await refused)[0]).toBe('browser');
  });

  it('[LK5] a page under a name of its own', async () => {
    const { server, port } = await consoleAt(teacher, room);
    const refused = heard(server.events, 'refused');
    await expect(openRaw(port, device, { Host: 'evil.example' })).rejects.toThrow('403');
    expect((await refused)[0]).toBe('browser');
  });

  it('[LK5] plain HTTP inside TLS', async () => {
    const { server, port } = await consoleAt(teacher, room);
    const refused = heard(server.events, 'refused');
    const socket = dialRaw(port, device);
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect((await refused)[0]).toBe('not-websocket');
  });
});

describe('[LK8] devices that say the wrong thing', () => {
  const big = JSON.stringify({ type: 'x', pad: 'a'.repeat(10 * 1024 * 1024) });
  const report = JSON.stringify({ type: 'report', report: {} });
  const cases: readonly [
    name: string,
    frames: readonly (string | Buffer)[],
    code: string,
    closeCode: number,
  ][] = [
    ['not JSON', [helloText(), 'hello {'], 'not-json', 4000],
    ['a binary frame', [helloText(), Buffer.from('{}')], 'not-json', 4000],
    ['an unknown type', [helloText(), '{"type":"run"}'], 'bad-message', 4000],
    ['an extra key', [helloText({ admin: true })], 'bad-message', 4000],
    ['a prototype key', [helloText().replace('{', '{"__proto__":{"a":1},')], 'bad-message', 4000],
    ['a name with control characters', [helloText({ facts: { name: 'a\u202eb' } })], 'bad-message', 4000],
    ['a report before hello', [report.replace('{}', JSON.stringify({}))], 'bad-message', 4000],
    [
      'a signal before hello',
      ['{"type":"signal","channel":"screen","signal":{"kind":"bye","generation":1}}'],
      'wrong-order',
      4000,
    ],
    ['a second hello', [helloText(), helloText()], 'wrong-order', 4000],
    [
      'a result of no command',
      [helloText(), JSON.stringify({ type: 'result', seq: 9, refusal: null, report: idleReport })],
      'wrong-order',
      4000,
    ],
    ['no common version', [helloText({ versions: { min: 7, max: 9 } })], 'version', 4000],
    ['a frame of 10 MB', [helloText(), big], 'too-big', 1009],
    [
      'a flood',
      [
        helloText(),
        ...Array.from(
          { length: 400 },
          () => '{"type":"signal","channel":"screen","signal":{"kind":"bye","generation":1}}',
        ),
      ],
      'flood',
      4000,
    ],
  ];
  it.each(cases)('%s', async (_name, frames, code, closeCode) => {
    const { server, port, address, logged } = await consoleAt(teacher, room);
    const { client } = agentAt(secondDevice, [address]);
    await reached(client, 'online');
    const refused = heard(server.events, 'refused');
    const raw = await openRaw(port, device);
    raw.socket.on('error', () => undefined);
    for (const frame of frames) raw.socket.send(frame);
    expect((await refused)[0]).toBe(code);
    const closed = await raw.closed;
    // A sender that is cut in the middle of 10 MB may see the connection break before it reads the close.
    expect([closeCode, 1006]).toContain(closed.code);
    if (closed.code === 4000) {
      expect(closed.reason).toBe(code);
      expect(raw.frames.at(-1)).toBe(JSON.stringify({ type: 'refused', code }));
    }
    expect(server.counters()[code]).toBe(1);
    expect(logged.filter((line) => line.includes(`link.refused.${code}`))).toHaveLength(1);
    expect(server.sessions().map((session) => session.deviceId)).toEqual([secondDevice.deviceId]);
    const answer = await server.session(secondDevice.deviceId)?.command({ verb: 'unlock', lockId: null });
    expect(answer).toMatchObject({ ok: true });
  });
});
