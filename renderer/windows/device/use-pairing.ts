// How far this device's joining by pictures is, as main holds it.
import { useEffect, useState } from 'react';
import type { DevicePairing } from '../../../shared/domain/joining.ts';
import type { Result } from '../../../shared/result/result.ts';
import { call, on } from '../../lib/ipc-client.ts';

export type DevicePairingControl = {
  readonly pairing: DevicePairing;
  readonly start: (address: string) => void;
  readonly decide: (isSame: boolean) => void;
  readonly cancel: () => void;
};

export const useDevicePairing = (): DevicePairingControl => {
  const [pairing, setPairing] = useState<DevicePairing>({ state: 'idle' });
  useEffect(() => on('device:pairing', setPairing), []);
  const take = (result: Result<DevicePairing>): void =>
    setPairing(result.ok ? result.value : { state: 'failed', code: result.error.code });
  return {
    pairing,
    start: (address) => {
      setPairing({ state: 'connecting' });
      void call('device:pair', { address }).then(take);
    },
    decide: (isSame) => void call('device:decide-pairing', { isSame }).then(take),
    cancel: () => void call('device:cancel-pairing', {}).then(take),
  };
};
