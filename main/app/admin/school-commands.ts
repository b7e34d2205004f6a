// init-school, status, export-roster: the school as a whole.
import { X509Certificate } from 'node:crypto';
import { createSchool, openSchool } from '../../trust/school-authority.ts';
import { begin, readBeginning } from './begin-school.ts';
import { type AdminCommand, done, usage } from './command.ts';
import { fileTrouble, publishFile } from './files.ts';
import { committed, roomName, withSchool } from './school.ts';

const initSchool: AdminCommand = {
  name: 'init-school',
  usage: '[--name <school>] [--roster-out <file>]',
  about: 'Makes the school: its root key and an empty list of teachers.',
  help: [
    '--name <school>       Name for the recovery sheet; it goes nowhere else.',
    '--roster-out <file>   Write the list of teachers there after each change. Best a share that all devices',
    '                      can read; name the same place as "rosterFile" in their policy.',
    '',
    'Afterwards run "export-recovery" and lock the sheet away.',
  ],
  options: { name: { type: 'string' }, 'roster-out': { type: 'string' } },
  takesOperand: false,
  async run(call) {
    const { parts } = call;
    const { isNameGood, name, rosterOut } = readBeginning(call);
    if (!isNameGood) return usage('--name: one line of at most 64 characters.');
    const nowMs = parts.wallMs();
    const keys = await createSchool(nowMs);
    const root = await openSchool(keys);
    const school = root.fingerprint;
    const roster = root.signRoster({ v: 1, school, epoch: 1, issuedAt: nowMs, teachers: [], revoked: [] });
    const state = { name, roster, rosterOut, rooms: [], consoles: [], tokens: [] };
    const begun = await begin(parts, keys, state);
    if (begun.failure !== null) return begun.failure;
    const lines = [
      'The school is made.',
      `Fingerprint: ${root.fingerprint}`,
      'Next: "export-recovery --out <file.html>", print it, lock it away, delete the file.',
    ];
    return committed({ fingerprint: root.fingerprint, rosterOut }, lines, begun.publishProblem);
  },
};

const dateOf = (pem: string): string => new X509Certificate(pem).validToDate.toISOString();

const status: AdminCommand = {
  name: 'status',
  usage: '',
  about: 'Shows the school: rooms, teachers with their keys, waiting tokens.',
  help: ['Shows nothing secret.'],
  options: {},
  takesOperand: false,
  run: ({ parts }) =>
    withSchool(parts, async ({ state, roster, root }) => {
      const nowMs = parts.wallMs();
      const teachers = state.consoles.map((one) => ({
        id: one.teacherId,
        name: one.teacherName,
        room: one.roomId,
        validTo: one.certificatePem === null ? null : dateOf(one.certificatePem),
        isRevoked: one.isRevoked,
      }));
      const tokens = state.tokens
        .filter(({ record }) => record.expiresAt > nowMs)
        .map(({ roomId, teacherId, record }) => ({
          id: record.id,
          room: roomId,
          teacher: teacherId,
          uses: record.usesLeft,
          expiresAt: new Date(record.expiresAt).toISOString(),
        }));
      const facts = {
        name: state.name,
        fingerprint: root.fingerprint,
        validTo: dateOf(state.authorityPem),
        epoch: roster.epoch,
        rosterOut: state.rosterOut,
        rooms: state.rooms,
        teachers,
        tokens,
        revoked: roster.revoked,
      };
      const lineOf = (teacher: (typeof teachers)[number]): string => {
        const until = teacher.isRevoked ? 'REVOKED' : `until ${teacher.validTo?.slice(0, 10) ?? 'unknown'}`;
        return `  ${teacher.name}, room ${roomName(state, teacher.room)}, ${until}, key ${teacher.id}`;
      };
      return done(facts, [
        `School ${state.name ?? 'without a name'}, until ${facts.validTo.slice(0, 10)}`,
        `Fingerprint ${root.fingerprint}`,
        `Roster ${roster.epoch}, ${roster.revoked.length} revoked keys, written to ${state.rosterOut ?? 'no file'}`,
        `Rooms: ${state.rooms.length}`,
        ...state.rooms.map(({ id, name }) => `  ${name}, id ${id}`),
        `Teachers: ${teachers.length}`,
        ...teachers.map(lineOf),
        `Waiting tokens: ${tokens.length}`,
        ...tokens.map(
          ({ room, uses, expiresAt }) =>
            `  room ${roomName(state, room)}, ${uses} devices, until ${expiresAt}`,
        ),
      ]);
    }),
};

const exportRoster: AdminCommand = {
  name: 'export-roster',
  usage: '--out <file>',
  about: 'Writes the signed list of teachers, for "rosterFile" in the policy.',
  help: [
    '--out <file>   Where to; an older one there is replaced. It holds nothing secret.',
    '',
    'With "init-school --roster-out" this happens by itself after each change.',
  ],
  options: { out: { type: 'string' } },
  takesOperand: false,
  async run({ parts, text }) {
    const out = text('out');
    if (out === null) return usage('--out <file> is missing.');
    return withSchool(parts, async ({ state, roster }) => {
      const written = await publishFile(out, `${JSON.stringify(state.roster)}\n`);
      if (!written.ok) return fileTrouble(out, written.error);
      return done({ epoch: roster.epoch, out }, [`Roster ${roster.epoch} written to ${out}.`]);
    });
  },
};

export const schoolCommands: readonly AdminCommand[] = [initSchool, status, exportRoster];
