// Consoles and devices find each other by multicast DNS (RFC 6762), service `_lehrpult._tcp`. What is found is a hint,
// never proof: whoever answers there still has to authenticate.
import { EventEmitter } from 'node:events';
import type { RoomId } from '../../shared/domain/ids.ts';
import { type ConsoleHint, consoleRecords, readHints, serviceType } from './discovery-records.ts';
import { type DiscoveryOptions, DiscoverySockets, repeat } from './discovery-sockets.ts';
import { createHintList } from './hint-list.ts';

export type { ConsoleHint } from './discovery-records.ts';
export type { DiscoveryOptions } from './discovery-sockets.ts';

export type DiscoveryEvents = {
  /** A console was heard: for the first time or again. Rare on a quiet network, as often as somebody likes on a hostile one. */
  hint: [hint: ConsoleHint];
  /** Whether multicast works on at least one interface; comes when that changes. */
  reachable: [isReachable: boolean, detail: string];
};

export type Advertiser = {
  readonly events: EventEmitter<DiscoveryEvents>;
  /** Says goodbye and closes. */
  readonly close: () => Promise<void>;
};

export type Browser = {
  readonly events: EventEmitter<DiscoveryEvents>;
  /** Addresses heard for a room, the most recent first. */
  readonly addressesOf: (roomId: RoomId) => readonly string[];
  /** Addresses heard for any room, the most recent first. */
  readonly allAddresses: () => readonly string[];
  /** Hints held now, at most 64. */
  readonly size: () => number;
  /** Packets and records that were ignored as malformed. */
  readonly malformed: () => number;
  readonly close: () => Promise<void>;
};

/** Waits between the first announcements or questions (RFC 6762 sections 5.2 and 8.3); the last one goes on for ever. */
const announceAfterMs = [1_000, 2_000, 20_000];
const askAfterMs = [1_000, 2_000, 6_000, 18_000, 60_000];
/** An answer goes out at most once a second and interface, however many ask (RFC 6762 section 6). */
const minAnswerIntervalMs = 1_000;
/** Tells the network where the console of this room is, until closed. Never throws for what the network does. */
export function advertiseConsole(
  console: { readonly roomId: RoomId; readonly port: number },
  options: DiscoveryOptions,
): Advertiser {
  const events = new EventEmitter<DiscoveryEvents>();
  const answeredMs = new Map<string, number>();
  const answer = (localAddress: string, isGone = false) => ({
    answers: consoleRecords({ ...console, addresses: [localAddress] }, isGone),
  });
  const announce = () => void sockets.answer((address) => answer(address));
  const sockets = new DiscoverySockets(options, {
    onReady: announce,
    onReachable: (isReachable, detail) => events.emit('reachable', isReachable, detail),
    onPacket: (packet, _sender, localAddress) => {
      if (packet.type !== 'query' || packet.questions?.some(({ name }) => name === serviceType) !== true)
        return;
      const nowMs = options.clock.nowMs();
      if (nowMs - (answeredMs.get(localAddress) ?? Number.NEGATIVE_INFINITY) < minAnswerIntervalMs) return;
      answeredMs.set(localAddress, nowMs);
      void sockets.answer((address) => answer(address), localAddress);
    },
  });
  const stopTimer = repeat(options.clock, announceAfterMs, announce);
  return {
    events,
    close: async () => {
      stopTimer();
      await sockets.answer((address) => answer(address, true));
      await sockets.close();
    },
  };
}

/** Listens for consoles, asking often at first and then once a minute. Never throws for what the network does. */
export type BrowseOptions = DiscoveryOptions & {
  /** Hints of this room go before all others when there are more than can be held. */
  readonly isOwnRoom?: (roomId: RoomId) => boolean;
  /** [0, 1). */
  readonly random?: () => number;
};

export function browseConsoles(options: BrowseOptions): Browser {
  const { clock } = options;
  const events = new EventEmitter<DiscoveryEvents>();
  const hints = createHintList({
    nowMs: clock.nowMs,
    isOwnRoom: options.isOwnRoom ?? (() => false),
    random: options.random ?? Math.random,
  });
  let malformed = 0;

  const sockets = new DiscoverySockets(options, {
    onReady: () => sockets.ask(),
    onReachable: (isReachable, detail) => events.emit('reachable', isReachable, detail),
    onPacket: (packet, sender) => {
      if (packet.type !== 'response') return;
      const read = readHints([...(packet.answers ?? []), ...(packet.additionals ?? [])], sender);
      malformed += read.malformed;
      for (const hint of read.hints) if (hints.keep(hint, sender)) events.emit('hint', hint);
    },
  });
  const stopTimer = repeat(clock, askAfterMs, () => {
    hints.forgetOld();
    sockets.ask();
  });
  return {
    events,
    addressesOf: (roomId) => hints.addresses((hint) => hint.roomId === roomId),
    allAddresses: () => [...new Set(hints.addresses(() => true))],
    size: hints.size,
    malformed: () => malformed + sockets.malformed,
    close: () => {
      stopTimer();
      return sockets.close();
    },
  };
}
