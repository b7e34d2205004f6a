// The school's certificate authority: makes itself, issues teachers and agents. It signs; it never verifies a chain.
import 'reflect-metadata';
import { createPrivateKey, createPublicKey, randomBytes, X509Certificate } from 'node:crypto';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsageExtension,
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
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import {
  agentLifetimeMs,
  authorityLifetimeMs,
  backdateMs,
  clientAuthUsage,
  enrolmentServerName,
  fingerprintOf,
  keyIdOf,
  linkServerName,
  type Role,
  roleUsage,
  roomUri,
  serverAuthUsage,
  teacherLifetimeMs,
} from './certificate-profile.ts';

// The global one, for its type is right with and without the DOM's declarations.
const { crypto } = globalThis;
type CryptoKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;
cryptoProvider.set(crypto);

/** ECDSA on P-256 with SHA-256 (FIPS 186-5). */
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const maxRequestBytes = 2_048;

/** Certificate and key as PEM texts. */
export type KeyAndCertificate = { readonly certificatePem: string; readonly privateKeyPem: string };

export type PublicKeyDer = Uint8Array<ArrayBuffer>;

export type SchoolAuthority = {
  readonly certificatePem: string;
  readonly certificateDer: Uint8Array;
  /** SHA-256 of the authority's certificate, 64 hex digits: what an enrolment token pins. */
  readonly fingerprint: string;
  /** A teacher's certificate for the console of one room, 90 days. `publicKey`: SubjectPublicKeyInfo in DER. */
  readonly issueTeacher: (publicKey: PublicKeyDer, roomId: RoomId, nowMs: number) => Promise<string>;
  /** A device's certificate for one room, 1 year. */
  readonly issueAgent: (publicKey: PublicKeyDer, roomId: RoomId, nowMs: number) => Promise<string>;
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
    notAfter: new Date(nowMs + authorityLifetimeMs),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    certificatePem: certificate.toString('pem'),
    privateKeyPem: await pemOfPrivateKey(keys.privateKey),
  };
}

/** An authority that can issue. Throws on texts that are no certificate or key: the identity store has checked them. */
export async function openSchool(school: KeyAndCertificate): Promise<SchoolAuthority> {
  const template = new X509Template(school.certificatePem);
  const signingKey = await importPrivateKey(school.privateKeyPem);
  const der = new X509Certificate(school.certificatePem).raw;

  const issue = async (
    role: Role,
    publicKeyDer: PublicKeyDer,
    roomId: RoomId,
    nowMs: number,
  ): Promise<string> => {
    const publicKey = await crypto.subtle.importKey('spki', publicKeyDer, algorithm, true, ['verify']);
    const isTeacher = role === 'teacher';
    const lifetimeMs = isTeacher ? teacherLifetimeMs : agentLifetimeMs;
    const certificate = await X509CertificateGenerator.create({
      serialNumber: randomSerial(),
      subject: `CN=${keyIdOf(publicKeyDer)}`,
      issuer: template.subject,
      notBefore: new Date(nowMs - backdateMs),
      notAfter: new Date(Math.min(nowMs + lifetimeMs, template.notAfter.getTime())),
      publicKey,
      signingKey,
      signingAlgorithm: algorithm,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        new ExtendedKeyUsageExtension(
          [isTeacher ? serverAuthUsage : clientAuthUsage, roleUsage[role]],
          false,
        ),
        new SubjectAlternativeNameExtension([
          ...(isTeacher ? [linkServerName, enrolmentServerName] : []).map((value) => ({
            type: 'dns' as const,
            value,
          })),
          { type: 'url', value: roomUri(roomId) },
        ]),
        await AuthorityKeyIdentifierExtension.create(template),
        await SubjectKeyIdentifierExtension.create(publicKey),
      ],
    });
    return certificate.toString('pem');
  };

  return {
    certificatePem: school.certificatePem,
    certificateDer: der,
    fingerprint: fingerprintOf(der),
    issueTeacher: (publicKey, roomId, nowMs) => issue('teacher', publicKey, roomId, nowMs),
    issueAgent: (publicKey, roomId, nowMs) => issue('agent', publicKey, roomId, nowMs),
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
