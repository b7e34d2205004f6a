// The school as school IT keeps it: root, roster, rooms, the consoles that were made and tokens that wait for one. It keeps
// no key but the root's: those of teachers and rooms leave with their file.
import { z } from 'zod';
import { DisplayName, RoomId, TeacherId } from '../../shared/domain/ids.ts';
import { type Roster, SignedRoster } from '../../shared/protocol/roster.ts';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import type { KeyAndCertificate } from './identity.ts';
import {
  BoxKind,
  damaged,
  fits,
  type IdentityFailure,
  Pem,
  parseJson,
  readText,
  Sealed,
  seal,
  unseal,
  writeSecretFile,
} from './identity-file.ts';
import { readSignedRoster } from './roster.ts';
import { openSchool, type SchoolAuthority } from './school-authority.ts';
import type { SecretBox } from './secret-box.ts';
import { TokenRecord } from './token-record.ts';

const format = 'lehrpult.admin-school.1';

const AdminRoom = z.strictObject({ id: RoomId, name: DisplayName });
export type AdminRoom = z.infer<typeof AdminRoom>;

/** One teacher on one console of one room. */
const AdminConsole = z.strictObject({
  teacherId: TeacherId,
  teacherName: DisplayName,
  roomId: RoomId,
  /** null after a recovery: then they cannot be renewed, only made anew. */
  certificatePem: Pem.nullable(),
  roomAuthorityPem: Pem.nullable(),
  isRevoked: z.boolean(),
});
export type AdminConsole = z.infer<typeof AdminConsole>;

/** A token that the console of a room redeems once it has it. `teacherId`: in whose file it is; null: in nobody's yet. */
const WaitingToken = z.strictObject({ roomId: RoomId, teacherId: TeacherId.nullable(), record: TokenRecord });
export type WaitingToken = z.infer<typeof WaitingToken>;

const open = {
  name: DisplayName.nullable(),
  authorityPem: Pem,
  roster: SignedRoster,
  /** Where the newest roster is written after each change, for `policy.rosterFile`; null: nowhere. */
  rosterOut: z.string().max(1024).nullable(),
  rooms: z.array(AdminRoom).max(1_000),
  consoles: z.array(AdminConsole).max(2_000),
  tokens: z.array(WaitingToken).max(1_000),
};
const AdminFile = z.strictObject({ format: z.literal(format), box: BoxKind, ...open, sealed: Sealed });
const AdminState = z.strictObject(open);
export type AdminState = z.infer<typeof AdminState>;
const Secrets = z.strictObject({ schoolKeyPem: Pem });

export type AdminSchool = {
  readonly state: AdminState;
  readonly roster: Roster;
  readonly root: SchoolAuthority;
  /** For `signTeacherRenewal`. */
  readonly schoolKeyPem: string;
  /** `admin-busy`: the file is no longer the one that was opened; nothing is written. */
  readonly save: (next: AdminState) => Promise<Result<void, AdminStoreFailure>>;
};

export type AdminStoreFailure = IdentityFailure | AppError<'admin-busy'>;

/** The admin's school of this file, null if there is none. */
export async function openAdminSchool(
  path: string,
  box: SecretBox,
): Promise<Result<AdminSchool | null, AdminStoreFailure>> {
  const text = await readText(path);
  if (!text.ok) return text;
  const before = text.value;
  if (before === null) return ok(null);
  const file = parseJson(AdminFile, before);
  if (!file.ok) return file;
  const secrets = await unseal(box, file.value, Secrets);
  if (!secrets.ok) return secrets;
  const { format: _format, box: _box, sealed, ...state } = file.value;
  const { schoolKeyPem } = secrets.value;
  if (!fits(state.authorityPem, schoolKeyPem, null)) return damaged('does not fit: school');
  const roster = readSignedRoster(state.authorityPem, state.roster);
  if (!roster.ok) return damaged('does not fit: roster');
  return ok({
    state,
    roster: roster.value,
    root: await openSchool({ certificatePem: state.authorityPem, privateKeyPem: schoolKeyPem }),
    schoolKeyPem,
    async save(next) {
      // Two commands at once would each forget what the other did, and sign two rosters of one epoch.
      const now = await readText(path);
      if (!now.ok) return now;
      if (now.value !== before) return fail('admin-busy', 'retry');
      return writeSecretFile(path, { format, box: box.kind, ...AdminState.parse(next), sealed }, 'replace');
    },
  });
}

/** Begins the file of a school. An existing one stays: `identity-not-written`, detail `exists`. */
export async function createAdminSchool(
  path: string,
  box: SecretBox,
  school: KeyAndCertificate,
  state: Omit<AdminState, 'authorityPem'>,
): Promise<Result<void, AdminStoreFailure>> {
  const sealed = await seal(box, { schoolKeyPem: school.privateKeyPem });
  if (!sealed.ok) return sealed;
  const whole = AdminState.parse({ ...state, authorityPem: school.certificatePem });
  return writeSecretFile(path, { format, box: box.kind, ...whole, sealed: sealed.value }, 'keep');
}
