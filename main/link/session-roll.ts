// Which devices are connected: who is let in, which of two connections of one key stays, who is sent away by a roster.
// It knows no socket; sessions do.
import type { DeviceId, LessonId } from '../../shared/domain/ids.ts';
import type { Room } from '../../shared/domain/lesson.ts';
import type { LinkRefusal } from '../../shared/protocol/link.ts';
import type { Result } from '../../shared/result/result.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { readCertificate } from '../trust/certificate-profile.ts';
import type { RosterKeeper } from '../trust/roster.ts';
import type {
  DeviceMessage,
  GoneReason,
  LinkSession,
  SessionControl,
  SessionOwner,
} from './session-types.ts';

export type RollEvents = {
  /** Hello was good; the session can be used. An older session of the same device went before, as `replaced`. */
  connected: [session: LinkSession];
  message: [session: LinkSession, message: DeviceMessage];
  gone: [deviceId: DeviceId, reason: GoneReason, session: LinkSession];
  /** One key was alive at two places at once; both connections end as `cloned` right after. */
  cloned: [deviceId: DeviceId, addresses: readonly string[]];
};

/** Issues a new certificate for the key in a request (PKCS #10, DER), if that is this device's key. */
export type RenewDevice = (deviceId: DeviceId, requestDer: Uint8Array) => Promise<Result<string>>;

export type RollOptions = {
  readonly room: Room;
  readonly teacherName: string;
  readonly roster: RosterKeeper;
  readonly clock: Clock;
  readonly log: Log;
  readonly emit: <Name extends keyof RollEvents>(name: Name, parts: RollEvents[Name]) => void;
  readonly admits: (deviceId: DeviceId) => boolean;
  readonly isQuarantined: (deviceId: DeviceId) => boolean;
  readonly renew: RenewDevice | null;
  readonly count: (code: RollRefusal, address: string, detail?: string) => void;
  /** The session is finished with its beginning. */
  readonly onOpen: (session: SessionControl) => void;
};

export type RollRefusal = LinkRefusal | 'renew-refused';

export type SessionRoll = Pick<SessionOwner, 'onHello' | 'onRenew' | 'onMessage' | 'onGone'> & {
  readonly session: (deviceId: DeviceId) => SessionControl | null;
  readonly sessions: () => SessionControl[];
  readonly setLesson: (lesson: LessonId | null) => void;
  readonly close: () => void;
};

/** How long an older connection may take to show that it lives; a device with a new address waits this long. */
const probeTimeoutMs = 1_500;
/** A device asks once a day. */
const renewIntervalMs = 60_000;

export function createSessionRoll(options: RollOptions): SessionRoll {
  const { roster, clock, log, emit, count } = options;
  const sessions = new Map<DeviceId, SessionControl>();
  /** Newcomers whose key has another connection that is being asked whether it lives. */
  const checking = new Set<SessionControl>();
  const renewedMs = new WeakMap<SessionControl, number>();
  let lesson: LessonId | null = null;

  /** Its own key, or the one that let it in: whoever has stolen a room's key can let in anybody. */
  const isRevoked = ({ deviceId, authorityKeyId }: SessionControl): boolean =>
    roster.isRevoked(deviceId) || (authorityKeyId !== null && roster.isRevoked(authorityKeyId));
  const refusalOf = (session: SessionControl): LinkRefusal | null => {
    if (isRevoked(session)) return 'revoked';
    if (!options.admits(session.deviceId)) return 'not-enrolled';
    return options.isQuarantined(session.deviceId) ? 'cloned' : null;
  };
  const end = (session: SessionControl, code: 'replaced' | 'cloned', detail: string) => {
    if (!session.isAlive()) return;
    count(code, session.address, detail);
    session.close(code, code);
  };

  /** `older`: connections of the same key, which this one replaces. */
  const letIn = (session: SessionControl, version: number, older: readonly SessionControl[]) => {
    const refusal = refusalOf(session);
    if (refusal !== null) {
      session.turnAway(refusal);
      return;
    }
    const isOpen = session.open({
      type: 'welcome',
      version,
      room: options.room,
      teacher: options.teacherName,
      lesson,
      roster: roster.signed(),
      wallMs: clock.wallMs(),
    });
    if (!isOpen) return;
    sessions.set(session.deviceId, session);
    options.onOpen(session);
    // After the newcomer has its place: for the room the device was never away.
    for (const rival of older) end(rival, 'replaced', session.address);
    log.info('link.connected', { device: session.deviceId, address: session.address });
    if (session.clockDifferenceMs !== null) {
      log.warn('link.clock-differs', { device: session.deviceId, aheadMs: session.clockDifferenceMs });
    }
    emit('connected', [session]);
  };

  const quarantine = (found: readonly SessionControl[]) => {
    const [first] = found;
    if (first === undefined) return;
    const addresses = [...new Set(found.map(({ address }) => address))];
    log.warn('link.cloned', { device: first.deviceId, addresses: addresses.join(' ') });
    // Before the connections end: whoever keeps the quarantine knows of it when either comes back.
    emit('cloned', [first.deviceId, addresses]);
    for (const session of found) end(session, 'cloned', first.deviceId);
  };

  const onHello = (session: SessionControl, version: number) => {
    const refusal = refusalOf(session);
    const open = sessions.get(session.deviceId);
    const rivals = [...checking].filter(({ deviceId }) => deviceId === session.deviceId);
    if (open !== undefined) rivals.push(open);
    if (refusal !== null || rivals.length === 0) {
      letIn(session, version, []);
      return;
    }
    checking.add(session);
    void Promise.all(rivals.map((rival) => rival.probe(probeTimeoutMs))).then((answers) => {
      checking.delete(session);
      const alive = rivals.filter((_rival, index) => answers[index]);
      if (alive.length > 0) {
        quarantine([...alive, session]);
        return;
      }
      letIn(session, version, rivals);
    });
  };

  const onRenew = (session: SessionControl, requestDer: Buffer) => {
    const nowMs = clock.nowMs();
    const lastMs = renewedMs.get(session) ?? Number.NEGATIVE_INFINITY;
    if (options.renew === null || nowMs - lastMs < renewIntervalMs) {
      count('renew-refused', session.address, 'too often or not offered');
      return;
    }
    renewedMs.set(session, nowMs);
    void options.renew(session.deviceId, requestDer).then((issued) => {
      if (!issued.ok) count('renew-refused', session.address, issued.error.code);
      else if (readCertificate(issued.value).keyId === session.deviceId) {
        session.tell({ type: 'certificate', certificatePem: issued.value });
      } else count('renew-refused', session.address, 'certificate of another key');
    });
  };

  const stopListening = roster.onChange(() => {
    const signed = roster.signed();
    for (const session of [...sessions.values(), ...checking]) {
      if (isRevoked(session)) session.turnAway('revoked');
      else if (signed !== null) session.tell({ type: 'roster', roster: signed });
    }
  });

  return {
    onHello,
    onRenew,
    onMessage: (session, message) => {
      emit('message', [session, message]);
    },
    onGone: (session, reason) => {
      if (sessions.get(session.deviceId) === session) sessions.delete(session.deviceId);
      log.info('link.gone', { device: session.deviceId, reason });
      emit('gone', [session.deviceId, reason, session]);
    },
    session: (deviceId) => sessions.get(deviceId) ?? null,
    sessions: () => [...sessions.values()],
    setLesson: (next) => {
      lesson = next;
      for (const session of sessions.values()) session.tell({ type: 'lesson', lesson: next });
    },
    close: stopListening,
  };
}
