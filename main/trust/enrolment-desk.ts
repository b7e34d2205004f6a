// The console's side of enrolment: hands out tokens and redeems them for certificates. It keeps only hashes of secrets.
import type { DeviceFacts } from '../../shared/domain/device.ts';
import { DeviceId } from '../../shared/domain/ids.ts';
import type { Room } from '../../shared/domain/lesson.ts';
import type { EnrolmentAnswer, EnrolmentRefusal } from '../../shared/protocol/enrolment.ts';
import type { SignedRoster } from '../../shared/protocol/roster.ts';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { keyIdOf } from './certificate-profile.ts';
import { type RoomAuthority, readRequest } from './school-authority.ts';
import { hashOfSecret, isTokenWish, makeToken, maxTokenRecords, type TokenRecord } from './token-record.ts';

export { TokenRecord } from './token-record.ts';

/** Where records are kept; an opened JsonFile fits. */
export type TokenStore = {
  readonly load: () => readonly TokenRecord[] | null;
  readonly save: (records: TokenRecord[]) => void;
  readonly settled: () => Promise<void>;
};

export type IssuedToken = { readonly id: string; readonly text: string; readonly expiresAt: number };
export type EnrolledDevice = {
  readonly deviceId: DeviceId;
  readonly facts: DeviceFacts;
  readonly address: string;
};

export type EnrolmentDeskOptions = {
  readonly school: RoomAuthority;
  /** `id` is the authority's room. */
  readonly room: () => Room;
  /** The newest one: a device learns with its certificate who teaches. */
  readonly roster: () => SignedRoster;
  readonly clock: Clock;
  readonly log: Log;
  readonly store: TokenStore;
  readonly onEnrolled?: (device: EnrolledDevice) => void;
};

export type EnrolmentDesk = {
  readonly authorityDer: Uint8Array;
  /** `uses`: devices it lets in, 1 to 500. `lifetimeMs`: at most 90 days. Throws out of these bounds. */
  readonly issue: (wish: {
    readonly uses: number;
    readonly lifetimeMs: number;
    /** `host:port` of this console, 1 to 8. */
    readonly addresses: readonly string[];
  }) => Promise<IssuedToken>;
  /** Tokens that still let somebody in. */
  readonly open: () => readonly {
    readonly id: string;
    readonly usesLeft: number;
    readonly expiresAt: number;
  }[];
  readonly withdraw: (id: string) => Promise<void>;
  /** Takes over tokens that school IT made before this console ran. One that is known already stays as it is here. */
  readonly adopt: (records: readonly TokenRecord[]) => Promise<void>;
  readonly redeem: (claim: {
    readonly secret: string;
    readonly requestDer: Uint8Array;
    readonly facts: DeviceFacts;
    readonly address: string;
  }) => Promise<Result<EnrolmentAnswer, AppError<EnrolmentRefusal>>>;
};

/** Wrong secrets an address may name, and how fast it may name more. Guessing 128 bits is hopeless; this keeps it quiet. */
const wrongTriesBurst = 5;
const wrongTriesPerSecond = 0.1;
const maxWatchedAddresses = 1_024;

type Tries = { left: number; atMs: number };

/** Counts wrong tries per address; the address that was quiet for longest is forgotten first. */
function createTriesWatch(clock: Clock) {
  const tries = new Map<string, Tries>();
  const current = (address: string): Tries => {
    const nowMs = clock.nowMs();
    const known = tries.get(address) ?? { left: wrongTriesBurst, atMs: nowMs };
    const left = Math.min(wrongTriesBurst, known.left + ((nowMs - known.atMs) / 1000) * wrongTriesPerSecond);
    return { left, atMs: nowMs };
  };
  return {
    mayTry: (address: string): boolean => current(address).left >= 1,
    wrong: (address: string) => {
      const state = current(address);
      tries.delete(address);
      tries.set(address, { left: state.left - 1, atMs: state.atMs });
      const oldest = tries.keys().next().value;
      if (tries.size > maxWatchedAddresses && oldest !== undefined) tries.delete(oldest);
    },
  };
}

export function createEnrolmentDesk(options: EnrolmentDeskOptions): EnrolmentDesk {
  const { school, clock, log, store } = options;
  const watch = createTriesWatch(clock);
  let records: TokenRecord[] = [...(store.load() ?? [])];
  let queue: Promise<unknown> = Promise.resolve();

  /** One redemption at a time: two devices cannot share a last use. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = queue.then(work);
    queue = turn.catch(() => undefined);
    return turn;
  };
  const keep = async (next: TokenRecord[]) => {
    records = next;
    store.save(next);
    await store.settled();
  };
  const isOpen = (record: TokenRecord) => record.usesLeft > 0 && record.expiresAt > clock.wallMs();

  const redeem: EnrolmentDesk['redeem'] = async ({ secret, requestDer, facts, address }) => {
    if (!watch.mayTry(address)) return fail('too-many-tries', 'retry');
    const record = records.find((one) => one.secretHash === hashOfSecret(Buffer.from(secret, 'base64url')));
    if (record === undefined) {
      watch.wrong(address);
      return fail('token-unknown', 'choose-again');
    }
    if (record.expiresAt <= clock.wallMs()) return fail('token-expired', 'choose-again');
    const publicKey = await readRequest(requestDer);
    if (!publicKey.ok) return publicKey;
    const deviceId = DeviceId.parse(keyIdOf(publicKey.value));
    const isAgain = record.enrolledKeys.includes(deviceId);
    if (!isAgain && record.usesLeft === 0) return fail('token-used-up', 'choose-again');
    if (!isAgain) {
      const used = {
        ...record,
        usesLeft: record.usesLeft - 1,
        enrolledKeys: [...record.enrolledKeys, deviceId],
      };
      // On disk before the certificate leaves: a crash may cost a use, never give one away.
      await keep(records.map((one) => (one === record ? used : one)));
    }
    const room = options.room();
    const certificatePem = await school.issueAgent(publicKey.value, clock.wallMs());
    log.info('enrolment.enrolled', { device: deviceId, address, token: record.id });
    options.onEnrolled?.({ deviceId, facts, address });
    return ok({ certificatePem, roster: options.roster(), room });
  };

  return {
    authorityDer: school.certificateDer,
    issue: ({ uses, lifetimeMs, addresses }) =>
      inTurn(async () => {
        if (!isTokenWish({ uses, lifetimeMs })) throw new Error('token wish out of bounds');
        const expiresAt = clock.wallMs() + lifetimeMs;
        const { record, text } = makeToken({ uses, expiresAt, addresses, fingerprint: school.fingerprint });
        // Used-up and expired ones stay a while so that a device hears the true reason; the oldest go first.
        await keep([...records.slice(1 - maxTokenRecords), record]);
        return { id: record.id, text, expiresAt: record.expiresAt };
      }),
    adopt: (more) =>
      inTurn(async () => {
        const isNew = (one: TokenRecord) =>
          one.expiresAt > clock.wallMs() && records.every(({ id }) => id !== one.id);
        const added = more.filter(isNew);
        if (added.length > 0) await keep([...added, ...records].slice(-maxTokenRecords));
      }),
    open: () => records.filter(isOpen).map(({ id, usesLeft, expiresAt }) => ({ id, usesLeft, expiresAt })),
    withdraw: (id) => inTurn(() => keep(records.filter((record) => record.id !== id))),
    redeem: (claim) => inTurn(() => redeem(claim)),
  };
}
