// The roster as a device or console knows it: takes newer ones of its own school, refuses all others, answers who counts.
// It does not fetch rosters and ends no connection; whoever listens to `onChange` does.
import { X509Certificate } from 'node:crypto';
import type { RoomId, TeacherId } from '../../shared/domain/ids.ts';
import { maxRosterLength, Roster, SignedRoster } from '../../shared/protocol/roster.ts';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import type { Log } from '../lib/log.ts';
import { fingerprintOf } from './certificate-profile.ts';
import { createSigner, verifySignature } from './command-signature.ts';

/** `roster-damaged` is said only of a text whose signature is genuine. */
export type RosterRefusal = AppError<
  'roster-signature' | 'roster-old' | 'roster-other-school' | 'roster-damaged'
>;

export type RosterKeeper = {
  /** null until the first roster came. */
  readonly current: () => Roster | null;
  /** The same as it was signed, to be passed on. */
  readonly signed: () => SignedRoster | null;
  /** `known`: exactly this one is in force. Another text of the epoch in force is refused as `roster-old`. */
  readonly offer: (signed: SignedRoster) => Result<'taken' | 'known', RosterRefusal>;
  /** False unless the roster lists the teacher for this room and does not revoke the key; false without a roster. */
  readonly allowsTeacher: (id: TeacherId, room: RoomId) => boolean;
  /** `keyId`: SHA-256 of the public key of a teacher or device. False without a roster. */
  readonly isRevoked: (keyId: string) => boolean;
  /** Calls back after each roster that was taken; gives the way to end that. */
  readonly onChange: (listener: (roster: Roster) => void) => () => void;
};

export type RosterKeeperOptions = {
  /** Certificate of the school's root. */
  readonly authorityPem: string;
  /** What was kept; it is checked like any other. null: nothing yet. */
  readonly stored: SignedRoster | null;
  readonly save: (signed: SignedRoster) => void;
  readonly log: Log;
};

/**
 * Signs a roster with the root's key. Throws on a roster that breaks its schema or is longer than 200,000 characters:
 * whoever changes one has checked that before.
 */
export function signRoster(rosterKeyPem: string, roster: Roster): SignedRoster {
  const text = JSON.stringify(Roster.parse(roster));
  if (text.length > maxRosterLength) throw new Error('roster is too long');
  return { text, signature: createSigner(rosterKeyPem)(text) };
}

/**
 * The roster in a signed text if root and school fit. `authorityPem`: certificate of the root. The signature is judged
 * before anything of the text is believed.
 */
export function readSignedRoster(authorityPem: string, signed: SignedRoster): Result<Roster, RosterRefusal> {
  const authority = new X509Certificate(authorityPem);
  const form = SignedRoster.safeParse(signed);
  if (!form.success) return fail('roster-signature', 'ask-it', 'form');
  const isGenuine = verifySignature(authority.publicKey, form.data.text, form.data.signature);
  const roster = parseRoster(form.data.text);
  const isOther = roster !== null && roster.school !== fingerprintOf(authority.raw);
  // Of a text that is not ours only the refusal's name is taken: it tells a wrong file from a forged one.
  if (isOther) return fail('roster-other-school', 'ask-it');
  if (!isGenuine) return fail('roster-signature', 'ask-it');
  return roster === null ? fail('roster-damaged', 'ask-it') : ok(roster);
}

function parseRoster(text: string): Roster | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = Roster.safeParse(json);
  return parsed.success ? parsed.data : null;
}

type Held = { readonly signed: SignedRoster; readonly roster: Roster; readonly revoked: ReadonlySet<string> };

/** See `RosterKeeper`. Throws if `authorityPem` is no certificate. */
export function createRosterKeeper(options: RosterKeeperOptions): RosterKeeper {
  const { authorityPem, log } = options;
  const listeners = new Set<(roster: Roster) => void>();
  let held: Held | null = null;
  const hold = (signed: SignedRoster, roster: Roster) => {
    held = { signed, roster, revoked: new Set(roster.revoked) };
  };

  if (options.stored !== null) {
    const kept = readSignedRoster(authorityPem, options.stored);
    if (kept.ok) hold(options.stored, kept.value);
    // Without it no teacher is allowed until a genuine one comes: the safe side.
    else log.error('roster.stored-refused', { reason: kept.error.code });
  }

  const refused = (error: RosterRefusal): Result<never, RosterRefusal> => {
    log.warn('roster.refused', { reason: error.code });
    return { ok: false, error };
  };
  const isRevoked = (keyId: string): boolean => held?.revoked.has(keyId) ?? false;
  const teaches = (id: TeacherId, room: RoomId): boolean =>
    held?.roster.teachers.some((teacher) => teacher.id === id && teacher.rooms.includes(room)) ?? false;

  return {
    current: () => held?.roster ?? null,
    signed: () => held?.signed ?? null,
    offer(signed) {
      if (held !== null && signed.text === held.signed.text) {
        // Compared as text: the same roster signed once more says nothing new.
        return ok('known');
      }
      const read = readSignedRoster(authorityPem, signed);
      if (!read.ok) return refused(read.error);
      const epoch = held?.roster.epoch ?? 0;
      if (read.value.epoch === epoch) log.error('roster.forked', { epoch });
      if (read.value.epoch <= epoch) return refused({ code: 'roster-old', retry: 'none' });
      hold(signed, read.value);
      options.save(signed);
      log.info('roster.taken', { epoch: read.value.epoch });
      for (const listener of listeners) listener(read.value);
      return ok('taken');
    },
    allowsTeacher: (id, room) => !isRevoked(id) && teaches(id, room),
    isRevoked,
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
