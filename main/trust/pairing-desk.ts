// The console's side of joining by hand: who wants in, what to compare, and that a certificate is made only after both
// persons said yes. It keeps nothing on disk. See [Note: pairing].
import { randomBytes, randomUUID } from 'node:crypto';
import type { DeviceFacts } from '../../shared/domain/device.ts';
import { DeviceId } from '../../shared/domain/ids.ts';
import type { PairingRequest, PairingView } from '../../shared/domain/joining.ts';
import type { EnrolmentAnswer } from '../../shared/protocol/enrolment.ts';
import type { PairingCommitment, PairingNonce, PairingRefusal } from '../../shared/protocol/pairing.ts';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import type { CancelTimer, Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { keyIdOf } from './certificate-profile.ts';
import { commitmentOf, type PairingContext, pairingCode } from './pairing.ts';
import { type PublicKeyDer, readRequest } from './school-authority.ts';

type Refused = AppError<PairingRefusal>;

export type PairingDeskOptions = {
  /** SHA-256 of the school's root certificate and of the teacher's public key, hex. */
  readonly school: string;
  readonly teacherKey: string;
  /** Makes the certificate and whatever else a new device gets. */
  readonly issue: (publicKey: PublicKeyDer) => Promise<EnrolmentAnswer>;
  readonly onEnrolled: (device: { deviceId: DeviceId; facts: DeviceFacts; address: string }) => void;
  readonly onChange: (view: PairingView) => void;
  readonly clock: Clock;
  readonly log: Log;
};

export type PairingDesk = {
  readonly view: () => PairingView;
  /** Takes devices for five minutes from now; requests of before are gone. */
  readonly open: () => PairingView;
  readonly close: () => PairingView;
  /** The teacher has compared the pictures. Fails with `pairing-unknown` or `pairing-order`. */
  readonly decide: (id: string, isSame: boolean) => Result<PairingView>;
  readonly isOpen: () => boolean;
  /** A device asks; it gets what the console commits itself to. */
  readonly hello: (claim: {
    readonly requestDer: Uint8Array;
    readonly facts: DeviceFacts;
    readonly address: string;
  }) => Promise<Result<PairingCommitment, Refused>>;
  /** The device says its number, once, and hears the console's. */
  readonly exchange: (id: string, deviceNonce: string) => Result<PairingNonce, Refused>;
  /** The device's person said yes: the answer, or `waiting` while the teacher has not decided. */
  readonly confirm: (id: string) => Promise<Result<EnrolmentAnswer | 'waiting', Refused>>;
  /** The device ends it. `isDifferent`: because its person saw other pictures. */
  readonly leave: (id: string, isDifferent: boolean) => void;
};

const openMs = 5 * 60_000;
const requestMs = 2 * 60_000;
const maxLive = 8;
const maxShown = 16;
const triesPerAddress = 3;
const triesWithinMs = 60_000;

type Entry = {
  readonly id: string;
  readonly facts: DeviceFacts;
  readonly address: string;
  readonly publicKey: PublicKeyDer;
  readonly context: PairingContext;
  readonly nonce: string;
  readonly beganMs: number;
  state: PairingRequest['state'];
  code: PairingRequest['code'];
  problem: PairingRefusal | null;
  answer: EnrolmentAnswer | null;
};

const isLive = ({ state }: Entry): boolean =>
  state === 'exchanging' || state === 'comparing' || state === 'confirmed';

export const createPairingDesk = (options: PairingDeskOptions): PairingDesk => {
  const { clock, log } = options;
  let openUntilMs: number | null = null;
  let openUntil: number | null = null;
  let entries: Entry[] = [];
  let tries: { readonly address: string; readonly atMs: number }[] = [];
  let stopTimer: CancelTimer = () => {};

  const view = (): PairingView => ({
    openUntil,
    requests: entries.map(({ id, facts, address, code, state, problem }) => ({
      id,
      deviceName: facts.name,
      address: address.slice(0, 64),
      code,
      state,
      problem,
    })),
  });
  const changed = (): PairingView => {
    const now = view();
    options.onChange(now);
    return now;
  };
  /** `problem` null: the device itself has left. */
  const end = (entry: Entry, state: 'refused' | 'aborted', problem: PairingRefusal | null): void => {
    if (!isLive(entry)) return;
    Object.assign(entry, { state, problem });
    log.warn(`pairing.${state}`, { reason: problem, address: entry.address });
  };
  /** Makes room for one more: what still needs somebody stays, whatever others send. */
  const trim = (): void => {
    const over = entries.filter((entry) => !isLive(entry));
    const dropped = new Set(over.slice(0, Math.max(0, entries.length - maxShown + 1)));
    entries = entries.filter((entry) => !dropped.has(entry));
  };
  const isOpen = (): boolean => openUntilMs !== null && clock.nowMs() < openUntilMs;
  const close = (): PairingView => {
    stopTimer();
    openUntilMs = null;
    openUntil = null;
    for (const entry of entries) end(entry, 'aborted', 'pairing-closed');
    return changed();
  };
  const sweep = (): void => {
    if (!isOpen()) {
      close();
      return;
    }
    const late = entries.filter((entry) => isLive(entry) && clock.nowMs() - entry.beganMs >= requestMs);
    for (const entry of late) end(entry, 'aborted', 'pairing-expired');
    if (late.length > 0) changed();
  };
  /** A request that can go on, or why it cannot. */
  const live = (id: string): Result<Entry, Refused> => {
    sweepIfOpen();
    const entry = entries.find((one) => one.id === id);
    if (entry === undefined) return fail(isOpen() ? 'pairing-unknown' : 'pairing-closed', 'choose-again');
    if (entry.state === 'done' || isLive(entry)) return ok(entry);
    return fail(entry.problem ?? 'pairing-unknown', 'choose-again');
  };
  const sweepIfOpen = (): void => {
    if (openUntilMs !== null) sweep();
  };
  const mayTry = (address: string): boolean => {
    tries = tries.filter(({ atMs }) => clock.nowMs() - atMs < triesWithinMs);
    return tries.filter((one) => one.address === address).length < triesPerAddress;
  };
  const noPlace = (): Refused['code'] | null => {
    if (!isOpen()) return 'pairing-closed';
    return entries.filter(isLive).length < maxLive ? null : 'pairing-crowded';
  };

  return {
    view,
    isOpen,
    close,
    open() {
      close();
      entries = [];
      tries = [];
      openUntilMs = clock.nowMs() + openMs;
      openUntil = clock.wallMs() + openMs;
      stopTimer = clock.every(1_000, sweep);
      return changed();
    },
    decide(id, isSame) {
      const found = live(id);
      if (!found.ok) return found;
      const entry = found.value;
      // Too early to say anything, or too late to take it back: the certificate is out.
      if (!isSame && entry.state === 'done') return fail('pairing-order', 'none');
      if (isSame && entry.state === 'exchanging') return fail('pairing-order', 'retry');
      if (!isSame) end(entry, 'refused', 'pairing-refused');
      else if (entry.state === 'comparing') entry.state = 'confirmed';
      return ok(changed());
    },
    async hello({ requestDer, facts, address }) {
      const early = noPlace();
      if (early !== null) return fail(early, 'retry');
      if (!mayTry(address)) return fail('pairing-crowded', 'retry');
      tries.push({ address, atMs: clock.nowMs() });
      const publicKey = await readRequest(requestDer);
      if (!publicKey.ok) return publicKey;
      const deviceKey = keyIdOf(publicKey.value);
      // One request per key: whoever asks again has given up the one before.
      for (const entry of entries) if (entry.context.deviceKey === deviceKey) end(entry, 'aborted', null);
      // Others came in while the request was read, or the teacher has closed.
      const late = noPlace();
      if (late !== null) {
        changed();
        return fail(late, 'retry');
      }
      const context = { school: options.school, teacherKey: options.teacherKey, deviceKey };
      const entry: Entry = {
        id: randomUUID(),
        facts,
        address,
        publicKey: publicKey.value,
        context,
        nonce: randomBytes(32).toString('base64url'),
        beganMs: clock.nowMs(),
        state: 'exchanging',
        code: null,
        problem: null,
        answer: null,
      };
      trim();
      entries.push(entry);
      changed();
      return ok({ id: entry.id, commitment: commitmentOf(context, entry.nonce) });
    },
    exchange(id, deviceNonce) {
      const found = live(id);
      if (!found.ok) return found;
      const entry = found.value;
      if (entry.state !== 'exchanging') {
        // A second number would let somebody in between search for pictures that fit.
        end(entry, 'aborted', 'pairing-order');
        changed();
        return fail('pairing-order', 'choose-again');
      }
      entry.code = pairingCode(entry.context, entry.nonce, deviceNonce);
      entry.state = 'comparing';
      changed();
      return ok({ nonce: entry.nonce });
    },
    async confirm(id) {
      const found = live(id);
      if (!found.ok) return found;
      const entry = found.value;
      if (entry.state === 'done' && entry.answer !== null) return ok(entry.answer);
      if (entry.state === 'exchanging') return fail('pairing-order', 'choose-again');
      if (entry.state !== 'confirmed') return ok('waiting');
      entry.state = 'done';
      entry.answer = await options.issue(entry.publicKey);
      const deviceId = DeviceId.parse(entry.context.deviceKey);
      log.info('pairing.enrolled', { device: deviceId, address: entry.address });
      options.onEnrolled({ deviceId, facts: entry.facts, address: entry.address });
      changed();
      return ok(entry.answer);
    },
    leave(id, isDifferent) {
      const entry = entries.find((one) => one.id === id);
      if (entry === undefined || !isLive(entry)) return;
      end(entry, 'aborted', isDifferent ? 'pairing-different' : null);
      changed();
    },
  };
};
