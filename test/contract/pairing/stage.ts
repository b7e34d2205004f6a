// A console that takes devices by hand, for tests with real TLS on 127.0.0.1.
import { X509Certificate } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import { type Clock, systemClock } from '../../../main/lib/clock.ts';
import { startPairing } from '../../../main/link/pairing-client.ts';
import { createPairingService, type PairingService } from '../../../main/link/pairing-service.ts';
import { askConsole, fetchAuthority } from '../../../main/link/school-door.ts';
import { keyIdOf } from '../../../main/trust/certificate-profile.ts';
import { createEnrolmentDesk } from '../../../main/trust/enrolment-desk.ts';
import type { AgentIdentity } from '../../../main/trust/identity.ts';
import { createPairingDesk, type PairingDesk } from '../../../main/trust/pairing-desk.ts';
import { createKeyPair, createRequest, type PublicKeyDer } from '../../../main/trust/school-authority.ts';
import type { DeviceId } from '../../../shared/domain/ids.ts';
import type { DevicePairing, PairingRequest } from '../../../shared/domain/joining.ts';
import type { Room } from '../../../shared/domain/lesson.ts';
import type { EnrolmentAnswer } from '../../../shared/protocol/enrolment.ts';
import { ok, type Result } from '../../../shared/result/result.ts';
import { until } from '../../support/relay-rig.ts';
import {
  facts,
  makeSchool,
  newRoom,
  quietLog,
  startConsole,
  type TestSchool,
  teacherOf,
} from '../link/classroom.ts';

type DeviceOptions = {
  readonly address?: string;
  readonly clock?: Clock;
  /** Stands before what keeps the identity. */
  readonly beforeKeeping?: () => Promise<void>;
};

export type PairingStage = {
  readonly address: string;
  readonly port: number;
  readonly desk: PairingDesk;
  readonly school: TestSchool;
  /** SHA-256 of the teacher's public key. */
  readonly teacherKey: string;
  readonly enrolled: DeviceId[];
  readonly logged: readonly string[];
  /** A device that asks to join; what it came to is in `states` and `kept`. */
  readonly device: (options?: DeviceOptions) => TestDevice;
  /** The newest request as the teacher sees it. */
  readonly request: () => PairingRequest;
  readonly close: () => Promise<void>;
};

export type TestDevice = {
  readonly states: DevicePairing[];
  /** Identities that were handed over to be kept. */
  readonly kept: AgentIdentity[];
  readonly attempt: ReturnType<typeof startPairing>;
};

export type StageOptions = {
  readonly school?: TestSchool;
  /** Makes of the honest desk what the network speaks with. */
  readonly desk?: (honest: PairingDesk) => PairingDesk;
  /** Makes of the honest service what answers. */
  readonly service?: (honest: PairingService) => PairingService;
  /** What a confirmed device gets instead of a good certificate. */
  readonly issue?: (publicKey: PublicKeyDer, good: EnrolmentAnswer, school: TestSchool) => Promise<object>;
};

export const openPairingStage = async (options: StageOptions = {}): Promise<PairingStage> => {
  const school = options.school ?? (await makeSchool());
  const room: Room = newRoom('Raum 12');
  const teacher = await teacherOf(school, room);
  const authority = await school.roomAuthority(room);
  const enrolled: DeviceId[] = [];
  const log = quietLog();
  const teacherKey = keyIdOf(
    new X509Certificate(teacher.certificatePem).publicKey.export({ type: 'spki', format: 'der' }),
  );
  const desk = createPairingDesk({
    school: school.fingerprint,
    teacherKey,
    async issue(publicKey) {
      const certificatePem = await authority.issueAgent(publicKey, Date.now());
      const good = { certificatePem, roster: school.roster(), room };
      return { ...good, ...(await options.issue?.(publicKey, good, school)) };
    },
    onEnrolled: ({ deviceId }) => enrolled.push(deviceId),
    onChange: () => {},
    clock: systemClock,
    log,
  });
  const honest = createPairingService({
    desk: options.desk?.(desk) ?? desk,
    room: () => ({ room: room.name, teacher: 'Frau Muster' }),
  });
  const { server, address, port, logged } = await startConsole(teacher, room, {
    enrolment: createEnrolmentDesk({
      school: authority,
      roster: school.roster,
      room: () => room,
      clock: systemClock,
      log,
      store: { load: () => null, save: () => {}, settled: async () => {} },
    }),
    pairing: options.service?.(honest) ?? honest,
  });
  const attempts: TestDevice['attempt'][] = [];
  return {
    address,
    port,
    desk,
    school,
    teacherKey,
    enrolled,
    logged,
    device({ address: at = address, clock = systemClock, beforeKeeping } = {}) {
      const states: DevicePairing[] = [];
      const kept: AgentIdentity[] = [];
      const onJoined = async (identity: AgentIdentity): Promise<Result<{ room: string }>> => {
        await beforeKeeping?.();
        kept.push(identity);
        return ok({ room: identity.roomName });
      };
      const onChange = (state: DevicePairing): void => void states.push(state);
      const attempt = startPairing({ address: at, facts, clock, onChange, onJoined });
      attempts.push(attempt);
      return { states, kept, attempt };
    },
    request() {
      const found = desk.view().requests.at(-1);
      if (found === undefined) throw new Error('no request');
      return found;
    },
    async close() {
      for (const attempt of attempts) attempt.cancel();
      desk.close();
      await server.close();
    },
  };
};

/** Waits until the device has come to this state, or failed; gives which. */
export const reached = (device: TestDevice, state: DevicePairing['state']): Promise<string> =>
  until(
    `device is ${state}`,
    () => device.attempt.view().state,
    (now) => now === state || now === 'failed',
  );

export const codeOf = ({ attempt }: TestDevice): readonly number[] | null => {
  const view = attempt.view();
  return 'code' in view && typeof view.code !== 'string' ? view.code : null;
};

/** The honest body of a first request, of a new key. */
export const helloBody = async (): Promise<string> => {
  const { privateKeyPem } = await createKeyPair();
  const request = Buffer.from(await createRequest(privateKeyPem)).toString('base64');
  return JSON.stringify({ request, facts });
};

/** One question to a console, as a device without any school may ask it. */
export const ask = async (
  port: number,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body = '',
): Promise<{ readonly status: number; readonly json: Record<string, string> }> => {
  const target = { host: '127.0.0.1', port };
  const authority = await fetchAuthority(target, 2_000);
  if (!authority.ok) throw new Error(authority.error.code);
  const answer = await askConsole(target, authority.value.pem, {
    method,
    path,
    body,
    maxBytes: 64_000,
    timeoutMs: 2_000,
    teacherKey: null,
  });
  if (!answer.ok) throw new Error(answer.error.code);
  const json: Record<string, string> = JSON.parse(answer.value.body.toString());
  return { status: answer.value.status, json };
};

export type Proxy = {
  readonly address: string;
  /** Where new connections lead from now on; null: they are cut. */
  readonly lead: (port: number | null) => void;
  /** Connections that were cut. */
  readonly cut: () => number;
  readonly close: () => void;
};

/** A port that leads to another one: somebody who can change the way. */
export const openProxy = async (firstPort: number): Promise<Proxy> => {
  let port: number | null = firstPort;
  let cut = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (port === null) {
      cut += 1;
      client.destroy();
      return;
    }
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  return {
    address: `127.0.0.1:${typeof bound === 'object' ? bound?.port : 0}`,
    lead(next) {
      port = next;
    },
    cut: () => cut,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
};
