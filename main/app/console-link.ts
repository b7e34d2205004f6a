// The console's school and its link: opens the identity, listens, hands out joining codes, keeps who was sent away.
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { DeviceId, DisplayName } from '../../shared/domain/ids.ts';
import type { Room, Teacher } from '../../shared/domain/lesson.ts';
import type { ConsoleSnapshot } from '../../shared/ipc/contract.ts';
import { fail, ok, type Result } from '../../shared/result/result.ts';
import type { Policy } from '../../shared/settings/policy.ts';
import { systemClock } from '../lib/clock.ts';
import { openJsonFile } from '../lib/json-file.ts';
import type { Log } from '../lib/log.ts';
import { createLinkServer } from '../link/link-server.ts';
import { systemSecretBox } from '../platform/secret-box.ts';
import { createEnrolmentDesk, TokenRecord } from '../trust/enrolment-desk.ts';
import { openConsoleIdentity } from '../trust/identity-store.ts';
import type { ConsoleLink, ConsoleLinkHandlers } from './console.ts';
import { startAdvertising } from './discovery-parts.ts';
import { localAddresses } from './local-addresses.ts';

type Parts = { readonly profile: string; readonly policy: Policy; readonly log: Log };
type Token = { readonly token: string; readonly expiresAt: number; readonly uses: number };

export type Desk = {
  readonly room: Room;
  readonly teacher: Teacher;
  readonly addresses: () => string[];
  readonly connect: (handlers: ConsoleLinkHandlers) => ConsoleLink;
  /** Listens and says what stands in the way; `onProblem` hears when that changes. */
  readonly listen: (onProblem: (problem: ConsoleSnapshot['problem']) => void) => Promise<void>;
  readonly createToken: (uses: number, hours: number) => Promise<Result<Token>>;
  /** This key never connects again; the device needs a new joining code. */
  readonly revoke: (id: DeviceId) => void;
  readonly close: () => Promise<void>;
};

const listenAgainMs = 5_000;
const maxTokenAddresses = 8;

/** The name of the host, if it is fit to show, else a word that is. */
const hostName = (): string => {
  const name = DisplayName.safeParse(hostname().slice(0, 64));
  return name.success ? name.data : 'Lehrpult';
};

/** Fails with the identity's code when the school of this profile cannot be opened; nothing is made anew then. */
export const openDesk = async ({ profile, policy, log }: Parts): Promise<Result<Desk>> => {
  const opened = await openConsoleIdentity(
    join(profile, 'school.json'),
    systemSecretBox,
    systemClock.wallMs(),
  );
  if (!opened.ok) return opened;
  const identity = opened.value;
  const room: Room = { id: identity.roomId, name: policy.roomName ?? hostName() };
  const teacher: Teacher = { id: identity.teacherId, name: policy.teacherName ?? hostName() };
  const revokedFile = openJsonFile(join(profile, 'revoked.json'), z.array(DeviceId).max(10_000), log);
  const revoked = new Set(revokedFile.load() ?? []);
  const tokens = openJsonFile(join(profile, 'tokens.json'), z.array(TokenRecord).max(64), log);
  let onEnrolled: ConsoleLinkHandlers['onEnrolled'] = () => {};
  const desk = createEnrolmentDesk({
    school: identity.school,
    room: () => room,
    clock: systemClock,
    log,
    store: tokens,
    onEnrolled: ({ deviceId, facts }) => onEnrolled(deviceId, facts.name),
  });
  const server = createLinkServer({
    identity,
    room,
    teacherName: teacher.name,
    log,
    admits: (id) => !revoked.has(id),
    enrolment: desk,
  });
  let port: number | null = null;
  let stopAdvertising = async (): Promise<void> => {};
  let stopTimer = (): void => {};
  const addresses = (): string[] => (port === null ? [] : localAddresses(port, policy.listenAddress));

  const listen: Desk['listen'] = async (onProblem) => {
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
    stopAdvertising = startAdvertising({ roomId: room.id, port }, log, (isReachable) =>
      onProblem(isReachable ? null : 'no-multicast'),
    );
  };

  return ok({
    room,
    teacher,
    addresses,
    connect(handlers) {
      onEnrolled = handlers.onEnrolled;
      server.events.on('connected', ({ deviceId, address, facts, report }) =>
        handlers.onConnected({ id: deviceId, address, facts, report }),
      );
      server.events.on('message', (session, message) => handlers.onMessage(session.deviceId, message));
      server.events.on('gone', (id) => {
        // A replaced session's end is no absence.
        if (server.session(id) === null) handlers.onGone(id);
      });
      return {
        command: async (id, body) => (await server.session(id)?.command(body)) ?? fail('gone', 'retry'),
        signal: (id, channel, signal) => void server.session(id)?.send({ type: 'signal', channel, signal }),
        setLesson: server.setLesson,
      };
    },
    listen,
    async createToken(uses, hours) {
      const reachable = addresses().slice(0, maxTokenAddresses);
      if (reachable.length === 0) return fail('no-network', 'retry');
      const issued = await desk.issue({ uses, lifetimeMs: hours * 3_600_000, addresses: reachable });
      return ok({ token: issued.text, expiresAt: issued.expiresAt, uses });
    },
    revoke(id) {
      revoked.add(id);
      revokedFile.save([...revoked]);
      server.session(id)?.refuse('not-enrolled');
    },
    async close() {
      stopTimer();
      await stopAdvertising();
      await server.close();
      await Promise.all([revokedFile.settled(), tokens.settled()]);
    },
  });
};
