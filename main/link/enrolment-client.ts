// A device joins a school: reads the token, checks the school's fingerprint before it sends anything, makes its own key,
// and comes back with an identity. It writes nothing; whoever calls it saves the identity.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:tls';
import type { DeviceFacts } from '../../shared/domain/device.ts';
import { DeviceId } from '../../shared/domain/ids.ts';
import {
  authorityPath,
  EnrolmentAnswer,
  EnrolmentError,
  type EnrolmentRefusal,
  enrolmentPath,
  maxEnrolmentAnswerBytes,
} from '../../shared/protocol/enrolment.ts';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import { defaultLinkPort } from '../../shared/settings/policy.ts';
import { enrolmentServerName, fingerprintOf, readCertificate } from '../trust/certificate-profile.ts';
import { type EnrolmentToken, parseToken } from '../trust/enrolment-token.ts';
import type { AgentIdentity } from '../trust/identity.ts';
import { readSignedRoster } from '../trust/roster.ts';
import { type HostPort, parseAddress } from './address.ts';
import { parseFrame } from './frame.ts';
import {
  clientContext,
  consoleClientOptions,
  type TransportFailure,
  transportFailureOf,
} from './tls-settings.ts';

export type EnrolFailure = AppError<
  EnrolmentRefusal | TransportFailure | 'token-malformed' | 'wrong-authority' | 'bad-answer'
>;

export type EnrolOptions = {
  readonly token: string;
  readonly facts: DeviceFacts;
  /** Time for each address and step. */
  readonly timeoutMs?: number;
};

type Exchange = Result<
  { readonly status: number; readonly body: Buffer },
  AppError<TransportFailure | 'bad-answer'>
>;
type OutgoingRequest = ReturnType<typeof httpRequest>;

const defaultTimeoutMs = 5_000;
const maxAuthorityBytes = 4_096;

/** Waits for a bounded answer within a bounded time. */
function exchange(
  request: OutgoingRequest,
  body: string,
  maxBytes: number,
  timeoutMs: number,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const end = (outcome: Exchange) => {
      clearTimeout(timer);
      resolve(outcome);
      request.destroy();
    };
    const timer = setTimeout(() => end(fail('timeout', 'retry')), timeoutMs);
    request.on('error', (cause) => end(fail(transportFailureOf(cause), 'retry', cause.message)));
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

/** The authority's certificate as PEM if it is the one the token names. */
async function fetchAuthority(
  target: HostPort,
  fingerprint: string,
  timeoutMs: number,
): Promise<Result<string, EnrolFailure>> {
  const request = httpRequest({ host: target.host, port: target.port, path: authorityPath, agent: false });
  const answer = await exchange(request, '', maxAuthorityBytes, timeoutMs);
  if (!answer.ok) return answer;
  if (answer.value.status !== 200) return fail('bad-answer', 'retry', `status ${answer.value.status}`);
  if (fingerprintOf(answer.value.body) !== fingerprint) return fail('wrong-authority', 'ask-it');
  return ok(new X509Certificate(answer.value.body).toString());
}

type DeviceKey = { readonly privateKeyPem: string; readonly requestDer: Uint8Array };

async function enrolAt(
  target: HostPort,
  token: EnrolmentToken,
  key: DeviceKey,
  options: EnrolOptions,
): Promise<Result<AgentIdentity, EnrolFailure>> {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const authority = await fetchAuthority(target, token.fingerprint, timeoutMs);
  if (!authority.ok) return authority;
  const context = clientContext({ authorityPem: authority.value });
  const request = httpsRequest({
    method: 'POST',
    path: enrolmentPath,
    headers: { 'Content-Type': 'application/json', Host: enrolmentServerName },
    createConnection: () =>
      connect({
        host: target.host,
        port: target.port,
        ...consoleClientOptions(context, enrolmentServerName, null),
      }),
  });
  const body = JSON.stringify({
    secret: Buffer.from(token.secret).toString('base64url'),
    request: Buffer.from(key.requestDer).toString('base64'),
    facts: options.facts,
  });
  const answer = await exchange(request, body, maxEnrolmentAnswerBytes, timeoutMs);
  if (!answer.ok) return answer;
  if (answer.value.status !== 200) {
    const refusal = parseFrame(EnrolmentError, answer.value.body);
    return fail(refusal.ok ? refusal.value.code : 'bad-answer', 'choose-again');
  }
  return identityOf(answer.value.body, authority.value, key.privateKeyPem, token.addresses);
}

/** Builds the identity if the certificate is for our own key, our role and the room that was named. */
function identityOf(
  body: Buffer,
  authorityPem: string,
  privateKeyPem: string,
  addresses: readonly string[],
): Result<AgentIdentity, EnrolFailure> {
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
    const deviceId = DeviceId.parse(device.keyId);
    return ok({
      certificatePem,
      privateKeyPem,
      authorityPem,
      roomId: room.id,
      roomName: room.name,
      addresses,
      deviceId,
      roster,
    });
  } catch (cause) {
    return fail('bad-answer', 'retry', cause instanceof Error ? cause.message : String(cause));
  }
}

/**
 * Enrols at the first address of the token that works. Never throws for what a peer does. A console with another
 * authority is passed over, and told as `wrong-authority` if no address works; it learns nothing from us.
 */
export async function enrol(options: EnrolOptions): Promise<Result<AgentIdentity, EnrolFailure>> {
  const token = parseToken(options.token);
  if (!token.ok) return token;
  // Loaded only by a device that enrols: an enrolled agent never needs to make certificates.
  const { createKeyPair, createRequest } = await import('../trust/school-authority.ts');
  const { privateKeyPem } = await createKeyPair();
  const key = { privateKeyPem, requestDer: await createRequest(privateKeyPem) };
  let failure: EnrolFailure | null = null;
  for (const address of token.value.addresses) {
    const target = parseAddress(address, defaultLinkPort);
    if (target === null) continue;
    const outcome = await enrolAt(target, token.value, key, options);
    if (outcome.ok) return outcome;
    if (failure === null || failure.code === 'unreachable' || failure.code === 'timeout')
      failure = outcome.error;
  }
  return { ok: false, error: failure ?? { code: 'unreachable', retry: 'retry' } };
}
