// A device joins a school: reads the token, checks the school's fingerprint before it sends anything, makes its own key,
// and comes back with an identity. It writes nothing; whoever calls it saves the identity.
import type { DeviceFacts } from '../../shared/domain/device.ts';
import {
  EnrolmentError,
  type EnrolmentRefusal,
  enrolmentPath,
  maxEnrolmentAnswerBytes,
} from '../../shared/protocol/enrolment.ts';
import { type AppError, fail, type Result } from '../../shared/result/result.ts';
import { defaultLinkPort } from '../../shared/settings/policy.ts';
import { type EnrolmentToken, parseToken } from '../trust/enrolment-token.ts';
import type { AgentIdentity } from '../trust/identity.ts';
import { type HostPort, parseAddress } from './address.ts';
import { parseFrame } from './frame.ts';
import { askConsole, type DoorFailure, fetchAuthority, identityOf } from './school-door.ts';

export type EnrolFailure = AppError<
  EnrolmentRefusal | DoorFailure['code'] | 'token-malformed' | 'wrong-authority'
>;

export type EnrolOptions = {
  readonly token: string;
  readonly facts: DeviceFacts;
  /** Time for each address and step. */
  readonly timeoutMs?: number;
};

const defaultTimeoutMs = 5_000;

type DeviceKey = { readonly privateKeyPem: string; readonly requestDer: Uint8Array };

async function enrolAt(
  target: HostPort,
  token: EnrolmentToken,
  key: DeviceKey,
  options: EnrolOptions,
): Promise<Result<AgentIdentity, EnrolFailure>> {
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  const authority = await fetchAuthority(target, timeoutMs);
  if (!authority.ok) return authority;
  if (authority.value.fingerprint !== token.fingerprint) return fail('wrong-authority', 'ask-it');
  const body = JSON.stringify({
    secret: Buffer.from(token.secret).toString('base64url'),
    request: Buffer.from(key.requestDer).toString('base64'),
    facts: options.facts,
  });
  const answer = await askConsole(target, authority.value.pem, {
    method: 'POST',
    path: enrolmentPath,
    body,
    maxBytes: maxEnrolmentAnswerBytes,
    timeoutMs,
    teacherKey: null,
  });
  if (!answer.ok) return answer;
  if (answer.value.status !== 200) {
    const refusal = parseFrame(EnrolmentError, answer.value.body);
    return fail(refusal.ok ? refusal.value.code : 'bad-answer', 'choose-again');
  }
  return identityOf(answer.value.body, authority.value.pem, key.privateKeyPem, token.addresses);
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
