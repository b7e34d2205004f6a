// What a school's certificates say and how they are read: role, room, key. Whether a chain is genuine is decided by TLS
// (OpenSSL) alone, before anything here is asked.
import { createHash, X509Certificate } from 'node:crypto';
import { RoomId } from '../../shared/domain/ids.ts';

export type Role = 'teacher' | 'agent';

/**
 * Roles as extended key usages (RFC 5280 section 4.2.1.12) in the arc 2.25, where anybody may use the integer value
 * of a UUID (ITU-T X.667): teacher e3995ab9-276a-4887-8a55-05130e0680ce, agent 61542758-cadc-4f77-9a73-aed57e35a56c.
 */
export const roleUsage: Readonly<Record<Role, string>> = {
  teacher: '2.25.302531016548804529596146682547937902798',
  agent: '2.25.129372066576088919800345133823896692076',
};

export const serverAuthUsage = '1.3.6.1.5.5.7.3.1';
export const clientAuthUsage = '1.3.6.1.5.5.7.3.2';

/** Names of the two TLS services of a console, in the reserved domain `.invalid` (RFC 6761): they are never looked up. */
export const linkServerName = 'link.lehrpult.invalid';
export const enrolmentServerName = 'enrol.lehrpult.invalid';

const dayMs = 86_400_000;
export const schoolLifetimeMs = 10 * 365 * dayMs;
export const roomAuthorityLifetimeMs = 3 * 365 * dayMs;
export const teacherLifetimeMs = 90 * dayMs;
export const agentLifetimeMs = 365 * dayMs;
/** Certificates begin in the past so that a device whose clock is late by weeks can still take part. */
export const backdateMs = 30 * dayMs;

const roomUriPrefix = 'lehrpult://';

/**
 * The subject alternative name that binds a certificate to a room. The room is the host of the URI, for that is what name
 * constraints (RFC 5280 section 4.2.1.10) can hold: OpenSSL refuses a device whose issuer is for another room.
 */
export const roomUri = (roomId: RoomId): string => `${roomUriPrefix}${roomId}`;

export type PeerIdentity = {
  /** null if the certificate carries no role or more than one. */
  readonly role: Role | null;
  readonly roomId: RoomId | null;
  /** SHA-256 of the public key (SubjectPublicKeyInfo), 64 lower-case hex digits. */
  readonly keyId: string;
};

/** SHA-256 of a SubjectPublicKeyInfo in DER, 64 lower-case hex digits. */
export const keyIdOf = (spkiDer: Uint8Array): string => createHash('sha256').update(spkiDer).digest('hex');

/** SHA-256 of a certificate in DER, 64 lower-case hex digits. */
export const fingerprintOf = (certificateDer: Uint8Array): string =>
  createHash('sha256').update(certificateDer).digest('hex');

/** Is this certificate in the last third of its life, so that it is time for a new one? */
export function isDueForRenewal(certificatePem: string, lifetimeMs: number, nowMs: number): boolean {
  return new X509Certificate(certificatePem).validToDate.getTime() - nowMs < lifetimeMs / 3;
}

const roomAuthorityName = 'Lehrpult room ';

/** The subject of a room's authority. It names its key, so that a device's certificate tells which one has issued it. */
export const roomAuthoritySubject = (keyId: string): string => `CN=${roomAuthorityName}${keyId}`;

/**
 * SHA-256 of the public key of the room authority that issued a device's certificate, null if none did. A revoked teacher's
 * room key may be in the roster, too: ask it. Good only after OpenSSL has verified the chain: it goes by the issuer's name,
 * and that names the key under the root's signature.
 */
export function authorityKeyIdOf(certificate: Uint8Array | string): string | null {
  const { issuer } = new X509Certificate(certificate);
  return new RegExp(`^CN=${roomAuthorityName}([0-9a-f]{64})$`).exec(issuer)?.[1] ?? null;
}

function roomOf(certificate: X509Certificate): RoomId | null {
  const names = certificate.subjectAltName ?? '';
  // Node quotes a name with a comma or the like in it; ours have none, and a name must not pass for two.
  if (names.includes('"')) return null;
  const uris = names.split(', ').filter((name) => name.startsWith(`URI:${roomUriPrefix}`));
  if (uris.length !== 1) return null;
  const parsed = RoomId.safeParse(uris[0]?.slice(`URI:${roomUriPrefix}`.length));
  return parsed.success ? parsed.data : null;
}

/** Reads role, room and key of a certificate. Throws on bytes that are no certificate: TLS has taken it before. */
export function readCertificate(certificate: Uint8Array | string): PeerIdentity {
  const parsed = new X509Certificate(certificate);
  // Node calls the list of extended key usages `keyUsage`.
  const usages: readonly string[] = parsed.keyUsage ?? [];
  const roles = (['teacher', 'agent'] as const).filter((role) => usages.includes(roleUsage[role]));
  return {
    role: roles.length === 1 ? (roles[0] ?? null) : null,
    roomId: roomOf(parsed),
    keyId: keyIdOf(parsed.publicKey.export({ type: 'spki', format: 'der' })),
  };
}
