// The console's link and who may use it: listens, hands out joining codes, takes devices by hand, keeps the roster and who
// was sent away. It knows no window and no electron.
import { join } from 'node:path';
import { z } from 'zod';
import { DeviceId } from '../../shared/domain/ids.ts';
import type { PairingView } from '../../shared/domain/joining.ts';
import type { Room, Teacher } from '../../shared/domain/lesson.ts';
import type { ConsoleSnapshot } from '../../shared/ipc/contract.ts';
import { SignedRoster } from '../../shared/protocol/roster.ts';
import { fail, ok, type Result } from '../../shared/result/result.ts';
import type { Policy } from '../../shared/settings/policy.ts';
import { systemClock } from '../lib/clock.ts';
import { openJsonFile } from '../lib/json-file.ts';
import type { Log } from '../lib/log.ts';
import { createLinkServer, type LinkServer } from '../link/link-server.ts';
import { createPairingService } from '../link/pairing-service.ts';
import { keyIdOf } from '../trust/certificate-profile.ts';
import { createEnrolmentDesk } from '../trust/enrolment-desk.ts';
import type { ConsoleIdentity } from '../trust/identity-store.ts';
import { createPairingDesk, type PairingDesk } from '../trust/pairing-desk.ts';
import { createRosterKeeper, type RosterKeeper } from '../trust/roster.ts';
import { revokeByOwnSchool } from '../trust/roster-changes.ts';
import { readRequest } from '../trust/school-authority.ts';
import { TokenRecord } from '../trust/token-record.ts';
import type { ConsoleLink, ConsoleLinkHandlers } from './console.ts';
import { startAdvertising } from './discovery-parts.ts';
import { localAddresses } from './local-addresses.ts';
import { watchRosterFile } from './roster-file.ts';

type Parts = {
  readonly profile: string;
  readonly policy: Policy;
  readonly identity: ConsoleIdentity;
  readonly log: Log;
  readonly onPairing: (view: PairingView) => void;
};
type Token = { readonly token: string; readonly expiresAt: number; readonly uses: number };
type Problem = ConsoleSnapshot['problem'];

export type Desk = {
  readonly room: Room;
  readonly teacher: Teacher;
  readonly addresses: () => string[];
  readonly pairing: PairingDesk;
  readonly connect: (handlers: ConsoleLinkHandlers) => ConsoleLink;
  /** Listens and says what stands in the way; `onProblem` hears when that changes. */
  readonly listen: (onProblem: (problem: Problem) => void) => Promise<void>;
  readonly createToken: (uses: number, hours: number) => Promise<Result<Token>>;
  /** This key never connects again; the device has to join anew, with a key of its own. */
  readonly revoke: (id: DeviceId) => void;
  readonly roster: RosterKeeper;
  readonly close: () => Promise<void>;
};

const listenAgainMs = 5_000;
const maxTokenAddresses = 8;

/** The newest roster that school and console agree on, kept beside the identity. */
const openRoster = (profile: string, identity: ConsoleIdentity, log: Log) => {
  const file = openJsonFile(join(profile, 'roster.json'), SignedRoster, log);
  const keeper = createRosterKeeper({
    authorityPem: identity.authorityPem,
    stored: file.load(),
    save: file.save,
    log,
  });
  keeper.offer(identity.roster);
  return { keeper, settled: file.settled };
};

/** Opens the port and tries again until it is free; says what keeps devices from finding it. */
const keepListening = (server: LinkServer, { identity, policy, log }: Parts) => {
  let port: number | null = null;
  let stopAdvertising = async (): Promise<void> => {};
  let stopTimer = (): void => {};
  const addresses = (): string[] => (port === null ? [] : localAddresses(port, policy.listenAddress));
  const listen = async (onProblem: (problem: Problem) => void): Promise<void> => {
    const listening = await server.listen(policy.linkPort, policy.listenAddress);
    if (!listening.ok) {
      log.error('link.not-listening', { reason: listening.error.code });
      onProblem('port-in-use');
      stopTimer = systemClock.after(listenAgainMs, () => void listen(onProblem));
      return;
    }
    port = listening.value;
    onProblem(addresses().length === 0 ? 'no-network' : null);
    if (!policy.useDiscovery) return;
    stopAdvertising = startAdvertising({ roomId: identity.roomId, port }, log, (isReachable) =>
      onProblem(isReachable ? null : 'no-multicast'),
    );
  };
  return {
    addresses,
    listen,
    async close() {
      stopTimer();
      await stopAdvertising();
    },
  };
};

/** One device with another time has a wrong clock; when most of the room differs it is ours. */
const isOwnClockWrong = (sessions: readonly { readonly clockDifferenceMs: number | null }[]): boolean => {
  const differing = sessions.filter(({ clockDifferenceMs }) => clockDifferenceMs !== null);
  return sessions.length > 1 && differing.length * 2 > sessions.length;
};

export const openDesk = async (parts: Parts): Promise<Desk> => {
  const { profile, policy, identity, log } = parts;
  const room: Room = { id: identity.roomId, name: policy.roomName ?? identity.roomName };
  const teacher: Teacher = { id: identity.teacherId, name: policy.teacherName ?? identity.teacherName };
  const { keeper: roster, settled: rosterSettled } = openRoster(profile, identity, log);
  const revokedFile = openJsonFile(join(profile, 'revoked.json'), z.array(DeviceId).max(10_000), log);
  const revoked = new Set(revokedFile.load() ?? []);
  const tokens = openJsonFile(join(profile, 'tokens.json'), z.array(TokenRecord).max(64), log);
  let handlers: ConsoleLinkHandlers | null = null;
  const onEnrolled = (id: DeviceId, name: string): void => handlers?.onEnrolled(id, name);
  const currentRoster = (): SignedRoster => roster.signed() ?? identity.roster;
  const desk = createEnrolmentDesk({
    school: identity.school,
    roster: currentRoster,
    room: () => room,
    clock: systemClock,
    log,
    store: tokens,
    onEnrolled: ({ deviceId, facts }) => onEnrolled(deviceId, facts.name),
  });
  if (identity.handedTokens.length > 0) await desk.adopt(identity.handedTokens);
  const pairing = createPairingDesk({
    school: identity.fingerprint,
    teacherKey: identity.teacherId,
    issue: async (publicKey) => ({
      certificatePem: await identity.school.issueAgent(publicKey, systemClock.wallMs()),
      roster: currentRoster(),
      room,
    }),
    onEnrolled: ({ deviceId, facts }) => onEnrolled(deviceId, facts.name),
    onChange: parts.onPairing,
    clock: systemClock,
    log,
  });
  const server = createLinkServer({
    identity,
    room,
    teacherName: teacher.name,
    log,
    roster,
    admits: (id) => !revoked.has(id),
    isQuarantined: (id) => handlers?.isQuarantined(id) ?? false,
    async renew(id, requestDer) {
      const publicKey = await readRequest(requestDer);
      if (!publicKey.ok) return publicKey;
      if (keyIdOf(publicKey.value) !== id) return fail('bad-certificate-request');
      return ok(await identity.school.issueAgent(publicKey.value, systemClock.wallMs()));
    },
    enrolment: desk,
    pairing: createPairingService({
      desk: pairing,
      room: () => ({ room: room.name, teacher: teacher.name }),
    }),
  });
  const listening = keepListening(server, parts);
  const stopRosterFile = watchRosterFile({
    path: policy.rosterFile ?? null,
    keeper: () => roster,
    clock: systemClock,
    log,
  });
  let stopRevoked = (): void => {};

  return {
    room,
    teacher,
    addresses: listening.addresses,
    pairing,
    roster,
    connect(next) {
      handlers = next;
      server.events.on('connected', ({ deviceId, address, facts, report }) =>
        next.onConnected({ id: deviceId, address, facts, report }),
      );
      server.events.on('message', (session, message) => next.onMessage(session.deviceId, message));
      server.events.on('cloned', (id, addresses) => next.onCloned(id, addresses));
      server.events.on('gone', (id) => {
        // A replaced session's end is no absence.
        if (server.session(id) === null) next.onGone(id);
      });
      return {
        command: async (id, body) => (await server.session(id)?.command(body)) ?? fail('gone', 'retry'),
        signal: (id, channel, signal) => void server.session(id)?.send({ type: 'signal', channel, signal }),
        setLesson: server.setLesson,
      };
    },
    async listen(onProblem) {
      let network: Problem = null;
      let told: Problem | undefined;
      const tell = (): void => {
        const isListed = roster.allowsTeacher(identity.teacherId, identity.roomId);
        const clock = isOwnClockWrong(server.sessions()) ? 'clock-wrong' : null;
        const now = isListed ? (network ?? clock) : 'revoked';
        if (now === told) return;
        told = now;
        onProblem(now);
      };
      stopRevoked = roster.onChange(tell);
      server.events.on('connected', tell);
      await listening.listen((problem) => {
        network = problem;
        tell();
      });
    },
    async createToken(uses, hours) {
      const reachable = listening.addresses().slice(0, maxTokenAddresses);
      if (reachable.length === 0) return fail('no-network', 'retry');
      const issued = await desk.issue({ uses, lifetimeMs: hours * 3_600_000, addresses: reachable });
      return ok({ token: issued.text, expiresAt: issued.expiresAt, uses });
    },
    revoke(id) {
      revoked.add(id);
      revokedFile.save([...revoked]);
      server.session(id)?.refuse('not-enrolled');
      // Only the school itself can tell everybody; a room of a school with IT keeps the device out by itself.
      if (identity.root === null) return;
      const signed = revokeByOwnSchool(identity, currentRoster(), id, systemClock.wallMs());
      if (signed.ok) roster.offer(signed.value);
      else log.error('roster-not-changed', { reason: signed.error.code });
    },
    async close() {
      stopRevoked();
      stopRosterFile();
      pairing.close();
      await listening.close();
      await server.close();
      await Promise.all([revokedFile.settled(), tokens.settled(), rosterSettled()]);
    },
  };
};
