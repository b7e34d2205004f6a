// export-recovery and recover: the sheet of paper with the school's key, and the way back from it.
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { DisplayName, RoomId, TeacherId } from '../../../shared/domain/ids.ts';
import { type Roster, SignedRoster } from '../../../shared/protocol/roster.ts';
import type { AdminConsole, AdminState } from '../../trust/admin-store.ts';
import { readCertificate } from '../../trust/certificate-profile.ts';
import type { KeyAndCertificate } from '../../trust/identity.ts';
import { recoverSchool, splitRecoveryText } from '../../trust/recovery.ts';
import { drawRecoverySheet } from '../../trust/recovery-sheet.ts';
import { readSignedRoster } from '../../trust/roster.ts';
import { openSchool } from '../../trust/school-authority.ts';
import { begin, readBeginning } from './begin-school.ts';
import {
  type AdminCommand,
  type AdminParts,
  type CommandCall,
  done,
  explained,
  failed,
  type Outcome,
  usage,
} from './command.ts';
import { fileTrouble, readTextFile, reserveFile } from './files.ts';
import { committed, withSchool } from './school.ts';

const minuteMs = 60_000;

const exportRecovery: AdminCommand = {
  name: 'export-recovery',
  usage: '--out <file.html> [--language de|en]',
  about: 'Writes the recovery sheet to print. It holds the key of the school in clear.',
  help: [
    '--out <file.html>   A file that does not exist yet; only you may read it. Print it, then delete it.',
    '--language de|en    Language of the sheet.',
  ],
  options: { out: { type: 'string' }, language: { type: 'string' } },
  takesOperand: false,
  async run({ parts, text }) {
    const out = text('out');
    const language = z.enum(['de', 'en']).safeParse(text('language') ?? parts.language);
    if (out === null) return usage('--out <file.html> is missing.');
    if (!language.success) return usage('--language is de or en.');
    return withSchool(parts, async ({ state, root }) => {
      const reserved = await reserveFile(out, 0o600);
      if (!reserved.ok) return fileTrouble(out, reserved.error);
      const name = state.name === null ? {} : { schoolName: state.name };
      const filled = await reserved.value.fill(drawRecoverySheet(root, { ...name, language: language.data }));
      if (!filled.ok) return fileTrouble(out, filled.error);
      return done({ out, fingerprint: root.fingerprint }, [
        `Recovery sheet written to ${out}.`,
        'Print it, lock the paper away, delete the file. Whoever has the sheet is the school.',
      ]);
    });
  },
};

/** What a file of a device or console, a teacher file or a roster on the share can contribute to a recovery. */
const KnownFile = z.object({
  authorityPem: z.string().max(8_192).optional(),
  certificatePem: z.string().max(8_192).optional(),
  roster: SignedRoster.optional(),
  roomId: RoomId.optional(),
  roomName: DisplayName.optional(),
});
type KnownFile = z.infer<typeof KnownFile>;

/** A PEM certificate, a roster, or one of the JSON files above. null: none of them. */
function readKnownFile(text: string): KnownFile | null {
  if (text.includes('-----BEGIN CERTIFICATE-----')) {
    try {
      if (!text.trimStart().startsWith('{')) return { authorityPem: new X509Certificate(text).toString() };
    } catch {
      return null;
    }
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const roster = SignedRoster.safeParse(json);
  if (roster.success) return { roster: roster.data };
  const known = KnownFile.safeParse(json);
  return known.success ? known.data : null;
}

/** Rooms and teachers of a roster, as far as names and certificates are still known. */
function stateOf(roster: Roster, from: KnownFile): Pick<AdminState, 'rooms' | 'consoles'> {
  const ids = new Set(roster.teachers.flatMap(({ rooms }) => rooms));
  if (from.roomId !== undefined) ids.add(from.roomId);
  const nameOf = (id: RoomId) =>
    id === from.roomId && from.roomName !== undefined ? from.roomName : `Room ${id.slice(0, 8)}`;
  let certificate: { id: TeacherId; pem: string } | null = null;
  if (from.certificatePem !== undefined) {
    const read = readCertificate(from.certificatePem);
    if (read.role === 'teacher') certificate = { id: TeacherId.parse(read.keyId), pem: from.certificatePem };
  }
  const consoles = roster.teachers.flatMap(({ id, name, rooms }) =>
    rooms.map(
      (roomId): AdminConsole => ({
        teacherId: id,
        teacherName: name,
        roomId,
        certificatePem: certificate?.id === id ? certificate.pem : null,
        roomAuthorityPem: null,
        isRevoked: roster.revoked.includes(id),
      }),
    ),
  );
  return { rooms: [...ids].map((id) => ({ id, name: nameOf(id) })), consoles };
}

const recoverHelp = [
  'Asks for the code of the recovery sheet on standard input: typed, or what a QR reader gives.',
  '--code-file <file>     Read the code from a file instead.',
  '--certificate <file>   The certificate of the school: a PEM file, school.json of a console or identity.json of a',
  '                       device. Not needed with the text of the QR code.',
  '--roster <file>        The newest list of teachers: the file that rosterFile names, or school.json of a console.',
  '                       Without it all teachers have to be added anew, and revoked ones are forgotten.',
  '--name <school>        Name for the next recovery sheet.',
  '--roster-out <file>    As with "init-school".',
  '',
  'No device has to join again. Revoke teachers whose computer is gone, then add them anew.',
];

/** Reads a file that was named, `{}` if none was. */
async function readNamed(path: string | null): Promise<{ known: KnownFile } | { problem: Outcome }> {
  if (path === null) return { known: {} };
  const text = await readTextFile(path);
  if (!text.ok) return { problem: fileTrouble(path, text.error) };
  const known = readKnownFile(text.value);
  if (known !== null) return { known };
  const message = `${path} is neither a certificate nor a list of teachers nor a file of a device or console.`;
  return { problem: failed('file-unknown', message, { path }) };
}

async function readCode({ parts, text }: CommandCall): Promise<{ code: string } | { problem: Outcome }> {
  const path = text('code-file');
  if (path === null) return { code: await parts.readSecret('Recovery code: ') };
  const read = await readTextFile(path);
  return read.ok ? { code: read.value } : { problem: fileTrouble(path, read.error) };
}

const recover: AdminCommand = {
  name: 'recover',
  usage:
    '[--certificate <file>] [--roster <file>] [--code-file <file>] [--name <school>] [--roster-out <file>]',
  about: 'Brings the school back from its recovery sheet.',
  help: recoverHelp,
  options: {
    certificate: { type: 'string' },
    roster: { type: 'string' },
    'code-file': { type: 'string' },
    name: { type: 'string' },
    'roster-out': { type: 'string' },
  },
  takesOperand: false,
  async run(call) {
    const { parts, text } = call;
    const { isNameGood, name, rosterOut } = readBeginning(call);
    if (!isNameGood) return usage('--name: one line of at most 64 characters.');
    const first = await readNamed(text('certificate'));
    if ('problem' in first) return first.problem;
    const second = await readNamed(text('roster'));
    if ('problem' in second) return second.problem;
    const typed = await readCode(call);
    if ('problem' in typed) return typed.problem;
    const { code, certificatePem } = splitRecoveryText(typed.code);
    const authorityPem = first.known.authorityPem ?? certificatePem ?? second.known.authorityPem;
    if (authorityPem === undefined) {
      return usage(
        'The certificate of the school is missing: give --certificate <file>, or the text of the QR code.',
      );
    }
    const keys = recoverSchool(code, authorityPem);
    if (!keys.ok) return explained(keys.error);
    const signed = second.known.roster ?? first.known.roster ?? null;
    const before = signed === null ? null : readSignedRoster(keys.value.certificatePem, signed);
    if (before !== null && !before.ok) return explained(before.error);
    return restore(
      parts,
      keys.value,
      before?.value ?? null,
      { ...second.known, ...first.known },
      { name, rosterOut },
    );
  },
};

/** Begins the file anew, with an epoch that is higher than any this school can have had. */
async function restore(
  parts: AdminParts,
  keys: KeyAndCertificate,
  before: Roster | null,
  from: KnownFile,
  beginning: Pick<AdminState, 'name' | 'rosterOut'>,
): Promise<Outcome> {
  const nowMs = parts.wallMs();
  const root = await openSchool(keys);
  const nothing: Roster = {
    v: 1,
    school: root.fingerprint,
    epoch: 1,
    issuedAt: nowMs,
    teachers: [],
    revoked: [],
  };
  // The roster at hand may not be the newest. Nobody changes one every minute for years, so minutes are always ahead.
  const epoch = Math.max((before?.epoch ?? 0) + 1, Math.floor(nowMs / minuteMs));
  const roster: Roster = { ...(before ?? nothing), epoch, issuedAt: nowMs };
  const state = { ...beginning, ...stateOf(roster, from), roster: root.signRoster(roster), tokens: [] };
  const begun = await begin(parts, keys, state);
  if (begun.failure !== null) return begun.failure;
  const facts = {
    fingerprint: root.fingerprint,
    epoch,
    teachers: roster.teachers.length,
    rosterOut: beginning.rosterOut,
  };
  const list =
    before === null
      ? 'No list of teachers was given: add every teacher anew, and revoke again what was revoked.'
      : `${roster.teachers.length} teachers and ${roster.revoked.length} revoked keys are back; "status" shows them.`;
  const lines = [
    'The school is back.',
    `Fingerprint: ${root.fingerprint}`,
    list,
    'Next: "revoke" whoever lost their computer, then "add-teacher" for them.',
  ];
  return committed(facts, lines, begun.publishProblem);
}

export const recoveryCommands: readonly AdminCommand[] = [exportRecovery, recover];
