// What OpenSSL takes and refuses of the school's chains, over real TLS connections on loopback.
import 'reflect-metadata';
import { createPrivateKey, randomUUID, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';
import { beforeAll, describe, expect, it } from 'vitest';
import { RoomId } from '../../shared/domain/ids.ts';
import {
  authorityKeyIdOf,
  linkServerName,
  type PeerIdentity,
  readCertificate,
} from './certificate-profile.ts';
import {
  createKeyPair,
  createRoomAuthority,
  createSchool,
  type KeyAndCertificate,
  openRoomAuthority,
  openSchool,
  publicKeyOf,
  type SchoolAuthority,
} from './school-authority.ts';

const nowMs = Date.now();
const yearMs = 365 * 86_400_000;
const roomA = RoomId.parse(randomUUID());
const roomB = RoomId.parse(randomUUID());

let school: SchoolAuthority;
let roomKeys: KeyAndCertificate;
let teacher: KeyAndCertificate;
let agent: KeyAndCertificate;

const withKey = async (
  issue: (publicKeyDer: Uint8Array<ArrayBuffer>) => Promise<string>,
): Promise<KeyAndCertificate> => {
  const { privateKeyPem, publicKeyDer } = await createKeyPair();
  return { privateKeyPem, certificatePem: await issue(publicKeyDer) };
};
const agentOf = async (keys: KeyAndCertificate) => {
  const authority = await openRoomAuthority(keys, school.certificatePem);
  return withKey((publicKeyDer) => authority.issueAgent(publicKeyDer, nowMs));
};
const leafOf = (pem: string): string => new X509Certificate(pem).toString();

beforeAll(async () => {
  school = await openSchool(await createSchool(nowMs));
  roomKeys = await createRoomAuthority(school, roomA, nowMs);
  teacher = await withKey((publicKeyDer) => school.issueTeacher(publicKeyDer, roomA, nowMs));
  agent = await agentOf(roomKeys);
});

type Outcome = {
  readonly serverSays: string | null;
  readonly clientSays: string | null;
  /** What the console reads of the device, null if OpenSSL refused it. */
  readonly device: PeerIdentity | null;
};

/** One handshake between a console and a device, both as strict as the link is. */
async function meet(server: KeyAndCertificate, client: KeyAndCertificate): Promise<Outcome> {
  const strict = { ca: school.certificatePem, minVersion: 'TLSv1.3', rejectUnauthorized: true } as const;
  const codeOf = (cause: unknown): string =>
    cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  const listening = createServer({
    ...strict,
    key: server.privateKeyPem,
    cert: server.certificatePem,
    requestCert: true,
  });
  const serverSide = new Promise<{ socket: TLSSocket | null; error: string | null }>((resolve) => {
    listening.on('secureConnection', (socket) => resolve({ socket, error: null }));
    listening.on('tlsClientError', (cause, socket) => {
      const reason: unknown = socket.authorizationError ?? cause;
      resolve({ socket: null, error: codeOf(reason) });
    });
  });
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const socket = connect({
    ...strict,
    host: '127.0.0.1',
    port: (listening.address() as AddressInfo).port,
    servername: linkServerName,
    key: client.privateKeyPem,
    cert: client.certificatePem,
  });
  const clientSays = await new Promise<string | null>((resolve) => {
    socket.on('secureConnect', () => resolve(null));
    socket.on('error', (cause) => resolve(codeOf(cause)));
  });
  const { socket: peer, error } = await serverSide;
  const device = peer === null ? null : readCertificate(peer.getPeerCertificate().raw);
  socket.destroy();
  peer?.destroy();
  listening.close();
  return { clientSays, serverSays: error, device };
}

describe('chains over real TLS', () => {
  it('let a teacher of the root and a device of the room meet', async () => {
    const { clientSays, serverSays, device } = await meet(teacher, agent);
    expect({ clientSays, serverSays }).toEqual({ clientSays: null, serverSays: null });
    const { keyId } = readCertificate(agent.certificatePem);
    expect(device).toEqual({ role: 'agent', roomId: roomA, keyId });
  });

  it('refuse a teacher that a room’s authority has issued', async () => {
    const thief = await openSchool(roomKeys);
    const forged = await withKey((publicKeyDer) => thief.issueTeacher(publicKeyDer, roomA, nowMs));
    const shown = { ...forged, certificatePem: `${forged.certificatePem}\n${roomKeys.certificatePem}` };
    expect(readCertificate(shown.certificatePem)).toMatchObject({ role: 'teacher', roomId: roomA });
    expect((await meet(shown, agent)).clientSays).toBe('INVALID_PURPOSE');
  });

  it('refuse a device as a console', async () => {
    expect((await meet(agent, agent)).clientSays).toBe('INVALID_PURPOSE');
  });

  it('refuse an authority below a room’s authority', async () => {
    const thief = await openSchool(roomKeys);
    const below = await createRoomAuthority(thief, roomA, nowMs);
    const device = await agentOf(below);
    const shown = { ...device, certificatePem: `${device.certificatePem}\n${roomKeys.certificatePem}` };
    expect((await meet(teacher, shown)).serverSays).toBe('PATH_LENGTH_EXCEEDED');
  });

  it('refuse a device whose issuer is not shown, or of another school', async () => {
    const alone = { ...agent, certificatePem: leafOf(agent.certificatePem) };
    expect((await meet(teacher, alone)).serverSays).toMatch(/UNABLE_TO/);
    const other = await openSchool(await createSchool(nowMs));
    const foreign = await agentOf(await createRoomAuthority(other, roomA, nowMs));
    expect((await meet(teacher, foreign)).serverSays).toMatch(/UNABLE_TO|SELF_SIGNED/);
  });
});

describe('a room’s key', () => {
  /** A certificate of the key of room A that says room B; nobody of the school has signed it. */
  const fakeAuthority = async (madeAtMs: number): Promise<string> => {
    const attacker = await openSchool(await createSchool(madeAtMs));
    return attacker.issueRoomAuthority(publicKeyOf(roomKeys.privateKeyPem), roomB, madeAtMs);
  };
  const deviceOfB = async (fake: string) => {
    const device = await agentOf({ certificatePem: fake, privateKeyPem: roomKeys.privateKeyPem });
    expect(readCertificate(device.certificatePem)).toMatchObject({ role: 'agent', roomId: roomB });
    return device;
  };

  it('makes no devices of another room: OpenSSL compares the room of leaf and issuer', async () => {
    const device = await deviceOfB(await fakeAuthority(nowMs));
    const certificatePem = `${leafOf(device.certificatePem)}\n${roomKeys.certificatePem}`;
    expect(await meet(teacher, { ...device, certificatePem })).toMatchObject({
      // Node has no word of its own for OpenSSL's "permitted subtree violation".
      serverSays: 'UNSPECIFIED',
      device: null,
    });
    // The control: the same key and the same way, for its own room.
    expect((await meet(teacher, await agentOf(roomKeys))).device?.roomId).toBe(roomA);
  });

  it.each([0, 5])('makes none with a forged issuer beside the true one, %i years old', async (years) => {
    const fake = await fakeAuthority(nowMs - years * yearMs);
    const device = await deviceOfB(fake);
    const leaf = leafOf(device.certificatePem);
    for (const issuers of [
      [fake, roomKeys.certificatePem],
      [roomKeys.certificatePem, fake],
    ]) {
      const certificatePem = [leaf, ...issuers].join('\n');
      expect((await meet(teacher, { ...device, certificatePem })).device).toBeNull();
    }
  });
});

describe('the issuer of a device', () => {
  it('is told by its certificate, and cannot be another than OpenSSL has verified', async () => {
    const { keyId } = readCertificate(roomKeys.certificatePem);
    expect(authorityKeyIdOf(agent.certificatePem)).toBe(keyId);
    expect(authorityKeyIdOf(teacher.certificatePem)).toBeNull();
    expect(authorityKeyIdOf(roomKeys.certificatePem)).toBeNull();
    // The thief of this room's key names the key of a colleague as the issuer.
    const colleague = await createRoomAuthority(school, roomA, nowMs);
    const borrowed = { certificatePem: colleague.certificatePem, privateKeyPem: roomKeys.privateKeyPem };
    const device = await agentOf(borrowed);
    expect(authorityKeyIdOf(device.certificatePem)).toBe(readCertificate(colleague.certificatePem).keyId);
    const leaf = leafOf(device.certificatePem);
    for (const issuer of [roomKeys, colleague]) {
      const certificatePem = `${leaf}\n${issuer.certificatePem}`;
      expect((await meet(teacher, { ...device, certificatePem })).device).toBeNull();
    }
  });
});

describe('a certificate whose names are made to be misread', () => {
  it('has no room', async () => {
    const attacker = await createSchool(nowMs);
    const { publicKeyDer } = await createKeyPair();
    const key = await crypto.subtle.importKey(
      'spki',
      publicKeyDer,
      { name: 'ECDSA', namedCurve: 'P-256' },
      true,
      ['verify'],
    );
    const signingKey = await crypto.subtle.importKey(
      'pkcs8',
      createPrivateKey(attacker.privateKeyPem).export({ type: 'pkcs8', format: 'der' }),
      { name: 'ECDSA', namedCurve: 'P-256' },
      false,
      ['sign'],
    );
    const roomBy = async (names: ConstructorParameters<typeof SubjectAlternativeNameExtension>[0]) => {
      const certificate = await X509CertificateGenerator.create({
        subject: 'CN=x',
        issuer: 'CN=y',
        publicKey: key,
        signingKey,
        signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
        extensions: [new SubjectAlternativeNameExtension(names)],
      });
      return readCertificate(new Uint8Array(certificate.rawData)).roomId;
    };
    const url = `lehrpult://${roomA}`;
    expect(await roomBy([{ type: 'url', value: url }])).toBe(roomA);
    expect(await roomBy([{ type: 'dns', value: `x, URI:${url}, y` }])).toBeNull();
    expect(await roomBy([{ type: 'url', value: `${url}, URI:lehrpult://${roomB}` }])).toBeNull();
    expect(
      await roomBy([
        { type: 'url', value: url },
        { type: 'url', value: `lehrpult://${roomB}` },
      ]),
    ).toBeNull();
    expect(await roomBy([{ type: 'url', value: `${url}/` }])).toBeNull();
    expect(await roomBy([{ type: 'dns', value: 'x' }])).toBeNull();
  });
});
