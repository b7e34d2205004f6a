// Joining by hand on this device: which rooms can be seen, and one attempt at a time.
import type { DeviceFacts } from '../../shared/domain/device.ts';
import type { DevicePairing, FoundRoom } from '../../shared/domain/joining.ts';
import { systemClock } from '../lib/clock.ts';
import { type DevicePairingAttempt, findPairingRooms, startPairing } from '../link/pairing-client.ts';
import type { AgentEnrolment } from './agent-enrolment.ts';

type Parts = {
  readonly enrolment: Pick<AgentEnrolment, 'adopt' | 'anyAddresses'>;
  readonly facts: () => DeviceFacts;
  readonly onChange: (pairing: DevicePairing) => void;
};

export type AgentPairing = {
  readonly findRooms: () => Promise<FoundRoom[]>;
  /** `address`: of a found room, or as a person typed it. An attempt before is given up. */
  readonly start: (address: string) => DevicePairing;
  readonly decide: (isSame: boolean) => DevicePairing;
  readonly cancel: () => DevicePairing;
};

export const createAgentPairing = ({ enrolment, facts, onChange }: Parts): AgentPairing => {
  let attempt: DevicePairingAttempt | null = null;
  return {
    findRooms: () => findPairingRooms(enrolment.anyAddresses()),
    start(address) {
      attempt?.cancel();
      attempt = startPairing({
        address,
        facts: facts(),
        clock: systemClock,
        onChange,
        onJoined: enrolment.adopt,
      });
      return attempt.view();
    },
    decide: (isSame) => attempt?.decide(isSame) ?? { state: 'idle' },
    cancel() {
      attempt?.cancel();
      attempt = null;
      return { state: 'idle' };
    },
  };
};
