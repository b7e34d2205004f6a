// What may be changed about a roster, as pure steps of one epoch each. Signing and handing out are for others.
import { maxRosterLength, Roster, type RosterTeacher } from '../../shared/protocol/roster.ts';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import { readSignedRoster } from './roster.ts';
import type { SchoolAuthority } from './school-authority.ts';

export type RosterChange = (roster: Roster, nowMs: number) => Roster;
export type RosterFull = AppError<'roster-full'>;

/** Teaches from now on; one with the same key is replaced. A key that was revoked stays so. */
export const withTeacher =
  (teacher: RosterTeacher): RosterChange =>
  (roster, nowMs) => ({
    ...roster,
    epoch: roster.epoch + 1,
    issuedAt: nowMs,
    teachers: [...roster.teachers.filter(({ id }) => id !== teacher.id), teacher],
  });

/** The key of a teacher or device no longer counts. */
export const withRevoked =
  (keyId: string): RosterChange =>
  (roster, nowMs) => ({
    ...roster,
    epoch: roster.epoch + 1,
    issuedAt: nowMs,
    teachers: roster.teachers.filter(({ id }) => id !== keyId),
    revoked: [...roster.revoked.filter((id) => id !== keyId), keyId],
  });

/** The changed roster, or `roster-full` if devices would refuse it for its size. Throws on a key or name that is none. */
export function changeRoster(
  roster: Roster,
  changes: readonly RosterChange[],
  nowMs: number,
): Result<Roster, RosterFull> {
  const changed = changes.reduce((before, change) => change(before, nowMs), roster);
  const parsed = Roster.safeParse(changed);
  if (parsed.success) {
    return JSON.stringify(parsed.data).length > maxRosterLength
      ? fail('roster-full', 'ask-it')
      : ok(parsed.data);
  }
  if (parsed.error.issues.every(({ code }) => code === 'too_big')) return fail('roster-full', 'ask-it');
  throw parsed.error;
}

/**
 * For a console that holds its school: the newest roster it knows with this key revoked, signed, ready to be offered to the
 * keeper. `roster`: as the keeper holds it. `not-the-school`: school IT keeps the root and has to do it.
 */
export function revokeByOwnSchool(
  identity: { readonly root: SchoolAuthority | null; readonly authorityPem: string },
  signed: Parameters<typeof readSignedRoster>[1],
  keyId: string,
  nowMs: number,
): Result<
  ReturnType<SchoolAuthority['signRoster']>,
  RosterFull | AppError<'not-the-school' | 'roster-damaged'>
> {
  if (identity.root === null) return fail('not-the-school', 'ask-it');
  const roster = readSignedRoster(identity.authorityPem, signed);
  if (!roster.ok) return fail('roster-damaged', 'ask-it', roster.error.code);
  const changed = changeRoster(roster.value, [withRevoked(keyId)], nowMs);
  return changed.ok ? ok(identity.root.signRoster(changed.value)) : changed;
}
