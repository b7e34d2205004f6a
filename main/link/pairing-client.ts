// The device's side of joining by hand. It pins what it saw first (root and teacher's key) for all later steps and gives
// an identity only after its own person and the teacher said yes. It writes nothing. See [Note: pairing].
import { randomBytes } from 'node:crypto';
import type { DeviceFacts } from '../../shared/domain/device.ts';
import type { DevicePairing, FoundRoom, PairingCode } from '../../shared/domain/joining.ts';
import { maxEnrolmentAnswerBytes } from '../../shared/protocol/enrolment.ts';
import {
  PairingCommitment,
  PairingError,
  PairingNonce,
  type PairingRefusal,
  PairingRoom,
  PairingWaiting,
  pairingPath,
} from '../../shared/protocol/pairing.ts';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import { defaultLinkPort } from '../../shared/settings/policy.ts';
import { type CancelTimer, type Clock, systemClock } from '../lib/clock.ts';
import { keyIdOf } from '../trust/certificate-profile.ts';
import type { AgentIdentity } from '../trust/identity.ts';
import { keepsCommitment, type PairingContext, pairingCode } from '../trust/pairing.ts';
import { type HostPort, parseAddress } from './address.ts';
import { parseFrame } from './frame.ts';
import { type Answer, askConsole, type DoorFailure, fetchAuthority, identityOf } from './school-door.ts';

/** `pairing-changed`: another root, key, room or number than before: somebody may sit in between. */
export type PairingFailure = AppError<PairingRefusal | DoorFailure['code'] | 'pairing-changed'>;

type PairingParts = {
  /** `host` or `host:port` of the console. */
  readonly address: string;
  readonly facts: DeviceFacts;
  readonly clock: Clock;
  readonly onChange: (pairing: DevicePairing) => void;
  /** Both said yes. Gives what became of keeping the identity. */
  readonly onJoined: (identity: AgentIdentity) => Promise<Result<{ readonly room: string }>>;
};

export type DevicePairingAttempt = {
  readonly view: () => DevicePairing;
  /** The device's person has compared the pictures. */
  readonly decide: (isSame: boolean) => DevicePairing;
  /** Ends it and tells the console; nothing once both have said yes and the identity is being kept. Twice is fine. */
  readonly cancel: () => void;
};

const stepTimeoutMs = 5_000;
const findTimeoutMs = 2_000;
const askAgainMs = 700;
const maxSmallAnswer = 8 * 1024;
const maxRooms = 16;
/** A person needs a moment to compare; the console gives two minutes as well. */
const attemptMs = 2 * 60_000;

type Pinned = {
  readonly target: HostPort;
  readonly address: string;
  readonly authorityPem: string;
  readonly school: string;
  readonly teacherKey: string;
  readonly room: PairingRoom;
};

/** What may happen to any connection on a network; anything else while one is under way means that somebody changed it. */
const ofTheNetwork: readonly string[] = ['unreachable', 'timeout', 'tls-failed'];

/** The room at an address, if it takes devices by hand now. `timeoutMs` is for all of it. */
const lookAt = async (address: string, timeoutMs: number): Promise<Result<Pinned, PairingFailure>> => {
  const target = parseAddress(address, defaultLinkPort);
  if (target === null) return fail('unreachable', 'choose-again');
  const beganMs = systemClock.nowMs();
  const authority = await fetchAuthority(target, timeoutMs);
  if (!authority.ok) return authority;
  const { pem, fingerprint } = authority.value;
  const answer = await askConsole(target, pem, {
    method: 'GET',
    path: pairingPath,
    body: '',
    maxBytes: maxSmallAnswer,
    timeoutMs: Math.max(1, timeoutMs - (systemClock.nowMs() - beganMs)),
    teacherKey: null,
  });
  if (!answer.ok) return answer;
  const room = read(PairingRoom, answer.value);
  if (!room.ok) return room;
  const { teacherKey } = answer.value;
  return ok({ target, address, authorityPem: pem, school: fingerprint, teacherKey, room: room.value });
};

/** Rooms among these addresses that take devices by hand now; asks all at once and waits 2 s at most for each. */
export const findPairingRooms = async (addresses: readonly string[]): Promise<FoundRoom[]> => {
  const looks = await Promise.all(
    addresses.slice(0, maxRooms).map((address) => lookAt(address, findTimeoutMs)),
  );
  const keys = new Set<string>();
  return looks.flatMap((look) => {
    // One console may be heard under several addresses.
    if (!look.ok || keys.has(look.value.teacherKey)) return [];
    keys.add(look.value.teacherKey);
    return { address: look.value.address, ...look.value.room };
  });
};

type Schema<T> = Parameters<typeof parseFrame<T>>[0];

const refusalIn = ({ body }: Answer): Result<never, PairingFailure> => {
  const refusal = parseFrame(PairingError, body);
  return fail(refusal.ok ? refusal.value.code : 'bad-answer', 'choose-again');
};

const read = <T>(schema: Schema<T>, answer: Answer): Result<T, PairingFailure> => {
  if (answer.status !== 200) return refusalIn(answer);
  const parsed = parseFrame(schema, answer.body);
  return parsed.ok ? ok(parsed.value) : fail('bad-answer', 'retry', parsed.error.detail);
};

class Attempt implements DevicePairingAttempt {
  readonly #parts: PairingParts;
  readonly #nonce = randomBytes(32).toString('base64url');
  #view: DevicePairing = { state: 'connecting' };
  #pinned: Pinned | null = null;
  #privateKeyPem = '';
  #id: string | null = null;
  #isOver = false;
  #stopTimer: CancelTimer = () => {};
  readonly #stopLimit: CancelTimer;

  constructor(parts: PairingParts) {
    this.#parts = parts;
    this.#stopLimit = parts.clock.after(attemptMs, () => this.#fail('pairing-expired'));
  }

  view = (): DevicePairing => this.#view;

  begin = async (): Promise<void> => {
    const compared = await this.#exchange();
    if (this.#isOver) {
      // Cancelled before the console had named the request; now it can be told.
      this.#tellConsole('DELETE', '');
      return;
    }
    if (!compared.ok) this.#fail(compared.error.code);
    else this.#show({ state: 'comparing', ...compared.value });
  };

  decide = (isSame: boolean): DevicePairing => {
    if (this.#view.state !== 'comparing') return this.#view;
    if (!isSame) {
      this.#tellConsole('POST', '/different');
      this.#fail('pairing-different');
      return this.#view;
    }
    const { room, code } = this.#view;
    this.#show({ state: 'waiting-for-teacher', room, code });
    void this.#ask();
    return this.#view;
  };

  cancel = (): void => {
    if (this.#isOver) return;
    this.#end();
    this.#show({ state: 'idle' });
  };

  #show(view: DevicePairing): void {
    this.#view = view;
    this.#parts.onChange(view);
  }

  #end(): void {
    this.#isOver = true;
    this.#stopTimer();
    this.#stopLimit();
    this.#tellConsole('DELETE', '');
  }

  /** The last word about a request. The console hears it if it can; whether it does changes nothing here. */
  #tellConsole(method: 'POST' | 'DELETE', path: string): void {
    const id = this.#id;
    const pinned = this.#pinned;
    if (id === null || pinned === null) return;
    this.#id = null;
    void askConsole(pinned.target, pinned.authorityPem, {
      method,
      path: `${pairingPath}/${id}${path}`,
      body: '',
      maxBytes: maxSmallAnswer,
      timeoutMs: stepTimeoutMs,
      teacherKey: pinned.teacherKey,
    });
  }

  #fail(code: string): void {
    if (this.#isOver) return;
    this.#end();
    this.#show({ state: 'failed', code });
  }

  async #step(
    path: string,
    body: object,
    maxBytes = maxSmallAnswer,
  ): Promise<Result<Answer, PairingFailure>> {
    const pinned = this.#pinned;
    if (pinned === null) throw new Error('no console yet');
    const answer = await askConsole(pinned.target, pinned.authorityPem, {
      method: 'POST',
      path: `${pairingPath}${path}`,
      body: JSON.stringify(body),
      maxBytes,
      timeoutMs: stepTimeoutMs,
      teacherKey: pinned.teacherKey,
    });
    if (answer.ok) return answer;
    const { code, detail } = answer.error;
    const isChanged = code !== 'bad-answer' && !ofTheNetwork.includes(code);
    return isChanged ? fail('pairing-changed', 'ask-it', detail) : answer;
  }

  async #exchange(): Promise<Result<{ room: string; code: PairingCode }, PairingFailure>> {
    const { createKeyPair, createRequest } = await import('../trust/school-authority.ts');
    const { privateKeyPem, publicKeyDer } = await createKeyPair();
    const requestDer = await createRequest(privateKeyPem);
    this.#privateKeyPem = privateKeyPem;
    const found = await lookAt(this.#parts.address, stepTimeoutMs);
    if (!found.ok) return found;
    const { school, teacherKey, room } = found.value;
    this.#pinned = found.value;
    const request = Buffer.from(requestDer).toString('base64');
    const hello = await this.#step('', { request, facts: this.#parts.facts });
    if (!hello.ok) return hello;
    const committed = read(PairingCommitment, hello.value);
    if (!committed.ok) return committed;
    const { id, commitment } = committed.value;
    this.#id = id;
    if (this.#isOver) return fail('pairing-unknown');
    const answer = await this.#step(`/${id}/nonce`, { nonce: this.#nonce });
    if (!answer.ok) return answer;
    const revealed = read(PairingNonce, answer.value);
    if (!revealed.ok) return revealed;
    const context: PairingContext = { school, teacherKey, deviceKey: keyIdOf(publicKeyDer) };
    if (!keepsCommitment(commitment, context, revealed.value.nonce)) return fail('pairing-changed', 'ask-it');
    return ok({ room: room.room, code: pairingCode(context, revealed.value.nonce, this.#nonce) });
  }

  /** Asks until the teacher has decided. */
  async #ask(): Promise<void> {
    const answer = await this.#step(`/${this.#id}/confirm`, {}, maxEnrolmentAnswerBytes);
    if (this.#isOver) return;
    if (!answer.ok && !ofTheNetwork.includes(answer.error.code)) {
      this.#fail(answer.error.code);
      return;
    }
    // The network may be away for a moment; asking twice for what is already decided gives the same answer.
    if (!answer.ok || read(PairingWaiting, answer.value).ok) {
      this.#stopTimer = this.#parts.clock.after(askAgainMs, () => void this.#ask());
      return;
    }
    await this.#take(answer.value);
  }

  async #take(answer: Answer): Promise<void> {
    const identity = await this.#identityIn(answer);
    if (this.#isOver) return;
    if (!identity.ok) {
      this.#fail(identity.error.code);
      return;
    }
    // From here on neither time nor a press ends it halfway: what is being kept is kept.
    this.#isOver = true;
    this.#stopLimit();
    const kept = await this.#parts.onJoined(identity.value);
    if (kept.ok) this.#show({ state: 'done', room: kept.value.room });
    else this.#show({ state: 'failed', code: kept.error.code });
  }

  async #identityIn(answer: Answer): Promise<Result<AgentIdentity, PairingFailure>> {
    const pinned = this.#pinned;
    if (pinned === null) throw new Error('no console yet');
    if (answer.status !== 200) return refusalIn(answer);
    const { authorityPem, address, room } = pinned;
    const identity = await identityOf(answer.body, authorityPem, this.#privateKeyPem, [address]);
    const isOtherRoom = identity.ok && identity.value.roomName !== room.room;
    return isOtherRoom ? fail('pairing-changed', 'ask-it') : identity;
  }
}

/** Begins at once; each change is told to `onChange`. */
export const startPairing = (parts: PairingParts): DevicePairingAttempt => {
  const attempt = new Attempt(parts);
  void attempt.begin();
  return attempt;
};
