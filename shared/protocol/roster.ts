// The school's roster: who teaches where, and which keys no longer count. The root signs its exact text. See SPEC.md.
import { z } from 'zod';
import { DisplayName, RoomId, TeacherId } from '../domain/ids.ts';

/** SHA-256 of a public key (SubjectPublicKeyInfo) or of a certificate in DER, 64 lower-case hex digits. */
const Digest = z.string().regex(/^[0-9a-f]{64}$/);

export const maxRosterLength = 200_000;
export const maxRosterTeachers = 500;
export const maxTeacherRooms = 100;
export const maxRevokedKeys = 2_000;

export const RosterTeacher = z.strictObject({
  id: TeacherId,
  name: DisplayName,
  rooms: z.array(RoomId).min(1).max(maxTeacherRooms),
});
export type RosterTeacher = z.infer<typeof RosterTeacher>;

export const Roster = z.strictObject({
  v: z.literal(1),
  /** SHA-256 of the root's certificate. */
  school: Digest,
  /** Counts up by one with every change; the highest wins. */
  epoch: z.int().min(1),
  /** Unix milliseconds, for people only: nothing is decided by it. */
  issuedAt: z.int().min(0),
  /** Who is not listed does not teach. */
  teachers: z.array(RosterTeacher).max(maxRosterTeachers),
  /** Keys of teachers and devices that no longer count. */
  revoked: z.array(Digest).max(maxRevokedKeys),
});
export type Roster = z.infer<typeof Roster>;

export const SignedRoster = z.strictObject({
  /** A `Roster` as JSON; what is signed is this text's UTF-8, not what it parses to. */
  text: z.string().max(maxRosterLength),
  /** ES256 by the root's key: r and s of 32 bytes each (IEEE P1363), base64url. */
  signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/),
});
export type SignedRoster = z.infer<typeof SignedRoster>;
