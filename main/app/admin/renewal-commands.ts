// renew-teacher: files with which consoles go on for another 90 days.
import { X509Certificate } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AdminConsole, AdminSchool, AdminState } from '../../trust/admin-store.ts';
import { isDueForRenewal, roomAuthorityLifetimeMs } from '../../trust/certificate-profile.ts';
import { signTeacherRenewal } from '../../trust/teacher-file.ts';
import { type AdminCommand, done, explained, failed, type Outcome, usage } from './command.ts';
import { fileTrouble, type ReservedFile, reserveFile } from './files.ts';
import { ambiguousTeacher, consolesFor, described, roomName, tokensFor, withSchool } from './school.ts';

/** A renewed entry and its file's text; null for a teacher whose public key is not known any more. */
async function renewalOf(school: AdminSchool, state: AdminState, entry: AdminConsole, nowMs: number) {
  const { root, schoolKeyPem } = school;
  if (entry.certificatePem === null || entry.roomAuthorityPem === null) return null;
  const keyOf = (pem: string) =>
    Uint8Array.from(new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' }));
  const isRoomDue = isDueForRenewal(entry.roomAuthorityPem, roomAuthorityLifetimeMs, nowMs);
  const roomAuthorityPem = isRoomDue
    ? await root.issueRoomAuthority(keyOf(entry.roomAuthorityPem), entry.roomId, nowMs)
    : entry.roomAuthorityPem;
  const certificatePem = await root.issueTeacher(keyOf(entry.certificatePem), entry.roomId, nowMs);
  const { records, tokens } = tokensFor(state, entry, nowMs);
  const content = {
    roomId: entry.roomId,
    roomName: roomName(state, entry.roomId),
    teacherName: entry.teacherName,
    authorityPem: state.authorityPem,
    roomAuthorityPem,
    certificatePem,
    roster: state.roster,
  };
  return {
    text: signTeacherRenewal({ content, tokens: records }, schoolKeyPem),
    entry: { ...entry, certificatePem, roomAuthorityPem },
    tokens,
  };
}

const cannotRenew = (state: AdminState, entry: AdminConsole): Outcome =>
  failed(
    'teacher-not-renewable',
    `The certificates of ${described(state, entry)} were lost with the old admin's PC. Revoke this key and add the teacher anew.`,
  );

async function renewAll(
  school: AdminSchool,
  wanted: readonly { readonly entry: AdminConsole; readonly out: string }[],
  nowMs: number,
): Promise<Outcome> {
  let state = school.state;
  const made: { out: string; text: string; entry: AdminConsole }[] = [];
  for (const { entry, out } of wanted) {
    const renewal = await renewalOf(school, state, entry, nowMs);
    if (renewal === null) return cannotRenew(state, entry);
    const consoles = state.consoles.map((one) => (one === entry ? renewal.entry : one));
    state = { ...state, consoles, tokens: renewal.tokens };
    made.push({ out, text: renewal.text, entry: renewal.entry });
  }
  const reserved: ReservedFile[] = [];
  const dropAll = async () => {
    for (const file of reserved) await file.drop();
  };
  for (const { out } of made) {
    const file = await reserveFile(out, 0o600);
    if (!file.ok) {
      await dropAll();
      return fileTrouble(out, file.error);
    }
    reserved.push(file.value);
  }
  const saved = await school.save(state);
  if (!saved.ok) {
    await dropAll();
    return explained(saved.error);
  }
  for (const [index, { out, text }] of made.entries()) {
    const filled = await reserved[index]?.fill(text);
    if (filled !== undefined && !filled.ok) return fileTrouble(out, filled.error);
  }
  const files = made.map(({ out, entry }) => ({ teacher: entry.teacherId, room: entry.roomId, out }));
  return done({ files }, [
    ...made.map(({ out, entry }) => `${described(state, entry)}: ${out}`),
    "Open each file at that teacher's PC; it needs no password and holds no secret.",
  ]);
}

const renewTeacher: AdminCommand = {
  name: 'renew-teacher',
  usage: '<key id or teacher> --out <file.lehrpult> | --all --out-dir <folder>',
  about: 'Makes a file with which a console goes on for another 90 days.',
  help: [
    '<key id or teacher>      Who; names that several have need the key id.',
    '--out <file.lehrpult>    A file that does not exist yet.',
    '--all --out-dir <dir>    One file for every teacher, named by room and key.',
    '',
    'The file holds new certificates for the same keys, the newest list of teachers, and joining codes made since. It',
    'holds no secret and needs no password; only the console with those keys can use it.',
  ],
  options: { out: { type: 'string' }, all: { type: 'boolean' }, 'out-dir': { type: 'string' } },
  takesOperand: true,
  async run({ parts, operand, text, flag }) {
    const out = text('out');
    const folder = text('out-dir');
    const isAll = flag('all');
    const isRight = isAll ? operand === null && folder !== null : operand !== null && out !== null;
    if (!isRight) return usage('Give a teacher and --out <file>, or --all and --out-dir <folder>.');
    return withSchool(parts, async (school) => {
      const { state } = school;
      const nowMs = parts.wallMs();
      if (isAll) {
        await mkdir(folder ?? '', { recursive: true });
        const fileOf = ({ roomId, teacherId }: AdminConsole) =>
          join(folder ?? '', `${roomId.slice(0, 8)}-${teacherId.slice(0, 12)}.lehrpult`);
        const living = state.consoles.filter(
          ({ isRevoked, certificatePem }) => !isRevoked && certificatePem !== null,
        );
        return renewAll(
          school,
          living.map((entry) => ({ entry, out: fileOf(entry) })),
          nowMs,
        );
      }
      const wanted = operand ?? '';
      const found = consolesFor(state, wanted);
      const [entry] = found;
      if (entry === undefined) {
        return failed(
          'teacher-unknown',
          `No teacher "${wanted}" can be renewed. "status" shows names and keys.`,
        );
      }
      if (found.length > 1) return ambiguousTeacher(state, wanted, found);
      return renewAll(school, [{ entry, out: out ?? '' }], nowMs);
    });
  },
};

export const renewalCommands: readonly AdminCommand[] = [renewTeacher];
