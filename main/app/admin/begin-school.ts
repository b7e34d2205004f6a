// How the school of a profile begins, new or brought back: its file, and the roster's place if one was named.
import { resolve } from 'node:path';
import { DisplayName } from '../../../shared/domain/ids.ts';
import { type AdminState, createAdminSchool } from '../../trust/admin-store.ts';
import type { KeyAndCertificate } from '../../trust/identity.ts';
import { type AdminParts, type CommandCall, explained, failed, type Outcome } from './command.ts';
import { publishFile } from './files.ts';
import { schoolPath } from './school.ts';

const schoolExists = (parts: AdminParts): Outcome =>
  failed(
    'school-exists',
    'This profile has a school already; nothing was changed. Use "status" to see it, or another --profile.',
    { profile: parts.profile },
  );

export type Beginning =
  /** Nothing was made. */
  { readonly failure: Outcome } | { readonly failure: null; readonly publishProblem: string | null };

/** `publishProblem`: the school is made, but the roster's place could not be written. */
export async function begin(
  parts: AdminParts,
  school: KeyAndCertificate,
  state: Omit<AdminState, 'authorityPem'>,
): Promise<Beginning> {
  const made = await createAdminSchool(schoolPath(parts), parts.box, school, state);
  if (!made.ok) {
    return { failure: made.error.detail === 'exists' ? schoolExists(parts) : explained(made.error) };
  }
  const { rosterOut, roster } = state;
  if (rosterOut === null) return { failure: null, publishProblem: null };
  const written = await publishFile(rosterOut, `${JSON.stringify(roster)}\n`);
  return { failure: null, publishProblem: written.ok ? null : rosterOut };
}

/** The name of the school and the place of the roster, as both beginnings take them. */
export function readBeginning({ text }: CommandCall) {
  const name = text('name');
  const parsed = name === null ? null : DisplayName.safeParse(name);
  const rosterOut = text('roster-out');
  return {
    isNameGood: parsed === null || parsed.success,
    name: parsed?.success === true ? parsed.data : null,
    rosterOut: rosterOut === null ? null : resolve(rosterOut),
  };
}
