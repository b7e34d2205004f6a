// The school's authorities: the root, which issues teachers and rooms, and a room's, which issues devices. They sign; they
// never verify a chain.
import 'reflect-metadata';
import { createPrivateKey, createPublicKey, randomBytes, X509Certificate } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  X509Certificate as X509Template,
} from '@peculiar/x509';
import type { RoomId } from '../../shared/domain/ids.ts';
import type { Roster, SignedRoster } from '../../shared/protocol/roster.ts';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import {
  agentLifetimeMs,
  backdateMs,
  clientAuthUsage,
  enrolmentServerName,
  fingerprintOf,
  keyIdOf,
  linkServerName,
  readCertificate,
  roleUsage,
  roomAuthorityLifetimeMs,
  roomAuthoritySubject,
  roomUri,
  schoolLifetimeMs,
  serverAuthUsage,
  teacherLifetimeMs,
} from './certificate-profile.ts';
import type { KeyAndCertificate } from './identity.ts';
import { recoveryCode } from './recovery.ts';
import { signRoster } from './roster.ts';

// The global one, for its type is right with and without the DOM's declarations.
const { crypto } = globalThis;
type CryptoKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;
cryptoProvider.set(crypto);

/** ECDSA on P-256 with SHA-256 (FIPS 186-5). */
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const maxRequestBytes = 2_048;

export type { KeyAndCertificate } from './identity.ts';

export type PublicKeyDer = Uint8Array<ArrayBuffer>;

/** The root of a school, open for signing. Who holds it decides who teaches; it never issues a device itself. */
export type SchoolAuthority = {
  readonly certificatePem: string;
  readonly certificateDer: Uint8Array;
  /** SHA-256 of the root's certificate, 64 hex digits: what an enrolment token pins. */
  readonly fingerprint: string;
  /** A teacher's certificate for the console of one room, 90 days. `publicKey`: SubjectPublicKeyInfo in DER. */
  readonly issueTeacher: (publicKey: PublicKeyDer, roomId: RoomId, nowMs: number) => Promise<string>;
  /** A certificate with which this key can issue devices of this room and nothing else, 3 years. */
  readonly issueRoomAuthority: (publicKey: PublicKeyDer, roomId: RoomId, nowMs: number) => Promise<string>;
  /** See `signRoster`. */
  readonly signRoster: (roster: Roster) => SignedRoster;
  /** The root's key as it is printed on the recovery sheet: for paper only. */
  readonly recoveryCode: () => string;
};

/** The enrolling authority of one room, open for signing. `certificatePem`, `certificateDer` and `fingerprint` are the root's. */
export type RoomAuthority = {
  readonly certificatePem: string;
  readonly certificateDer: Uint8Array;
  readonly fingerprint: string;
  readonly roomId: RoomId;
  /** This authority's own certificate. */
  readonly roomCertificatePem: string;
  /** A device of this room, 1 year: its certificate and, behind it, this authority's, as one PEM text. */
  readonly issueAgent: (publicKey: PublicKeyDer, nowMs: number) => Promise<string>;
};

/** Serial number: 128 random bits, positive and not zero (RFC 5280 section 4.1.2.2). */
function randomSerial(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x40, 0);
  return bytes.toString('hex');
}

async function pemOfPrivateKey(key: CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();
}

async function importPrivateKey(pem: string): Promise<CryptoKey> {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  return crypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
}

/**
 * A new school. Its subject carries no name of the school, for the certificate travels in clear at enrolment; the random
 * number in it keeps two schools apart.
 */
export async function createSchool(nowMs: number): Promise<KeyAndCertificate> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    name: `CN=Lehrpult school ${randomBytes(8).toString('hex')}`,
    notBefore: new Date(nowMs - backdateMs),
    notAfter: new Date(nowMs + schoolLifetimeMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      // One authority below it, a room's; none below that.
      new BasicConstraintsExtension(true, 1, true),
      new KeyUsagesExtension(
        KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign | KeyUsageFlags.digitalSignature,
        true,
      ),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    certificatePem: certificate.toString('pem'),
    privateKeyPem: await pemOfPrivateKey(keys.privateKey),
  };
}

/** An element of DER (ITU-T X.690) of at most 127 bytes. */
const element = (tag: number, content: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([tag, content.length]), content]);

/**
 * Name constraints (RFC 5280 section 4.2.1.10): below this authority a URI's host is this room. Every certificate of a device
 * names its room as such a URI, so OpenSSL itself refuses one that this authority has made for another room.
 */
function onlyForRoom(roomId: RoomId): Extension {
  const host = element(0x86, Buffer.from(roomId, 'ascii'));
  const permitted = element(0xa0, element(0x30, host));
  return new Extension('2.5.29.30', true, Uint8Array.from(element(0x30, permitted)));
}

type CertificateWish = {
  readonly publicKeyDer: PublicKeyDer;
  readonly subject: string;
  readonly lifetimeMs: number;
  readonly isAuthority: boolean;
  readonly usages: readonly string[];
  readonly dnsNames: readonly string[];
  readonly roomId: RoomId;
};

/** Signs what an issuer is asked for; no certificate outlives its issuer's. */
async function createIssuer(issuer: KeyAndCertificate) {
  const template = new X509Template(issuer.certificatePem);
  const signingKey = await importPrivateKey(issuer.privateKeyPem);
  return async (wish: CertificateWish, nowMs: number): Promise<string> => {
    const publicKey = await crypto.subtle.importKey('spki', wish.publicKeyDer, algorithm, true, ['verify']);
    const certificate = await X509CertificateGenerator.create({
      serialNumber: randomSerial(),
      subject: wish.subject,
      issuer: template.subject,
      notBefore: new Date(nowMs - backdateMs),
      notAfter: new Date(Math.min(nowMs + wish.lifetimeMs, template.notAfter.getTime())),
      publicKey,
      signingKey,
      signingAlgorithm: algorithm,
      extensions: [
        new BasicConstraintsExtension(wish.isAuthority, wish.isAuthority ? 0 : undefined, true),
        new KeyUsagesExtension(
          wish.isAuthority ? KeyUsageFlags.keyCertSign : KeyUsageFlags.digitalSignature,
          true,
        ),
        new ExtendedKeyUsageExtension([...wish.usages], false),
        new SubjectAlternativeNameExtension([
          ...wish.dnsNames.map((value) => ({ type: 'dns' as const, value })),
          { type: 'url', value: roomUri(wish.roomId) },
        ]),
        ...(wish.isAuthority ? [onlyForRoom(wish.roomId)] : []),
        await AuthorityKeyIdentifierExtension.create(template),
        await SubjectKeyIdentifierExtension.create(publicKey),
      ],
    });
    return certificate.toString('pem');
  };
}

const deviceUsages = [clientAuthUsage, roleUsage.agent];

/** A root that can issue. Throws on texts that are no certificate or key: whoever read the file has checked them. */
export async function openSchool(school: KeyAndCertificate): Promise<SchoolAuthority> {
  const issue = await createIssuer(school);
  const der = new X509Certificate(school.certificatePem).raw;
  return {
    certificatePem: school.certificatePem,
    certificateDer: der,
    fingerprint: fingerprintOf(der),
    issueTeacher: (publicKeyDer, roomId, nowMs) => {
      const subject = `CN=${keyIdOf(publicKeyDer)}`;
      const usages = [serverAuthUsage, roleUsage.teacher];
      const dnsNames = [linkServerName, enrolmentServerName];
      const lifetimeMs = teacherLifetimeMs;
      return issue(
        { publicKeyDer, subject, lifetimeMs, isAuthority: false, usages, dnsNames, roomId },
        nowMs,
      );
    },
    issueRoomAuthority: (publicKeyDer, roomId, nowMs) => {
      const subject = roomAuthoritySubject(keyIdOf(publicKeyDer));
      // OpenSSL asks the usages of an authority, too: below this one nobody passes for a server.
      const wish = { subject, isAuthority: true, usages: deviceUsages, dnsNames: [], roomId };
      return issue({ ...wish, publicKeyDer, lifetimeMs: roomAuthorityLifetimeMs }, nowMs);
    },
    signRoster: (roster) => signRoster(school.privateKeyPem, roster),
    recoveryCode: () => recoveryCode(school.privateKeyPem),
  };
}

/** A new enrolling authority for a room, with a key of its own. */
export async function createRoomAuthority(
  school: SchoolAuthority,
  roomId: RoomId,
  nowMs: number,
): Promise<KeyAndCertificate> {
  const { privateKeyPem, publicKeyDer } = await createKeyPair();
  return { privateKeyPem, certificatePem: await school.issueRoomAuthority(publicKeyDer, roomId, nowMs) };
}

/** Throws on texts that are no certificate or key, and on a certificate without a room. `schoolPem`: the root's certificate. */
export async function openRoomAuthority(room: KeyAndCertificate, schoolPem: string): Promise<RoomAuthority> {
  const issue = await createIssuer(room);
  const { roomId } = readCertificate(room.certificatePem);
  if (roomId === null) throw new Error('authority without a room');
  const der = new X509Certificate(schoolPem).raw;
  return {
    certificatePem: schoolPem,
    certificateDer: der,
    fingerprint: fingerprintOf(der),
    roomId,
    roomCertificatePem: room.certificatePem,
    issueAgent: async (publicKeyDer, nowMs) => {
      const subject = `CN=${keyIdOf(publicKeyDer)}`;
      const wish = { subject, isAuthority: false, usages: deviceUsages, dnsNames: [], roomId };
      const leaf = await issue({ ...wish, publicKeyDer, lifetimeMs: agentLifetimeMs }, nowMs);
      return `${leaf.trimEnd()}\n${room.certificatePem.trimEnd()}\n`;
    },
  };
}

/** A new P-256 key as PKCS#8 PEM and as SubjectPublicKeyInfo DER. */
export async function createKeyPair(): Promise<{ privateKeyPem: string; publicKeyDer: PublicKeyDer }> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  return {
    privateKeyPem: await pemOfPrivateKey(keys.privateKey),
    publicKeyDer: new Uint8Array(await crypto.subtle.exportKey('spki', keys.publicKey)),
  };
}

/** SubjectPublicKeyInfo in DER of a private key in PEM. */
export function publicKeyOf(privateKeyPem: string): PublicKeyDer {
  return Uint8Array.from(createPublicKey(privateKeyPem).export({ type: 'spki', format: 'der' }));
}

/** A certificate request (PKCS #10, RFC 2986) that proves possession of the key and says nothing else. */
export async function createRequest(privateKeyPem: string): Promise<Uint8Array> {
  const publicKey = await crypto.subtle.importKey('spki', publicKeyOf(privateKeyPem), algorithm, true, [
    'verify',
  ]);
  const privateKey = await importPrivateKey(privateKeyPem);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: 'CN=device',
    keys: { publicKey, privateKey },
    signingAlgorithm: algorithm,
  });
  return new Uint8Array(request.rawData);
}

export type RequestRefusal = AppError<'bad-certificate-request'>;

/**
 * The public key (SubjectPublicKeyInfo, DER) of a request whose signature fits it. Everything else a request may ask
 * for is ignored. Refused: not a request, not P-256, wrong signature, longer than 2 KiB.
 */
export async function readRequest(requestDer: Uint8Array): Promise<Result<PublicKeyDer, RequestRefusal>> {
  if (requestDer.byteLength > maxRequestBytes) return fail('bad-certificate-request', 'none', 'too long');
  try {
    const request = new Pkcs10CertificateRequest(Uint8Array.from(requestDer));
    const publicKeyDer = new Uint8Array(request.publicKey.rawData);
    const key = createPublicKey({ key: Buffer.from(publicKeyDer), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
      return fail('bad-certificate-request', 'none', 'key is not P-256');
    }
    if (!(await request.verify())) return fail('bad-certificate-request', 'none', 'signature');
    // The key in the one form every later comparison uses.
    return ok(Uint8Array.from(key.export({ type: 'spki', format: 'der' })));
  } catch (cause) {
    // The parser throws on foreign bytes; whatever it says, the request is refused.
    return fail('bad-certificate-request', 'none', cause instanceof Error ? cause.message : String(cause));
  }
}
