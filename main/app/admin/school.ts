// What the admin commands share about the school of a profile: opening it, finding rooms and teachers in it, changing it.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { DisplayName, RoomId } from '../../../shared/domain/ids.ts';
import type { Roster, SignedRoster } from '../../../shared/protocol/roster.ts';
import {
  type AdminConsole,
  type AdminRoom,
  type AdminSchool,
  type AdminState,
  openAdminSchool,
} from '../../trust/admin-store.ts';
import { maxTokenRecords, type TokenRecord } from '../../trust/token-record.ts';
import { type AdminParts, done, explained, type Facts, failed, type Outcome } from './command.ts';
import { publishFile } from './files.ts';

export const schoolPath = (parts: Pick<AdminParts, 'profile'>): string =>
  join(parts.profile, 'admin-school.json');

/** Runs `work` with the school of this profile, or says that there is none. */
export async function withSchool(
  parts: AdminParts,
  work: (school: AdminSchool) => Promise<Outcome>,
): Promise<Outcome> {
  const opened = await openAdminSchool(schoolPath(parts), parts.box);
  if (!opened.ok) return explained(opened.error);
  if (opened.value !== null) return work(opened.value);
  return failed(
    'no-school',
    'This profile has no school yet. Make one with "init-school", or bring one back with "recover".',
    { profile: parts.profile },
  );
}

const folded = (name: string): string => name.normalize('NFC').trim().toLowerCase();

/** A room by id or name; a name that is not known yet becomes a new room, an id that is not known is null. */
export function roomFor(state: AdminState, wanted: string): { room: AdminRoom; isNew: boolean } | null {
  const known = state.rooms.find(({ id, name }) => id === wanted || folded(name) === folded(wanted));
  if (known !== undefined) return { room: known, isNew: false };
  const name = DisplayName.safeParse(wanted);
  if (!name.success || RoomId.safeParse(wanted).success) return null;
  return { room: { id: RoomId.parse(randomUUID()), name: name.data }, isNew: true };
}

export const unknownRoom = (wanted: string): Outcome =>
  failed(
    'room-unknown',
    `There is no room "${wanted}". Give the name of a room, or an id that "status" shows.`,
  );

/** Teachers who are not revoked, by key id or name. */
export const consolesFor = (state: AdminState, wanted: string): AdminConsole[] =>
  state.consoles.filter(
    ({ teacherId, teacherName, isRevoked }) =>
      !isRevoked && (teacherId === wanted || folded(teacherName) === folded(wanted)),
  );

export const roomName = (state: AdminState, id: RoomId): string =>
  state.rooms.find((room) => room.id === id)?.name ?? id;

/** One line for a teacher, with what tells two of the same name apart. */
export const described = (state: AdminState, { teacherId, teacherName, roomId }: AdminConsole): string =>
  `${teacherName}, room ${roomName(state, roomId)}, key ${teacherId}`;

export const ambiguousTeacher = (
  state: AdminState,
  wanted: string,
  found: readonly AdminConsole[],
): Outcome =>
  failed(
    'teacher-ambiguous',
    [
      `There are ${found.length} teachers "${wanted}". Name the key instead, or use --all:`,
      ...found.map((one) => `  ${described(state, one)}`),
    ].join('\n'),
    { teachers: found.map(({ teacherId }) => teacherId) },
  );

/** The tokens that go into this teacher's file: those given to it before, and those of the room that nobody has. */
export function tokensFor(
  state: AdminState,
  teacher: Pick<AdminConsole, 'teacherId' | 'roomId'>,
  nowMs: number,
): { readonly records: TokenRecord[]; readonly tokens: AdminState['tokens'] } {
  const isFor = ({ roomId, teacherId }: AdminState['tokens'][number]): boolean =>
    roomId === teacher.roomId && (teacherId === null || teacherId === teacher.teacherId);
  const open = state.tokens.filter(({ record }) => record.expiresAt > nowMs);
  const given = new Set(open.filter(isFor).slice(-maxTokenRecords));
  return {
    records: [...given].map(({ record }) => record),
    tokens: open.map((token) => (given.has(token) ? { ...token, teacherId: teacher.teacherId } : token)),
  };
}

export type Commit =
  /** Nothing was changed. */
  | { readonly failure: Outcome }
  | { readonly failure: null; readonly signed: SignedRoster; readonly publishProblem: string | null };

/**
 * Makes a change true: signs the roster, saves the school with it, and writes it to the place named by --roster-out.
 * `publishProblem`: that place could not be written; the change holds nevertheless.
 */
export async function commit(school: AdminSchool, next: AdminState, roster: Roster): Promise<Commit> {
  const signed = school.root.signRoster(roster);
  const saved = await school.save({ ...next, roster: signed });
  if (!saved.ok) return { failure: explained(saved.error) };
  const { rosterOut } = next;
  if (rosterOut === null) return { failure: null, signed, publishProblem: null };
  const written = await publishFile(rosterOut, `${JSON.stringify(signed)}\n`);
  return { failure: null, signed, publishProblem: written.ok ? null : rosterOut };
}

/** The outcome of a change that holds: done, or failed if devices cannot hear of it from the usual place. */
export function committed(facts: Facts, lines: readonly string[], publishProblem: string | null): Outcome {
  if (publishProblem === null) return done(facts, lines);
  const advice =
    `The change is made, but the roster could not be written to ${publishProblem}, so devices do not know of it yet. ` +
    'Run "export-roster --out <file>" and lay that file where their policy\'s rosterFile points to.';
  return failed('roster-not-written', [...lines, advice].join('\n'), { ...facts, rosterOut: publishProblem });
}
