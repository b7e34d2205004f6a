// Finding each other by mDNS where the policy allows it. What is found is a hint; the link still asks for proof.
import type { RoomId } from '../../shared/domain/ids.ts';
import type { Policy } from '../../shared/settings/policy.ts';
import { systemClock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { advertiseConsole, browseConsoles } from '../link/discovery.ts';

export type ConsoleHints = {
  readonly addressesOf: (roomId: RoomId) => readonly string[];
  readonly allAddresses: () => readonly string[];
  readonly close: () => void;
};

/** Tells the network where this room's console is; `onReachable` hears whether the network lets such calls through. */
export const startAdvertising = (
  room: { readonly roomId: RoomId; readonly port: number },
  log: Log,
  onReachable: (isReachable: boolean) => void,
): (() => Promise<void>) => {
  const advertiser = advertiseConsole(room, { clock: systemClock, log });
  advertiser.events.on('reachable', (isReachable) => onReachable(isReachable));
  return advertiser.close;
};

/** Listens for consoles; without leave of the policy nothing is sent and nothing is found. */
export const findConsoles = (
  policy: Policy,
  log: Log,
  isOwnRoom: (roomId: RoomId) => boolean,
  onHint: () => void,
): ConsoleHints => {
  if (!policy.useDiscovery) return { addressesOf: () => [], allAddresses: () => [], close: () => {} };
  const browser = browseConsoles({ clock: systemClock, log, isOwnRoom });
  browser.events.on('hint', onHint);
  const { addressesOf, allAddresses } = browser;
  return { addressesOf, allAddresses, close: () => void browser.close() };
};
