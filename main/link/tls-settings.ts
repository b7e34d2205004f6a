// The one place that says how TLS is spoken on the link: version 1.3, both certificates, the school's authority alone.

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
import type { RoomId } from '../../shared/domain/ids.ts';
import { type Role, readCertificate } from '../trust/certificate-profile.ts';
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

/** What is wrong with a peer whose chain TLS has verified; null if nothing. `roomId` null: any room. */
export function peerProblem(
  certificate: Uint8Array,
  expected: { readonly role: Role; readonly roomId: RoomId | null },
): 'wrong-role' | 'wrong-room' | null {
  const peer = readCertificate(certificate);
  if (peer.role !== expected.role) return 'wrong-role';
  if (expected.roomId !== null && peer.roomId !== expected.roomId) return 'wrong-room';
  return null;
}

/**
 * Client options for a console. Node calls `checkServerIdentity` only after OpenSSL has verified the chain; it adds role
 * and room. No session is ever offered for resumption, for Node would not call it then.
 */
export function consoleClientOptions(context: SecureContext, serverName: string, roomId: RoomId | null) {
  return {
    secureContext: context,
    servername: serverName,
    rejectUnauthorized: always.rejectUnauthorized,
    checkServerIdentity: (_host: string, certificate: PeerCertificate): Error | undefined => {
      const problem = peerProblem(certificate.raw, { role: 'teacher', roomId });
      if (problem !== null) return new PeerError(problem);
      return nameOf(serverName, certificate);
    },
  };
}

const failures: readonly (readonly [RegExp, TransportFailure])[] = [
  [/PEER_DID_NOT_RETURN_A_CERTIFICATE|CERTIFICATE_REQUIRED/, 'no-certificate'],
  [/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|CERTIFICATE_EXPIRED/, 'expired-certificate'],
  [/INVALID_PURPOSE/, 'wrong-purpose'],
  [/ALTNAME_INVALID/, 'wrong-name'],
  [
    /SELF_SIGNED|UNABLE_TO|CERT_SIGNATURE|CERT_UNTRUSTED|UNKNOWN_CA|INVALID_CA|PATH_LENGTH|CERT_/,
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
