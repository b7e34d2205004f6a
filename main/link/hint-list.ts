// What a browser of the network keeps of the consoles it has heard: few, fairly shared, for a short time. It opens no socket.
import type { RoomId } from '../../shared/domain/ids.ts';
import type { ConsoleHint } from './discovery-records.ts';

type Kept = { readonly hint: ConsoleHint; readonly sender: string; atMs: number };

export type HintListOptions = {
  readonly nowMs: () => number;
  /** Hints of this room go before all others when there are more than can be held. */
  readonly isOwnRoom: (roomId: RoomId) => boolean;
  /** [0, 1). */
  readonly random: () => number;
};

export type HintList = {
  /** False for a hint that was not taken. `sender`: the IP address it came from. */
  readonly keep: (hint: ConsoleHint, sender: string) => boolean;
  /** Addresses of hints, the most recent first. */
  readonly addresses: (isWanted: (hint: ConsoleHint) => boolean) => string[];
  readonly forgetOld: () => void;
  readonly size: () => number;
};

const maxHints = 64;
/** So that one sender cannot fill the list. */
const maxHintsPerSender = 4;
const hintLifetimeMs = 120_000;

/**
 * [Note: crowded list] Whoever shouts loudest must not keep the true console out: when the list is full, a newcomer takes the
 * place of somebody at random, and one of our own room never gives way to a stranger.
 */
export function createHintList({ nowMs, isOwnRoom, random }: HintListOptions): HintList {
  const kept = new Map<string, Kept>();
  const makeRoom = (hint: ConsoleHint): boolean => {
    if (kept.size < maxHints) return true;
    const strangers = [...kept].filter(([, entry]) => !isOwnRoom(entry.hint.roomId));
    const leaving = strangers.length > 0 || !isOwnRoom(hint.roomId) ? strangers : [...kept];
    const chosen = leaving[Math.floor(random() * leaving.length)];
    if (chosen !== undefined) kept.delete(chosen[0]);
    return chosen !== undefined;
  };
  return {
    keep(hint, sender) {
      const key = `${hint.roomId} ${hint.address}`;
      const known = kept.get(key);
      if (known !== undefined) {
        known.atMs = nowMs();
        return true;
      }
      const ofSender = [...kept.values()].filter((entry) => entry.sender === sender).length;
      if (ofSender >= maxHintsPerSender || !makeRoom(hint)) return false;
      kept.set(key, { hint, sender, atMs: nowMs() });
      return true;
    },
    addresses: (isWanted) =>
      [...kept.values()]
        .filter(({ hint }) => isWanted(hint))
        .sort((a, b) => b.atMs - a.atMs)
        .map(({ hint }) => hint.address),
    forgetOld() {
      for (const [key, { atMs }] of kept) if (nowMs() - atMs > hintLifetimeMs) kept.delete(key);
    },
    size: () => kept.size,
  };
}
