// Certificates that nobody in the school would issue, made with keys an attacker may have.
import 'reflect-metadata';
import { createPrivateKey } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import {
  clientAuthUsage,
  enrolmentServerName,
  keyIdOf,
  linkServerName,
  roleUsage,
  roomUri,
  serverAuthUsage,
} from '../../main/trust/certificate-profile.ts';
import type { AgentIdentity, KeyAndCertificate, TeacherIdentity } from '../../main/trust/identity.ts';
import { createKeyPair } from '../../main/trust/school-authority.ts';
import { DeviceId, type RoomId, TeacherId } from '../../shared/domain/ids.ts';
import type { SignedRoster } from '../../shared/protocol/roster.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const { crypto } = globalThis;

type Wish = {
  readonly issuer: KeyAndCertificate;
  readonly usages: readonly string[];
  readonly dnsNames: readonly string[];
  readonly roomId: RoomId;
};

const forge = async ({ issuer, usages, dnsNames, roomId }: Wish) => {
  const { privateKeyPem, publicKeyDer } = await createKeyPair();
  const der = createPrivateKey(issuer.privateKeyPem).export({ type: 'pkcs8', format: 'der' });
  const signingKey = await crypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
  const publicKey = await crypto.subtle.importKey('spki', publicKeyDer, algorithm, true, ['verify']);
  const leaf = await X509CertificateGenerator.create({
    serialNumber: '4711',
    subject: `CN=${keyIdOf(publicKeyDer)}`,
    issuer: new X509Certificate(issuer.certificatePem).subject,
    notBefore: new Date(Date.now() - 3_600_000),
    notAfter: new Date(Date.now() + 3_600_000),
    publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([...usages], false),
      new SubjectAlternativeNameExtension([
        ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
        { type: 'url', value: roomUri(roomId) },
      ]),
    ],
  });
  const certificatePem = `${leaf.toString('pem').trimEnd()}\n${issuer.certificatePem.trimEnd()}\n`;
  return { certificatePem, privateKeyPem, keyId: keyIdOf(publicKeyDer) };
};

/** A console's certificate from a key that may issue devices only, or nothing at all. */
export const issueTeacherWith = async (
  issuer: KeyAndCertificate,
  roomId: RoomId,
  authorityPem: string,
): Promise<TeacherIdentity> => {
  const dnsNames = [linkServerName, enrolmentServerName];
  const made = await forge({ issuer, roomId, dnsNames, usages: [serverAuthUsage, roleUsage.teacher] });
  return { ...made, authorityPem, roomId, teacherId: TeacherId.parse(made.keyId) };
};

/** A device's certificate from whatever key, for whatever room. */
export const issueAgentWith = async (
  issuer: KeyAndCertificate,
  roomId: RoomId,
  authorityPem: string,
  roster: SignedRoster,
  usages: readonly string[] = [clientAuthUsage, roleUsage.agent],
): Promise<AgentIdentity> => {
  const made = await forge({ issuer, roomId, dnsNames: [], usages });
  const deviceId = DeviceId.parse(made.keyId);
  return { ...made, authorityPem, roomId, roomName: 'Raum 204', addresses: [], deviceId, roster };
};
