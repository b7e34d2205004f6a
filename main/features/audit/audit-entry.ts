// What the logs of who did what may hold: codes, ids, times, and on the device the teacher's name, for the pupil reads it.
// Never texts of messages, pictures, or names of pupils.
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { ScreenQuality } from '../../../shared/domain/device.ts';
import { DeviceId, DisplayName, LessonId, RoomId } from '../../../shared/domain/ids.ts';

const Code = z.string().regex(/^[a-z0-9-]{1,64}$/);
const Verb = Code;

export const AuditEntry = z.discriminatedUnion('kind', [
  /** The program started; whatever was going on before ended at the latest now. */
  z.strictObject({ kind: z.literal('started') }),
  z.strictObject({ kind: z.literal('joined'), device: DeviceId, room: RoomId }),
  z.strictObject({
    kind: z.literal('watch-start'),
    by: DisplayName,
    quality: ScreenQuality.exclude(['off']),
  }),
  z.strictObject({ kind: z.literal('watch-end') }),
  z.strictObject({ kind: z.literal('locked'), by: DisplayName }),
  z.strictObject({ kind: z.literal('unlocked') }),
  z.strictObject({ kind: z.literal('command-refused'), verb: Verb.nullable(), code: Code }),
  z.strictObject({ kind: z.literal('lesson-start'), lesson: LessonId }),
  z.strictObject({ kind: z.literal('lesson-end') }),
  /** One order of the teacher's to any number of devices, and what each made of it. */
  z.strictObject({
    kind: z.literal('command'),
    verb: Verb,
    done: z.array(DeviceId).max(200),
    failed: z.array(z.strictObject({ device: DeviceId, code: Code })).max(200),
  }),
  z.strictObject({ kind: z.literal('device-joined'), device: DeviceId }),
  z.strictObject({ kind: z.literal('device-removed'), device: DeviceId }),
  z.strictObject({
    kind: z.literal('device-quarantined'),
    device: DeviceId,
    addresses: z.array(z.string().max(64)).max(8),
  }),
  z.strictObject({ kind: z.literal('device-readmitted'), device: DeviceId }),
  z.strictObject({ kind: z.literal('roster'), epoch: z.int().min(1) }),
]);
export type AuditEntry = z.infer<typeof AuditEntry>;
export type AuditKind = AuditEntry['kind'];

/** A row as it lies in the file. `at`: Unix milliseconds (UTC). `previous`, `hash`: SHA-256, hex. */
export type AuditRow = {
  readonly seq: number;
  readonly at: number;
  readonly kind: string;
  readonly body: string;
  readonly previous: string;
  readonly hash: string;
};

/** Where a chain begins that has no entry before it. */
export const noHash = '0'.repeat(64);

/** SHA-256 over all of a row but itself; each part carries its length, so that none can borrow from the next. */
export const hashOfRow = ({ seq, at, kind, body, previous }: Omit<AuditRow, 'hash'>): string => {
  const hash = createHash('sha256');
  for (const part of [String(seq), String(at), kind, body, previous]) {
    hash.update(`${Buffer.byteLength(part)}:`).update(part);
  }
  return hash.digest('hex');
};

/** Both ends of the chain: `base` is what lay before the oldest entry, `head` the newest entry. */
export type AuditEnds = {
  readonly baseSeq: number;
  readonly baseHash: string;
  readonly headSeq: number;
  readonly headHash: string;
};

/** What the log's key signs. */
export const endsText = ({ baseSeq, baseHash, headSeq, headHash }: AuditEnds): string =>
  `lehrpult audit 1 ${baseSeq} ${baseHash} ${headSeq} ${headHash}`;

export const auditSchema = `
  CREATE TABLE IF NOT EXISTS entries (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, body TEXT NOT NULL,
    previous TEXT NOT NULL, hash TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS ends (
    id INTEGER PRIMARY KEY CHECK (id = 1), baseSeq INTEGER NOT NULL, baseHash TEXT NOT NULL,
    headSeq INTEGER NOT NULL, headHash TEXT NOT NULL, signature TEXT NOT NULL, publicKey TEXT NOT NULL
  ) STRICT;
`;
