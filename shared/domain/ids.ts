// Identifiers of the domain. They are branded so that one kind cannot be passed for another.
import { z } from 'zod';

/** SHA-256 of the device's public key (SubjectPublicKeyInfo), 64 lower-case hex digits. Never a name or address. */
export const DeviceId = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .brand<'DeviceId'>();
export type DeviceId = z.infer<typeof DeviceId>;

/** SHA-256 of a teacher's public key, 64 lower-case hex digits. */
export const TeacherId = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .brand<'TeacherId'>();
export type TeacherId = z.infer<typeof TeacherId>;

/** A room's stable id (UUID); its name may change. */
export const RoomId = z.uuid().brand<'RoomId'>();
export type RoomId = z.infer<typeof RoomId>;

export const LessonId = z.uuid().brand<'LessonId'>();
export type LessonId = z.infer<typeof LessonId>;

export const LockId = z.uuid().brand<'LockId'>();
export type LockId = z.infer<typeof LockId>;

export const PresentationId = z.uuid().brand<'PresentationId'>();
export type PresentationId = z.infer<typeof PresentationId>;

/** A name shown to people: one line, no control or direction-changing characters, 1 to 64 characters. */
export const DisplayName = z
  .string()
  .trim()
  .min(1)
  .max(64)
  .regex(/^[^\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]*$/u);

/** Text for pupils (lock, message): up to 500 characters, line breaks allowed. */
export const PupilText = z
  .string()
  .max(500)
  .regex(/^(?:\n|[^\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069])*$/u);
