// Joining by hand with real TLS: both persons decide, and whatever is wrong or changed on the way leaves nothing behind.
import { connect, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createFakeClock } from '../../../main/lib/fake-clock.ts';
import { findPairingRooms } from '../../../main/link/pairing-client.ts';
import { askConsole, fetchAuthority } from '../../../main/link/school-door.ts';
import { createPairingDesk, type PairingDesk } from '../../../main/trust/pairing-desk.ts';
import { createKeyPair, createRequest } from '../../../main/trust/school-authority.ts';
import { ok } from '../../../shared/result/result.ts';
import { until } from '../../support/relay-rig.ts';
import { facts, quietLog } from '../link/classroom.ts';
import { openPairingStage, type PairingStage, type TestDevice } from './stage.ts';

vi.setConfig({ testTimeout: 30_000 });

let stage: PairingStage & { close: () => Promise<void> };
const cleanups: (() => unknown)[] = [];
beforeEach(async () => {
  stage = await openPairingStage();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await stage.close();
});

const stateOf = ({ attempt }: TestDevice): string => attempt.view().state;
const reached = (device: TestDevice, state: string): Promise<string> =>
  until(
    `device is ${state}`,
    () => stateOf(device),
    (now) => now === state || now === 'failed',
  );
const request = (desk: PairingDesk = stage.desk) => {
  const found = desk.view().requests.at(-1);
  if (found === undefined) throw new Error('no request');
  return found;
};
const codeOf = (device: TestDevice) => {
  const view = device.attempt.view();
  return 'code' in view ? view.code : null;
};
const compared = async (device: TestDevice): Promise<void> => {
  expect(await reached(device, 'comparing')).toBe('comparing');
};
/** One question to the console as a device without any school may ask it. */
const ask = async (method: 'GET' | 'POST' | 'DELETE', path: string, body = '') => {
  const target = { host: '127.0.0.1', port: stage.port };
  const authority = await fetchAuthority(target, 2_000);
  if (!authority.ok) throw new Error(authority.error.code);
  const answer = await askConsole(target, authority.value.pem, {
    method,
    path,
    body,
    maxBytes: 64_000,
    timeoutMs: 2_000,
    teacherKey: null,
  });
  if (!answer.ok) throw new Error(answer.error.code);
  return {
    status: answer.value.status,
    json: JSON.parse(answer.value.body.toString()) as Record<string, string>,
  };
};
const helloBody = async (): Promise<string> => {
  const { privateKeyPem } = await createKeyPair();
  return JSON.stringify({
    request: Buffer.from(await createRequest(privateKeyPem)).toString('base64'),
    facts,
  });
};
const nonce = Buffer.alloc(32, 7).toString('base64url');

it('[LK40] joins when both persons have said yes, and shows both the same pictures', async () => {
  stage.desk.open();
  expect(await findPairingRooms([stage.address, '127.0.0.1:1'])).toEqual([
    { address: stage.address, room: 'Raum 12', teacher: 'Frau Muster' },
  ]);
  const device = stage.device();
  await compared(device);
  expect(codeOf(device)).toEqual(request().code);
  expect(request()).toMatchObject({ deviceName: facts.name, state: 'comparing', address: '127.0.0.1' });
  device.attempt.decide(true);
  expect(device.kept).toEqual([]);
  stage.desk.decide(request().id, true);
  expect(await reached(device, 'done')).toBe('done');
  expect(device.kept.map(({ deviceId }) => deviceId)).toEqual(stage.enrolled);
  expect(device.kept[0]?.authorityPem.trim()).toBe(stage.school.certificatePem.trim());
  expect(request().state).toBe('done');
});

it('[LK40] waits for the person at the device, too', async () => {
  stage.desk.open();
  const device = stage.device();
  await compared(device);
  stage.desk.decide(request().id, true);
  expect(request().state).toBe('confirmed');
  expect(stage.enrolled).toEqual([]);
  device.attempt.decide(true);
  expect(await reached(device, 'done')).toBe('done');
  expect(stage.enrolled).toHaveLength(1);
});

it('[LK41] is closed until the teacher opens it, and after', async () => {
  expect(await findPairingRooms([stage.address])).toEqual([]);
  const early = stage.device();
  expect(await reached(early, 'failed')).toBe('failed');
  expect(early.attempt.view()).toEqual({ state: 'failed', code: 'pairing-closed' });
  stage.desk.open();
  const device = stage.device();
  await compared(device);
  stage.desk.close();
  device.attempt.decide(true);
  expect(await reached(device, 'failed')).toBe('failed');
  expect([...device.kept, ...stage.enrolled]).toEqual([]);
});

it.each([
  ['the teacher', false, 'pairing-refused'],
  ['the person at the device', true, 'pairing-different'],
])('[LK40] ends for good when %s sees other pictures', async (_who, isDevice, code) => {
  stage.desk.open();
  const device = stage.device();
  await compared(device);
  if (isDevice) device.attempt.decide(false);
  else {
    stage.desk.decide(request().id, false);
    device.attempt.decide(true);
  }
  await reached(device, 'failed');
  expect(device.attempt.view()).toEqual({ state: 'failed', code });
  await until('the console knows', request, ({ state }) => state === 'refused' || state === 'aborted');
  expect(stage.desk.decide(request().id, true).ok).toBe(false);
  expect([...device.kept, ...stage.enrolled]).toEqual([]);
});

it('[LK42] shows different pictures when somebody in between answers with a school of its own', async () => {
  // It is a whole console towards the device and a device towards the real console.
  const middle = await openPairingStage();
  cleanups.push(middle.close);
  stage.desk.open();
  middle.desk.open();
  const itself = stage.device();
  const victim = middle.device();
  await Promise.all([compared(itself), compared(victim)]);
  expect(codeOf(victim)).not.toEqual(request().code);
  // The pupil says yes without looking, the teacher looks: nobody of the real school has joined.
  victim.attempt.decide(true);
  stage.desk.decide(request().id, false);
  expect(stage.enrolled).toEqual([]);
});

it('[LK42] aborts when another console answers after the first step', async () => {
  const other = await openPairingStage();
  cleanups.push(other.close);
  stage.desk.open();
  other.desk.open();
  let port = stage.port;
  const sockets = new Set<Socket>();
  const proxy = createServer((client) => {
    const upstream = connect(port, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });
  const address = proxy.address();
  const device = stage.device(`127.0.0.1:${typeof address === 'object' ? address?.port : 0}`);
  await compared(device);
  port = other.port;
  device.attempt.decide(true);
  await reached(device, 'failed');
  expect(device.attempt.view()).toEqual({ state: 'failed', code: 'pairing-changed' });
  expect(device.kept).toEqual([]);
});

it('[LK42] aborts when the console reveals another number than it has committed itself to', async () => {
  const liar = await openPairingStage((desk) => ({ ...desk, exchange: () => ok({ nonce }) }));
  cleanups.push(liar.close);
  liar.desk.open();
  const device = liar.device();
  await reached(device, 'failed');
  expect(device.attempt.view()).toEqual({ state: 'failed', code: 'pairing-changed' });
  expect(device.kept).toEqual([]);
});

it('[LK42] takes one number of a device only', async () => {
  stage.desk.open();
  const hello = await ask('POST', '/pairing', await helloBody());
  const path = `/pairing/${hello.json.id}/nonce`;
  expect((await ask('POST', path, JSON.stringify({ nonce }))).status).toBe(200);
  expect((await ask('POST', path, JSON.stringify({ nonce }))).status).toBe(409);
  expect(request()).toMatchObject({ state: 'aborted', problem: 'pairing-order' });
  expect((await ask('POST', `/pairing/${hello.json.id}/confirm`, '{}')).status).toBe(409);
});

it('[LK42] gives nothing before the numbers were exchanged, and nothing to another id', async () => {
  stage.desk.open();
  const hello = await ask('POST', '/pairing', await helloBody());
  expect(stage.desk.decide(hello.json.id ?? '', true).ok).toBe(false);
  expect((await ask('POST', `/pairing/${hello.json.id}/confirm`, '{}')).status).toBe(409);
  expect((await ask('POST', '/pairing/00000000-0000-4000-8000-000000000000/confirm', '{}')).status).toBe(404);
  expect(stage.enrolled).toEqual([]);
});

it('[LK43] takes three requests a minute of one address and forgets requests after two minutes', async () => {
  const clock = createFakeClock();
  const desk = createPairingDesk({
    school: 'a'.repeat(64),
    teacherKey: 'b'.repeat(64),
    issue: () => Promise.reject(new Error('nobody joins here')),
    onEnrolled: () => {},
    onChange: () => {},
    clock,
    log: quietLog(),
  });
  desk.open();
  const hello = async (address: string) => {
    const { privateKeyPem } = await createKeyPair();
    return desk.hello({ requestDer: await createRequest(privateKeyPem), facts, address });
  };
  for (let index = 0; index < 3; index += 1) expect((await hello('10.0.0.9')).ok).toBe(true);
  expect(await hello('10.0.0.9')).toMatchObject({ error: { code: 'pairing-crowded' } });
  for (let index = 0; index < 5; index += 1) expect((await hello(`10.0.1.${index}`)).ok).toBe(true);
  expect(await hello('10.0.2.1')).toMatchObject({ error: { code: 'pairing-crowded' } });
  clock.advance(121_000);
  expect(desk.view().requests.every(({ state }) => state === 'aborted')).toBe(true);
  expect((await hello('10.0.0.9')).ok).toBe(true);
  clock.advance(181_000);
  expect(desk.isOpen()).toBe(false);
});

it('[LK43] survives any body and never issues anything for one', async () => {
  stage.desk.open();
  const seed = Date.now() % 2 ** 31;
  console.log(`seed: ${seed}`);
  const paths = fc.constantFrom(
    '/pairing',
    '/pairing/',
    `/pairing/${'0'.repeat(36)}/nonce`,
    '/pairing/x/confirm',
  );
  const bodies = fc.oneof(fc.string(), fc.json(), fc.constant('{"request":"AA==","facts":null}'));
  await fc.assert(
    fc.asyncProperty(paths, bodies, fc.constantFrom('GET', 'POST', 'DELETE'), async (path, body, method) => {
      const answer = await ask(method as 'GET', path, method === 'POST' ? body : '');
      if (path === '/pairing' && method === 'GET') expect(answer.status).toBe(200);
      else expect(answer.status).toBeGreaterThanOrEqual(400);
    }),
    { seed, numRuns: 150 },
  );
  expect(stage.enrolled).toEqual([]);
  expect(stage.desk.view().requests).toEqual([]);
});
