// A console that takes devices by hand, for tests with real TLS on 127.0.0.1.
import { X509Certificate } from 'node:crypto';
import { systemClock } from '../../../main/lib/clock.ts';
import { startPairing } from '../../../main/link/pairing-client.ts';
import { createPairingService } from '../../../main/link/pairing-service.ts';
import { keyIdOf } from '../../../main/trust/certificate-profile.ts';
import { createEnrolmentDesk } from '../../../main/trust/enrolment-desk.ts';
import type { AgentIdentity } from '../../../main/trust/identity.ts';
import { createPairingDesk, type PairingDesk } from '../../../main/trust/pairing-desk.ts';
import type { DeviceId } from '../../../shared/domain/ids.ts';
import type { DevicePairing } from '../../../shared/domain/joining.ts';
import { ok } from '../../../shared/result/result.ts';
import {
  facts,
  makeSchool,
  newRoom,
  quietLog,
  startConsole,
  type TestSchool,
  teacherOf,
} from '../link/classroom.ts';

export type PairingStage = {
  readonly address: string;
  readonly port: number;
  readonly desk: PairingDesk;
  readonly school: TestSchool;
  readonly enrolled: DeviceId[];
  /** A device that asks to join; what it came to is in `states` and `kept`. */
  readonly device: (address?: string) => TestDevice;
};

export type TestDevice = {
  readonly states: DevicePairing[];
  /** Identities that were handed over to be kept. */
  readonly kept: AgentIdentity[];
  readonly attempt: ReturnType<typeof startPairing>;
};

/** `bend` makes of the honest desk what the network speaks with. */
export const openPairingStage = async (
  bend = (desk: PairingDesk): PairingDesk => desk,
): Promise<PairingStage & { close: () => Promise<void> }> => {
  const school = await makeSchool();
  const room = newRoom('Raum 12');
  const teacher = await teacherOf(school, room);
  const authority = await school.roomAuthority(room);
  const roster = school.roster();
  const enrolled: DeviceId[] = [];
  const log = quietLog();
  const desk = createPairingDesk({
    school: school.fingerprint,
    teacherKey: keyIdOf(
      new X509Certificate(teacher.certificatePem).publicKey.export({ type: 'spki', format: 'der' }),
    ),
    issue: async (publicKey) => ({
      certificatePem: await authority.issueAgent(publicKey, Date.now()),
      roster,
      room,
    }),
    onEnrolled: ({ deviceId }) => enrolled.push(deviceId),
    onChange: () => {},
    clock: systemClock,
    log,
  });
  const { server, address, port } = await startConsole(teacher, room, {
    enrolment: createEnrolmentDesk({
      school: authority,
      roster: () => roster,
      room: () => room,
      clock: systemClock,
      log,
      store: { load: () => null, save: () => {}, settled: async () => {} },
    }),
    pairing: createPairingService({
      desk: bend(desk),
      room: () => ({ room: room.name, teacher: 'Frau Muster' }),
    }),
  });
  const attempts: TestDevice['attempt'][] = [];
  return {
    address,
    port,
    desk,
    school,
    enrolled,
    device(at = address) {
      const states: DevicePairing[] = [];
      const kept: AgentIdentity[] = [];
      const attempt = startPairing({
        address: at,
        facts,
        clock: systemClock,
        onChange: (state) => states.push(state),
        onJoined: async (identity) => {
          kept.push(identity);
          return ok({ room: identity.roomName });
        },
      });
      attempts.push(attempt);
      return { states, kept, attempt };
    },
    async close() {
      for (const attempt of attempts) attempt.cancel();
      desk.close();
      await server.close();
    },
  };
};
