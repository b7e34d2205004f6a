// Finding each other by mDNS: hints only, where the policy allows them.
import type { RoomId } from '../../shared/domain/ids.ts';
import type { Policy } from '../../shared/settings/policy.ts';
import type { Log } from '../lib/log.ts';

export type ConsoleHints = { readonly addressesOf: (roomId: RoomId) => string[]; readonly close: () => void };

export const advertiseConsole =
  (
    _service: { readonly roomId: RoomId; readonly port: number; readonly policy: Policy; readonly log: Log },
    _onNoMulticast: () => void,
  ): (() => void) =>
  () => {};

export const findConsoles = (_policy: Policy, _log: Log, _onHint: () => void): ConsoleHints => ({
  addressesOf: () => [],
  close: () => {},
});
