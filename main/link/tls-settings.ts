// The one place that says how TLS is spoken on the link: version 1.3, both certificates, the school's authority alone.

import { X509Certificate } from 'node:crypto';
import type { Server as HttpsServer } from 'node:https';
import { Socket } from 'node:net';
import {
  createSecureContext,
  checkServerIdentity as nameOf,
  type PeerCertificate,
  type SecureContext,
  type TLSSocket,
  type TlsOptions,
} from 'node:tls';
import { DeviceId, type RoomId } from '../../shared/domain/ids.ts';
import { authorityKeyIdOf, backdateMs, readCertificate } from '../trust/certificate-profile.ts';
import type { TlsIdentity } from '../trust/identity.ts';

/** Why a connection failed before anybody said hello, seen from either side. */
export type TransportFailure =
  | 'unreachable'
  | 'timeout'
  | 'no-certificate'
  | 'untrusted-certificate'
  | 'expired-certificate'
  | 'wrong-purpose'
  | 'wrong-role'
  | 'wrong-room'
  | 'wrong-name'
  | 'revoked'
  | 'clock-or-certificate'
  | 'old-tls'
  | 'tls-failed';

// `rejectUnauthorized: true` is the default, but the environment of a process can turn the default off.
const always = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', rejectUnauthorized: true } as const;

/** A server that asks every client for a certificate of this school. */
export function mutualServerOptions(identity: TlsIdentity): TlsOptions {
  return {
    ...always,
    key: identity.privateKeyPem,
    cert: identity.certificatePem,
    ca: identity.authorityPem,
    requestCert: true,
    handshakeTimeout: 5_000,
  };
}

/** A server that shows its certificate and asks for none: enrolment only. */
export function enrolmentServerOptions(identity: TlsIdentity): TlsOptions {
  return { ...always, key: identity.privateKeyPem, cert: identity.certificatePem, handshakeTimeout: 5_000 };
}

/** Costs about 60 kB; make one per identity, not one per attempt. */
export function clientContext(
  trust: Pick<TlsIdentity, 'authorityPem'> & Partial<TlsIdentity>,
): SecureContext {
  return createSecureContext({
    minVersion: always.minVersion,
    maxVersion: always.maxVersion,
    ca: trust.authorityPem,
    ...(trust.certificatePem === undefined ? {} : { cert: trust.certificatePem }),
    ...(trust.privateKeyPem === undefined ? {} : { key: trust.privateKeyPem }),
  });
}

class PeerError extends Error {
  readonly code: TransportFailure;
  constructor(code: TransportFailure) {
    super(`peer refused: ${code}`);
    this.code = code;
  }
}

/** `authorityKeyId`: SHA-256 of the key of the room authority that issued it; null if its name does not tell. */
export type DevicePeer = { readonly deviceId: DeviceId; readonly authorityKeyId: string | null };

/**
 * The device of this console's room behind a connection whose chain OpenSSL has verified, or what is wrong with it. That
 * a device was issued by the authority of the room it names was part of that: name constraints hold the authority to it.
 */
export function devicePeer(
  socket: TLSSocket,
  roomId: RoomId,
): DevicePeer | 'no-certificate' | 'wrong-role' | 'wrong-room' {
  const certificate = socket.getPeerX509Certificate();
  if (!socket.authorized || certificate === undefined) return 'no-certificate';
  const peer = readCertificate(certificate.raw);
  if (peer.role !== 'agent' || certificate.ca) return 'wrong-role';
  if (peer.roomId !== roomId) return 'wrong-room';
  return { deviceId: DeviceId.parse(peer.keyId), authorityKeyId: authorityKeyIdOf(certificate.raw) };
}

/** Whom a client takes for a console. */
export type ConsoleWish = {
  /** null: any room. */
  readonly roomId: RoomId | null;
  /** True for the key (SHA-256) of a teacher who is not to be spoken to. */
  readonly refuses?: (keyId: string) => boolean;
};

function consoleProblem(certificate: Uint8Array, wish: ConsoleWish): TransportFailure | null {
  const peer = readCertificate(certificate);
  if (peer.role !== 'teacher') return 'wrong-role';
  if (wish.roomId !== null && peer.roomId !== wish.roomId) return 'wrong-room';
  return wish.refuses?.(peer.keyId) === true ? 'revoked' : null;
}

/**
 * Client options for a console. Node calls `checkServerIdentity` only after OpenSSL has verified the chain; it adds role,
 * room and roster. No session is ever offered for resumption, for Node would not call it then.
 */
export function consoleClientOptions(context: SecureContext, serverName: string, wish: ConsoleWish) {
  return {
    secureContext: context,
    servername: serverName,
    rejectUnauthorized: always.rejectUnauthorized,
    checkServerIdentity: (_host: string, certificate: PeerCertificate): Error | undefined => {
      const problem = consoleProblem(certificate.raw, wish);
      if (problem !== null) return new PeerError(problem);
      return nameOf(serverName, certificate);
    },
  };
}

const failures: readonly (readonly [RegExp, TransportFailure])[] = [
  [/PEER_DID_NOT_RETURN_A_CERTIFICATE|CERTIFICATE_REQUIRED/, 'no-certificate'],
  [/CERT_HAS_EXPIRED|CERTIFICATE_EXPIRED/, 'expired-certificate'],
  // Certificates begin 30 days before they are issued: one that is not valid yet tells of a clock.
  [/CERT_NOT_YET_VALID/, 'clock-or-certificate'],
  [/INVALID_PURPOSE/, 'wrong-purpose'],
  [/ALTNAME_INVALID/, 'wrong-name'],
  [
    /SELF_SIGNED|UNABLE_TO|UNSPECIFIED|CERT_SIGNATURE|CERT_UNTRUSTED|UNKNOWN_CA|INVALID_CA|PATH_LENGTH|CERT_/,
    'untrusted-certificate',
  ],
  [/UNSUPPORTED_PROTOCOL|PROTOCOL_VERSION|WRONG_VERSION|VERSION_TOO_LOW/, 'old-tls'],
  [/ETIMEDOUT/, 'timeout'],
  [
    /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|EADDRNOTAVAIL|ENETDOWN|EHOSTDOWN|EINVAL/,
    'unreachable',
  ],
];

/** Names an error of `node:tls` or `node:net`; `ECONNRESET` and what is unknown become `tls-failed`. */
export function transportFailureOf(cause: unknown): TransportFailure {
  if (cause instanceof PeerError) return cause.code;
  if (cause instanceof AggregateError && cause.errors.length > 0) return transportFailureOf(cause.errors[0]);
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  for (const [pattern, failure] of failures) if (pattern.test(code)) return failure;
  return 'tls-failed';
}

/** When a certificate was issued, Unix milliseconds: its validity begins before that. */
export const issuedMs = (certificatePem: string): number =>
  new X509Certificate(certificatePem).validFromDate.getTime() + backdateMs;

/**
 * [Note: clock or certificate] Whether a peer's certificate has expired or our clock is wrong cannot be told apart by
 * looking at that clock. Only what was over when our own certificate was issued has surely expired; anything else is
 * `clock-or-certificate`, so that people look at both. Nothing is let in by this: it only names what was refused.
 * `peerUntil`: the date in the peer's certificate as Node spells it.
 */
export function dateFailureOf(
  failure: TransportFailure,
  peerUntil: string | undefined,
  ownIssuedMs: number,
): TransportFailure {
  if (failure !== 'expired-certificate') return failure;
  // What is no date gives NaN, which is not below anything.
  const wasOver = Date.parse(peerUntil ?? '') <= ownIssuedMs;
  return wasOver ? 'expired-certificate' : 'clock-or-certificate';
}

/** The TCP socket below a TLS socket: it knows its peer's address even after the TLS socket is destroyed. */
function lowerSocket(socket: TLSSocket): { readonly remoteAddress?: string | undefined } {
  // Node has no public way to it, and a refusal without an address would be of little use in a log.
  const lower: unknown = Reflect.get(socket, '_parent');
  return lower instanceof Socket ? lower : socket;
}

/** Calls `listener` for each handshake that fails, with the reason that OpenSSL gave. */
export function onTlsFailure(
  server: HttpsServer,
  listener: (code: TransportFailure, address: string, detail: string) => void,
): void {
  // Node's own listener would report these once more as errors of HTTP.
  server.removeAllListeners('tlsClientError');
  server.on('tlsClientError', (cause, socket) => {
    const reason: unknown = socket.authorizationError ?? cause;
    const address = (socket.remoteAddress ?? lowerSocket(socket).remoteAddress ?? '').replace(/^::ffff:/, '');
    const detail = reason instanceof Error && 'code' in reason ? String(reason.code) : String(reason);
    listener(transportFailureOf(reason), address, detail);
    socket.destroy();
  });
}
