// renew-teacher: files with which consoles go on for another 90 days.
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import type { AdminConsole, AdminSchool, AdminState } from '../../trust/admin-store.ts';
import { isDueForRenewal, roomAuthorityLifetimeMs } from '../../trust/certificate-profile.ts';
import { renewalFileName, signTeacherRenewal } from '../../trust/teacher-file.ts';
import { type AdminCommand, done, explained, failed, type Outcome, usage } from './command.ts';
import { fileTrouble, publishFile, reserveFile } from './files.ts';
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

type Renewal = { readonly entry: AdminConsole; readonly text: string };

/** Renewals for these teachers and the state that knows of them; nothing is saved. */
async function makeRenewals(
  school: AdminSchool,
  wanted: readonly AdminConsole[],
  nowMs: number,
): Promise<{ state: AdminState; made: Renewal[] } | { problem: Outcome }> {
  let state = school.state;
  const made: Renewal[] = [];
  for (const entry of wanted) {
    const renewal = await renewalOf(school, state, entry, nowMs);
    if (renewal === null) return { problem: cannotRenew(state, entry) };
    const consoles = state.consoles.map((one) => (one === entry ? renewal.entry : one));
    state = { ...state, consoles, tokens: renewal.tokens };
    made.push({ text: renewal.text, entry: renewal.entry });
  }
  return { state, made };
}

const renewedFiles = (state: AdminState, files: readonly { entry: AdminConsole; out: string }[]): Outcome =>
  done({ files: files.map(({ out, entry }) => ({ teacher: entry.teacherId, room: entry.roomId, out })) }, [
    ...files.map(({ out, entry }) => `${described(state, entry)}: ${out}`),
    "Open each file at that teacher's PC; it needs no password and holds no secret.",
  ]);

/** One new file that a person carries. */
async function renewOne(
  school: AdminSchool,
  entry: AdminConsole,
  out: string,
  nowMs: number,
): Promise<Outcome> {
  const renewals = await makeRenewals(school, [entry], nowMs);
  if ('problem' in renewals) return renewals.problem;
  const reserved = await reserveFile(out, 0o600);
  if (!reserved.ok) return fileTrouble(out, reserved.error);
  const saved = await school.save(renewals.state);
  if (!saved.ok) {
    await reserved.value.drop();
    return explained(saved.error);
  }
  const filled = await reserved.value.fill(renewals.made[0]?.text ?? '');
  return filled.ok ? renewedFiles(renewals.state, [{ entry, out }]) : fileTrouble(out, filled.error);
}

/** A folder that is filled again and again, for consoles to read by themselves; older files in it are replaced. */
async function renewAll(school: AdminSchool, folder: string, nowMs: number): Promise<Outcome> {
  const living = school.state.consoles.filter(
    ({ isRevoked, certificatePem }) => !isRevoked && certificatePem !== null,
  );
  const renewals = await makeRenewals(school, living, nowMs);
  if ('problem' in renewals) return renewals.problem;
  const saved = await school.save(renewals.state);
  if (!saved.ok) return explained(saved.error);
  const files = renewals.made.map((one) => ({ ...one, out: join(folder, renewalFileName(one.entry)) }));
  for (const { out, text } of files) {
    const written = await publishFile(out, text);
    if (!written.ok) return fileTrouble(out, written.error);
  }
  return renewedFiles(renewals.state, files);
}

const renewTeacher: AdminCommand = {
  name: 'renew-teacher',
  usage: '<key id or teacher> --out <file.lehrpult> | --all --out-dir <folder>',
  about: 'Makes a file with which a console goes on for another 90 days.',
  help: [
    '<key id or teacher>      Who; names that several have need the key id.',
    '--out <file.lehrpult>    A file that does not exist yet.',
    '--all --out-dir <dir>    One file for every teacher, named by room and key; older ones there are replaced. On a',
    '                         share that consoles read it renews them without anybody going there.',
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
      if (isAll) return renewAll(school, folder ?? '', nowMs);
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
      return renewOne(school, entry, out ?? '', nowMs);
    });
  },
};

export const renewalCommands: readonly AdminCommand[] = [renewTeacher];
