import { randomUUID, X509Certificate } from 'node:crypto';
import { beforeAll, expect, it } from 'vitest';
import { RoomId } from '../../shared/domain/ids.ts';
import {
  createKeyPair,
  createRoomAuthority,
  createSchool,
  openRoomAuthority,
  openSchool,
  type SchoolAuthority,
} from '../trust/school-authority.ts';
import { isTakenUnder } from './chain-check.ts';

const nowMs = Date.now();
const roomId = RoomId.parse(randomUUID());
let school: SchoolAuthority;
let device: { readonly certificatePem: string; readonly privateKeyPem: string };

const deviceOf = async (of: SchoolAuthority, issuedMs = nowMs) => {
  const { privateKeyPem, publicKeyDer } = await createKeyPair();
  const authority = await openRoomAuthority(
    await createRoomAuthority(of, roomId, issuedMs),
    of.certificatePem,
  );
  return { privateKeyPem, certificatePem: await authority.issueAgent(publicKeyDer, issuedMs) };
};
const isTaken = (certificatePem: string, privateKeyPem: string): Promise<boolean> =>
  isTakenUnder({ certificatePem, privateKeyPem, authorityPem: school.certificatePem, roomId });

beforeAll(async () => {
  school = await openSchool(await createSchool(nowMs));
  device = await deviceOf(school);
});

it('takes a device of the school', async () => {
  expect(await isTaken(device.certificatePem, device.privateKeyPem)).toBe(true);
});

it('refuses a device of another school', async () => {
  const other = await deviceOf(await openSchool(await createSchool(nowMs)));
  expect(await isTaken(other.certificatePem, other.privateKeyPem)).toBe(false);
});

it('refuses a device without its issuer, of the past, or with a key that does not fit', async () => {
  expect(await isTaken(new X509Certificate(device.certificatePem).toString(), device.privateKeyPem)).toBe(
    false,
  );
  const old = await deviceOf(school, nowMs - 3 * 365 * 86_400_000);
  expect(await isTaken(old.certificatePem, old.privateKeyPem)).toBe(false);
  expect(await isTaken(device.certificatePem, old.privateKeyPem)).toBe(false);
});

it('refuses a teacher, and texts that are none', async () => {
  const { privateKeyPem, publicKeyDer } = await createKeyPair();
  expect(await isTaken(await school.issueTeacher(publicKeyDer, roomId, nowMs), privateKeyPem)).toBe(false);
  expect(await isTaken('nothing', privateKeyPem)).toBe(false);
});
