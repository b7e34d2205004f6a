// Joining by hand with somebody on the way who lies, swaps or repeats: never a certificate, never anything kept.
import { generateKeyPairSync } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { PairingService } from '../../../main/link/pairing-service.ts';
import { fetchAuthority } from '../../../main/link/school-door.ts';
import { enrolmentServerName } from '../../../main/trust/certificate-profile.ts';
import type { PublicKeyDer } from '../../../main/trust/school-authority.ts';
import type { EnrolmentAnswer } from '../../../shared/protocol/enrolment.ts';
import { ok } from '../../../shared/result/result.ts';
import { makeSchool, newRoom, type TestSchool } from '../link/classroom.ts';
import {
  ask,
  codeOf,
  helloBody,
  openPairingStage,
  openProxy,
  type PairingStage,
  reached,
  type StageOptions,
} from './stage.ts';

vi.setConfig({ testTimeout: 30_000 });

let stage: PairingStage;
const cleanups: (() => unknown)[] = [];
const open = async (options?: StageOptions): Promise<PairingStage> => {
  const opened = await openPairingStage(options);
  cleanups.push(opened.close);
  opened.desk.open();
  return opened;
};
beforeEach(async () => {
  stage = await open();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const nonce = Buffer.alloc(32, 7).toString('base64url');
const post = (path: string, body: object | string) =>
  ask(stage.port, 'POST', `/pairing${path}`, typeof body === 'string' ? body : JSON.stringify(body));

/**
 * Somebody in between: a console of a school of its own towards the device, a device towards the real console. Towards
 * the real console it repeats the number of the device. `isRelaying`: it reveals the real console's number as well.
 */
const middle = (isRelaying: boolean): StageOptions => ({
  service:
    (honest): PairingService =>
    async (request) => {
      if (!request.path.endsWith('/nonce')) return honest(request);
      const { id } = (await post('', await helloBody())).json;
      const real = await post(`/${id}/nonce`, JSON.parse(String(request.body)));
      const own = await honest(request);
      return isRelaying ? ok(real.json) : own;
    },
});

it('[LK42] shows different pictures when somebody in between has a school of its own', async () => {
  const attacker = await open(middle(false));
  const victim = attacker.device();
  expect(await reached(victim, 'comparing')).toBe('comparing');
  expect(stage.request().state).toBe('comparing');
  expect(codeOf(victim)).not.toEqual(stage.request().code);
  // The pupil says yes without looking, the teacher looks: nobody has joined the real school.
  victim.attempt.decide(true);
  stage.desk.decide(stage.request().id, false);
  expect(stage.enrolled).toEqual([]);
});

it('[LK42] aborts when somebody in between passes the number of the real console on', async () => {
  const attacker = await open(middle(true));
  const victim = attacker.device();
  await reached(victim, 'failed');
  expect(victim.attempt.view()).toEqual({ state: 'failed', code: 'pairing-changed' });
  expect([...victim.kept, ...stage.enrolled]).toEqual([]);
});

it('[LK42] aborts when the console reveals another number than it has committed itself to', async () => {
  const liar = await open({ desk: (desk) => ({ ...desk, exchange: () => ok({ nonce }) }) });
  const device = liar.device();
  await reached(device, 'failed');
  expect(device.attempt.view()).toEqual({ state: 'failed', code: 'pairing-changed' });
  expect(device.kept).toEqual([]);
});

it.each([
  ['of another school', false],
  ['of another teacher of the same school', true],
])('[LK42] aborts when a console %s answers after the first step', async (_whose, isSameSchool) => {
  const other = await open(isSameSchool ? { school: stage.school } : {});
  const proxy = await openProxy(stage.port);
  cleanups.push(proxy.close);
  const device = stage.device({ address: proxy.address });
  await reached(device, 'comparing');
  proxy.lead(other.port);
  device.attempt.decide(true);
  await reached(device, 'failed');
  expect(device.attempt.view()).toEqual({ state: 'failed', code: 'pairing-changed' });
  expect([...device.kept, ...stage.enrolled, ...other.enrolled]).toEqual([]);
  expect(other.desk.view().requests).toEqual([]);
});

const otherKey = (): PublicKeyDer =>
  Uint8Array.from(
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'der' }),
  );
const issued = async (school: TestSchool, key: PublicKeyDer, room = newRoom()): Promise<string> =>
  (await school.roomAuthority(room)).issueAgent(key, Date.now());
const badAnswers: readonly (readonly [string, NonNullable<StageOptions['issue']>])[] = [
  [
    'for another key',
    async (_key, good, school) => ({ certificatePem: await issued(school, otherKey(), good.room) }),
  ],
  [
    'of a teacher',
    async (key, good, school) => ({
      certificatePem: await school.issueTeacher(key, good.room.id, Date.now()),
    }),
  ],
  ['for another room', async (key, _good, school) => ({ certificatePem: await issued(school, key) })],
  [
    'of another school, for the room',
    async (key, good) => ({ certificatePem: await issued(await makeSchool(), key, good.room) }),
  ],
  [
    'without its issuer',
    async (_key, { certificatePem }) => ({
      certificatePem: `${certificatePem.split('-----END')[0]}-----END CERTIFICATE-----\n`,
    }),
  ],
  [
    'that has long expired',
    async (key, good, school) => ({ certificatePem: await longAgo(school, key, good) }),
  ],
  ['that is none', async () => ({ certificatePem: 'certificate' })],
  ['under another room name', async (_key, { room }) => ({ room: { ...room, name: 'Raum 13' } })],
  ['with the roster of another school', async () => ({ roster: (await makeSchool()).roster() })],
];
const longAgo = async (school: TestSchool, key: PublicKeyDer, { room }: EnrolmentAnswer): Promise<string> =>
  (await school.roomAuthority(room)).issueAgent(key, Date.now() - 3 * 365 * 86_400_000);

it.each(badAnswers)('[LK42] keeps nothing when it gets a certificate %s', async (_what, issue) => {
  const bad = await open({ issue });
  const device = bad.device();
  await reached(device, 'comparing');
  bad.desk.decide(bad.request().id, true);
  device.attempt.decide(true);
  expect(await reached(device, 'failed')).toBe('failed');
  expect(device.attempt.view()).toHaveProperty(
    'code',
    expect.stringMatching(/^(bad-answer|pairing-changed)$/),
  );
  expect(device.kept).toEqual([]);
});

it('[LK42] takes one number of a device only, however late the second comes', async () => {
  const { id } = (await post('', await helloBody())).json;
  expect((await post(`/${id}/nonce`, { nonce })).status).toBe(200);
  expect(stage.desk.decide(id ?? '', true).ok).toBe(true);
  expect((await post(`/${id}/nonce`, { nonce })).status).toBe(409);
  expect(stage.request()).toMatchObject({ state: 'aborted', problem: 'pairing-order' });
  expect((await post(`/${id}/confirm`, '{}')).status).toBe(409);
  expect(stage.enrolled).toEqual([]);
});

it('[LK42] gives nothing before the numbers were exchanged, and nothing to another id', async () => {
  const { id } = (await post('', await helloBody())).json;
  expect(stage.desk.decide(id ?? '', true).ok).toBe(false);
  expect((await post(`/${id}/confirm`, '{}')).status).toBe(409);
  expect((await post('/00000000-0000-4000-8000-000000000000/confirm', '{}')).status).toBe(404);
  expect(stage.enrolled).toEqual([]);
});

it('[LK42] lets the yes to one device open nothing for another', async () => {
  const honest = stage.device();
  await reached(honest, 'comparing');
  const { id: honestId } = stage.request();
  const { id } = (await post('', await helloBody())).json;
  await post(`/${id}/nonce`, { nonce });
  stage.desk.decide(honestId, true);
  expect(await post(`/${id}/confirm`, '{}')).toEqual({ status: 200, json: { state: 'waiting' } });
  expect(stage.enrolled).toEqual([]);
  honest.attempt.decide(true);
  expect(await reached(honest, 'done')).toBe('done');
  expect(stage.enrolled).toEqual(honest.kept.map(({ deviceId }) => deviceId));
});

it('[LK43] answers no page of a browser, no other form and no other method, and counts them', async () => {
  const authority = await fetchAuthority({ host: '127.0.0.1', port: stage.port }, 2_000);
  if (!authority.ok) throw new Error(authority.error.code);
  const body = await helloBody();
  const statusOf = (method: string, headers: Record<string, string>, text = body): Promise<number> =>
    new Promise((resolve, reject) => {
      const request = httpsRequest({
        host: '127.0.0.1',
        port: stage.port,
        servername: enrolmentServerName,
        ca: authority.value.pem,
        method,
        path: '/pairing',
        headers: { Host: enrolmentServerName, ...headers },
        agent: false,
      });
      request.on('response', (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      request.on('error', reject);
      request.end(method === 'POST' ? text : undefined);
    });
  const json = { 'Content-Type': 'application/json' };
  expect(await statusOf('POST', { ...json, Origin: 'https://example.org' })).toBe(400);
  expect(await statusOf('GET', { Origin: 'null' })).toBe(400);
  expect(await statusOf('POST', { 'Content-Type': 'text/plain' })).toBe(400);
  expect(await statusOf('PUT', json)).toBe(400);
  expect(await statusOf('POST', json, `${body}${' '.repeat(16 * 1024)}`)).toBe(400);
  expect(stage.desk.view().requests).toEqual([]);
  expect(stage.logged.filter((line) => line.includes('link.refused.pair-bad-request'))).toHaveLength(5);
  expect(await statusOf('POST', json)).toBe(200);
});

it('[LK42] takes the fingerprint of the authority itself, whatever else is sent behind it', async () => {
  const der = stage.school.certificateDer;
  const server = createHttpServer((_request, response) => {
    response.end(Buffer.concat([der, Buffer.from('and more')]));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const authority = await fetchAuthority({ host: '127.0.0.1', port }, 2_000);
  expect(authority).toMatchObject({ ok: true, value: { fingerprint: stage.school.fingerprint } });
});
