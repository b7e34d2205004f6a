// The requests by which devices join by hand, beside enrolment on the link's port. It checks form; the desk decides.
import { EnrolmentAnswer } from '../../shared/protocol/enrolment.ts';
import {
  PairingHello,
  PairingNonce,
  type PairingRefusal,
  type PairingRoom,
  pairingPath,
} from '../../shared/protocol/pairing.ts';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import type { PairingDesk } from '../trust/pairing-desk.ts';
import { parseFrame } from './frame.ts';

export type PairingServiceOptions = {
  readonly desk: PairingDesk;
  /** What this room says of itself while it takes devices. */
  readonly room: () => PairingRoom;
};

export type PairingExchange = {
  readonly method: string;
  readonly path: string;
  /** null: none, too long, or broken off. */
  readonly body: Buffer | null;
  readonly address: string;
};

/** Answers one request; its answer is JSON. */
export type PairingService = (request: PairingExchange) => Promise<Result<unknown, AppError<PairingRefusal>>>;

const refuse = (code: PairingRefusal, detail?: string): Result<never, AppError<PairingRefusal>> =>
  fail(code, 'choose-again', detail);

const steps = /^\/([0-9a-f-]{36})(?:\/(nonce|confirm|different))?$/;

/** True for requests that this service answers; their bodies are small JSON documents. */
export const isPairingPath = (path: string): boolean =>
  path === pairingPath || path.startsWith(`${pairingPath}/`);

export const createPairingService = ({ desk, room }: PairingServiceOptions): PairingService => {
  const begin = async (body: Buffer | null, address: string) => {
    const hello = body === null ? null : parseFrame(PairingHello, body);
    if (hello === null || !hello.ok) return refuse('bad-request', hello?.error.detail);
    const requestDer = Buffer.from(hello.value.request, 'base64');
    return desk.hello({ requestDer, facts: hello.value.facts, address });
  };
  const exchange = (id: string, body: Buffer | null) => {
    const nonce = body === null ? null : parseFrame(PairingNonce, body);
    if (nonce === null || !nonce.ok) return refuse('bad-request', nonce?.error.detail);
    return desk.exchange(id, nonce.value.nonce);
  };
  const confirm = async (id: string) => {
    const answer = await desk.confirm(id);
    if (!answer.ok) return answer;
    return ok(answer.value === 'waiting' ? { state: 'waiting' } : EnrolmentAnswer.parse(answer.value));
  };

  return async ({ method, path, body, address }) => {
    if (path === pairingPath) {
      if (method === 'GET') return desk.isOpen() ? ok(room()) : refuse('pairing-closed');
      return method === 'POST' ? begin(body, address) : refuse('bad-request', 'method');
    }
    const step = steps.exec(path.slice(pairingPath.length));
    const id = step?.[1];
    if (id === undefined) return refuse('bad-request', 'path');
    const action = step?.[2] ?? null;
    if (method === 'POST' && action === 'nonce') return exchange(id, body);
    if (method === 'POST' && action === 'confirm') return confirm(id);
    const isDifferent = method === 'POST' && action === 'different';
    if (!isDifferent && (method !== 'DELETE' || action !== null)) return refuse('bad-request', 'method');
    desk.leave(id, isDifferent);
    return ok({});
  };
};
