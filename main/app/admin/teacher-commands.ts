import { DisplayName, TeacherId } from '../../../shared/domain/ids.ts';
import type { AdminConsole, AdminRoom, AdminSchool, AdminState } from '../../trust/admin-store.ts';
import { keyIdOf, readCertificate } from '../../trust/certificate-profile.ts';
import { changeRoster, withRevoked, withTeacher } from '../../trust/roster-changes.ts';
import { createKeyPair, createRoomAuthority } from '../../trust/school-authority.ts';
import { minPasswordLength, sealTeacherFile } from '../../trust/teacher-file.ts';
import {
  type AdminCommand,
  type CommandCall,
  done,
  explained,
  failed,
  type Outcome,
  usage,
} from './command.ts';
import { fileTrouble, readTextFile, reserveFile } from './files.ts';
import {
  ambiguousTeacher,
  commit,
  committed,
  consolesFor,
  described,
  roomFor,
  tokensFor,
  unknownRoom,
  withSchool,
} from './school.ts';

async function readPassword({
  parts,
  text,
}: CommandCall): Promise<{ password: string } | { problem: Outcome }> {
  const path = text('password-file');
  let password: string;
  if (path === null) password = await parts.readSecret('Password for the teacher file: ');
  else {
    const read = await readTextFile(path);
    if (!read.ok) return { problem: fileTrouble(path, read.error) };
    password = read.value.split(/\r?\n/, 1)[0] ?? '';
  }
  if (password.length >= minPasswordLength) return { password };
  const message = `The password has less than ${minPasswordLength} characters. Choose a longer one, best several words.`;
  return { problem: failed('password-too-short', message) };
}

type NewTeacher = {
  readonly name: string;
  readonly room: AdminRoom;
  readonly out: string;
  readonly password: string;
};

/** Makes keys, certificates and the file. The keys exist nowhere else when it is done. */
async function makeTeacher(
  school: AdminSchool,
  { name, room, out, password }: NewTeacher,
  nowMs: number,
): Promise<Outcome> {
  const { state, root, roster } = school;
  const { privateKeyPem: teacherKeyPem, publicKeyDer } = await createKeyPair();
  const authority = await createRoomAuthority(root, room.id, nowMs);
  const teacherId = TeacherId.parse(keyIdOf(publicKeyDer));
  const changed = changeRoster(roster, [withTeacher({ id: teacherId, name, rooms: [room.id] })], nowMs);
  if (!changed.ok) return explained(changed.error);
  const entry: AdminConsole = {
    teacherId,
    teacherName: name,
    roomId: room.id,
    certificatePem: await root.issueTeacher(publicKeyDer, room.id, nowMs),
    roomAuthorityPem: authority.certificatePem,
    isRevoked: false,
  };
  const { records, tokens } = tokensFor(state, entry, nowMs);
  const isKnownRoom = state.rooms.some(({ id }) => id === room.id);
  const rooms = isKnownRoom ? state.rooms : [...state.rooms, room];
  const reserved = await reserveFile(out, 0o600);
  if (!reserved.ok) return fileTrouble(out, reserved.error);
  const commitment = await commit(
    school,
    { ...state, rooms, tokens, consoles: [...state.consoles, entry] },
    changed.value,
  );
  if (commitment.failure !== null) {
    await reserved.value.drop();
    return commitment.failure;
  }
  const content = {
    roomId: room.id,
    roomName: room.name,
    teacherName: name,
    authorityPem: state.authorityPem,
    roomAuthorityPem: authority.certificatePem,
    certificatePem: entry.certificatePem ?? '',
    roster: commitment.signed,
  };
  const keys = { teacherKeyPem, roomAuthorityKeyPem: authority.privateKeyPem };
  const filled = await reserved.value.fill(
    await sealTeacherFile({ content, keys, tokens: records }, password),
  );
  if (!filled.ok) return fileTrouble(out, filled.error);
  const facts = {
    teacher: teacherId,
    room: room.id,
    isNewRoom: !isKnownRoom,
    out,
    tokens: records.length,
    epoch: changed.value.epoch,
  };
  const lines = [
    `${name} teaches in room ${room.name}${isKnownRoom ? '' : ' (a new room)'}.`,
    `Key ${teacherId}`,
    `Teacher file: ${out}${records.length === 0 ? '' : `, with ${records.length} joining codes`}. Open it at that teacher's PC and tell them the password another way.`,
  ];
  return committed(facts, lines, commitment.publishProblem);
}

const addTeacher: AdminCommand = {
  name: 'add-teacher',
  usage: '--room <name or id> --name <teacher> --out <file.lehrpult> [--password-file <file>]',
  about: "Makes the teacher file for one teacher's PC in one room.",
  help: [
    '--room <name or id>      A name that is not known yet makes a new room.',
    '--name <teacher>         The name that pupils read.',
    '--out <file.lehrpult>    A file that does not exist yet.',
    '--password-file <file>   The first line of this file is the password. Without it, it is read from standard input.',
    '',
    'The password seals the file. The keys in it are kept nowhere else: a lost file is replaced by a new teacher.',
    'A teacher with two rooms or PCs gets a file for each.',
    'Example: lehrpult admin add-teacher --room "Room 204" --name "Ms Smith" --out smith-204.lehrpult',
  ],
  options: {
    room: { type: 'string' },
    name: { type: 'string' },
    out: { type: 'string' },
    'password-file': { type: 'string' },
  },
  takesOperand: false,
  async run(call) {
    const { parts, text } = call;
    const room = text('room');
    const out = text('out');
    const name = DisplayName.safeParse(text('name'));
    if (room === null || out === null) return usage('--room and --out are needed.');
    if (!name.success) return usage('--name is needed: one line of at most 64 characters.');
    return withSchool(parts, async (school) => {
      const found = roomFor(school.state, room);
      if (found === null) return unknownRoom(room);
      const read = await readPassword(call);
      if ('problem' in read) return read.problem;
      const wish = { name: name.data, room: found.room, out, password: read.password };
      return makeTeacher(school, wish, parts.wallMs());
    });
  },
};

/** The keys that a person means: one named by its digits, or those of a teacher. */
function keysMeant(
  state: AdminState,
  wanted: string,
  isAll: boolean,
): { keys: string[] } | { problem: Outcome } {
  if (/^[0-9a-f]{64}$/.test(wanted)) return { keys: [wanted] };
  const found = consolesFor(state, wanted);
  const keys = [...new Set(found.map(({ teacherId }) => teacherId))];
  if (keys.length > 1 && !isAll) return { problem: ambiguousTeacher(state, wanted, found) };
  if (keys.length > 0) return { keys };
  const message = `No teacher "${wanted}" can be revoked. "status" shows names and keys.`;
  return { problem: failed('teacher-unknown', message) };
}

/** The keys with which the PCs of these teachers let devices into their rooms. */
const roomKeysOf = (state: AdminState, teachers: readonly string[]): string[] =>
  state.consoles.flatMap(({ teacherId, roomAuthorityPem }) =>
    teachers.includes(teacherId) && roomAuthorityPem !== null
      ? [readCertificate(roomAuthorityPem).keyId]
      : [],
  );

async function revokeKeys(school: AdminSchool, keys: readonly string[], nowMs: number): Promise<Outcome> {
  const { state, roster } = school;
  const fresh = [...new Set(keys)].filter((key) => !roster.revoked.includes(key));
  if (fresh.length === 0) {
    return done({ revoked: [], epoch: roster.epoch }, ['This key was revoked before.']);
  }
  const changed = changeRoster(roster, fresh.map(withRevoked), nowMs);
  if (!changed.ok) return explained(changed.error);
  const consoles = state.consoles.map((one) =>
    fresh.includes(one.teacherId) ? { ...one, isRevoked: true } : one,
  );
  // Codes in a revoked teacher's file are for nobody else, for they may be used there still.
  const tokens = state.tokens.filter(({ teacherId }) => teacherId === null || !fresh.includes(teacherId));
  const commitment = await commit(school, { ...state, consoles, tokens }, changed.value);
  if (commitment.failure !== null) return commitment.failure;
  const { epoch } = changed.value;
  const lineOf = (key: string): string => {
    const teacher = state.consoles.find(({ teacherId }) => teacherId === key);
    return `Revoked: ${teacher === undefined ? `key ${key}` : described(state, teacher)}`;
  };
  const place = state.rosterOut === null ? 'ready for "export-roster"' : `written to ${state.rosterOut}`;
  const lines = [...fresh.map(lineOf), `Roster ${epoch} is ${place}.`];
  return committed({ revoked: fresh, epoch }, lines, commitment.publishProblem);
}

const revoke: AdminCommand = {
  name: 'revoke',
  usage: '<key id or teacher> [--all] [--room-key]',
  about: 'Takes the right of a teacher or device: nobody follows or admits this key any more.',
  help: [
    '<key id or teacher>   64 hex digits of a teacher or device, or the name of a teacher.',
    '--all                 All teachers of this name.',
    '--room-key            Also the key with which that PC let devices in: for a PC that was stolen. Devices that joined',
    '                      there have to join anew.',
    '',
    'Devices know of it as soon as they read the roster: from rosterFile, or from any other console of their room.',
    'It cannot be taken back; add the teacher anew.',
  ],
  options: { all: { type: 'boolean' }, 'room-key': { type: 'boolean' } },
  takesOperand: true,
  async run({ parts, operand, flag }) {
    if (operand === null) return usage('Whom? Give a key id or the name of a teacher.');
    return withSchool(parts, async (school) => {
      const meant = keysMeant(school.state, operand, flag('all'));
      if ('problem' in meant) return meant.problem;
      const roomKeys = flag('room-key') ? roomKeysOf(school.state, meant.keys) : [];
      return revokeKeys(school, [...meant.keys, ...roomKeys], parts.wallMs());
    });
  },
};

export const teacherCommands: readonly AdminCommand[] = [addTeacher, revoke];
