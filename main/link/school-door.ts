// A device without a school knocks at a console: reads the authority's certificate, asks over TLS under that authority
// alone, and takes an identity out of the answer if it is the one it may take. Shared by token and by hand.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:tls';
import { DeviceId } from '../../shared/domain/ids.ts';
import { authorityPath, EnrolmentAnswer } from '../../shared/protocol/enrolment.ts';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import { enrolmentServerName, fingerprintOf, readCertificate } from '../trust/certificate-profile.ts';
import type { AgentIdentity } from '../trust/identity.ts';
import { readSignedRoster } from '../trust/roster.ts';
import type { HostPort } from './address.ts';
import { isTakenUnder } from './chain-check.ts';
import { parseFrame } from './frame.ts';
import {
  clientContext,
  consoleClientOptions,
  dateFailureOf,
  type TransportFailure,
  transportFailureOf,
} from './tls-settings.ts';

export type DoorFailure = AppError<TransportFailure | 'bad-answer' | 'other-key'>;

export type Answer = { readonly status: number; readonly body: Buffer };
type OutgoingRequest = ReturnType<typeof httpRequest>;

const maxAuthorityBytes = 4_096;

/** Waits for a bounded answer within a bounded time. */
function exchange(
  request: OutgoingRequest,
  body: string,
  maxBytes: number,
  timeoutMs: number,
): Promise<Result<Answer, DoorFailure>> {
  return new Promise((resolve) => {
    const end = (outcome: Result<Answer, DoorFailure>) => {
      clearTimeout(timer);
      resolve(outcome);
      request.destroy();
    };
    const timer = setTimeout(() => end(fail('timeout', 'retry')), timeoutMs);
    request.on('error', (cause) =>
      end(
        cause instanceof OtherKey
          ? fail('other-key')
          : fail(dateFailureOf(transportFailureOf(cause), undefined, 0), 'retry', cause.message),
      ),
    );
    request.on('response', (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes > maxBytes) end(fail('bad-answer', 'retry', 'too long'));
      });
      response.on('end', () => end(ok({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) })));
      response.on('error', (cause) => end(fail('bad-answer', 'retry', cause.message)));
    });
    request.end(body);
  });
}

export type Authority = {
  readonly pem: string;
  /** SHA-256 of the certificate, hex. */
  readonly fingerprint: string;
};

/** What a console there says its school's root is. Proves nothing by itself. */
export async function fetchAuthority(
  target: HostPort,
  timeoutMs: number,
): Promise<Result<Authority, DoorFailure>> {
  const { host, port } = target;
  const headers = { Host: enrolmentServerName };
  const request = httpRequest({ host, port, headers, path: authorityPath, agent: false });
  const answer = await exchange(request, '', maxAuthorityBytes, timeoutMs);
  if (!answer.ok) return answer;
  const { status, body } = answer.value;
  if (status !== 200) return fail('bad-answer', 'retry', `status ${status}`);
  try {
    const certificate = new X509Certificate(body);
    // Of the certificate itself: bytes behind it would make another number for the same authority.
    return ok({ pem: certificate.toString(), fingerprint: fingerprintOf(certificate.raw) });
  } catch {
    return fail('bad-answer', 'retry', 'no certificate');
  }
}

class OtherKey extends Error {}

export type Question = {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body: string;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  /** The teacher's key that the console has to show: SHA-256, hex. null: any of this authority. */
  readonly teacherKey: string | null;
};

/** Asks the console; nothing is sent before it has proved itself. Gives the answer and the teacher's key it has shown. */
export async function askConsole(
  target: HostPort,
  authorityPem: string,
  question: Question,
): Promise<Result<Answer & { readonly teacherKey: string }, DoorFailure>> {
  const context = clientContext({ authorityPem });
  const options = consoleClientOptions(context, enrolmentServerName, { roomId: null });
  let teacherKey = '';
  const request = httpsRequest({
    method: question.method,
    path: question.path,
    headers: { 'Content-Type': 'application/json', Host: enrolmentServerName },
    createConnection: () =>
      connect({
        host: target.host,
        port: target.port,
        ...options,
        checkServerIdentity(host, certificate) {
          const problem = options.checkServerIdentity(host, certificate);
          if (problem !== undefined) return problem;
          teacherKey = readCertificate(certificate.raw).keyId;
          const isOther = question.teacherKey !== null && question.teacherKey !== teacherKey;
          return isOther ? new OtherKey('the console has another key than before') : undefined;
        },
      }),
  });
  const answer = await exchange(request, question.body, question.maxBytes, question.timeoutMs);
  return answer.ok ? ok({ ...answer.value, teacherKey }) : answer;
}

/**
 * Builds the identity if the certificate is for our own key, our role and the room that was named, and if a console under
 * this authority would take it.
 */
export async function identityOf(
  body: Buffer,
  authorityPem: string,
  privateKeyPem: string,
  addresses: readonly string[],
): Promise<Result<AgentIdentity, AppError<'bad-answer'>>> {
  const answer = parseFrame(EnrolmentAnswer, body);
  if (!answer.ok) return fail('bad-answer', 'retry', answer.error.detail);
  const { certificatePem, room, roster } = answer.value;
  const read = readSignedRoster(authorityPem, roster);
  if (!read.ok) return fail('bad-answer', 'retry', read.error.code);
  try {
    const device = readCertificate(certificatePem);
    const isOurs = new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(privateKeyPem));
    if (!isOurs || device.role !== 'agent' || device.roomId !== room.id)
      return fail('bad-answer', 'retry', 'certificate');
    const identity = { certificatePem, privateKeyPem, authorityPem, roomId: room.id };
    if (!(await isTakenUnder(identity))) return fail('bad-answer', 'retry', 'chain');
    const deviceId = DeviceId.parse(device.keyId);
    return ok({ ...identity, roomName: room.name, addresses, deviceId, roster });
  } catch (cause) {
    return fail('bad-answer', 'retry', cause instanceof Error ? cause.message : String(cause));
  }
}
