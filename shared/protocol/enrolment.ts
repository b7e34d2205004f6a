// The one request by which a device joins a school, and its answer. See SPEC.md, rules LK20 and up.
import { z } from 'zod';
import { DeviceFacts } from '../domain/device.ts';
import { DisplayName, RoomId } from '../domain/ids.ts';
import { SignedRoster } from './roster.ts';

/** Plain HTTP, same port: the school authority's certificate in DER, which is public. */
export const authorityPath = '/school-authority';
/** HTTPS with server name `enrol.lehrpult.invalid`, same port. */
export const enrolmentPath = '/enrol';
export const maxEnrolmentBytes = 16 * 1024;
/** The answer holds a roster. */
export const maxEnrolmentAnswerBytes = 1024 * 1024;

const base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/);

export const EnrolmentRequest = z.strictObject({
  /** 128 bits of the token, base64url. */
  secret: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
  /** Certificate request (PKCS #10) in DER, base64. */
  request: base64.max(3_000),
  facts: DeviceFacts,
});
export type EnrolmentRequest = z.infer<typeof EnrolmentRequest>;

export const EnrolmentAnswer = z.strictObject({
  /** The device's certificate and, behind it, the one of its room's authority. */
  certificatePem: z.string().max(4_096),
  /** Who teaches: without it the device would follow nobody. */
  roster: SignedRoster,
  room: z.strictObject({ id: RoomId, name: DisplayName }),
});
export type EnrolmentAnswer = z.infer<typeof EnrolmentAnswer>;

/** Why a console takes no device; travels as `{ code }`. */
export const EnrolmentRefusal = z.enum([
  'bad-request',
  'bad-certificate-request',
  'token-unknown',
  'token-expired',
  'token-used-up',
  'too-many-tries',
]);
export type EnrolmentRefusal = z.infer<typeof EnrolmentRefusal>;
export const EnrolmentError = z.strictObject({ code: EnrolmentRefusal });
