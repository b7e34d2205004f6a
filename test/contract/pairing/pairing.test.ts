// Joining by hand with real TLS: both persons decide, and what is refused or given up leaves nothing behind.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createFakeClock } from '../../../main/lib/fake-clock.ts';
import { findPairingRooms } from '../../../main/link/pairing-client.ts';
import { until } from '../../support/relay-rig.ts';
import { facts, startAgent } from '../link/classroom.ts';
import { codeOf, openPairingStage, openProxy, type PairingStage, reached } from './stage.ts';

vi.setConfig({ testTimeout: 30_000 });

let stage: PairingStage;
const cleanups: (() => unknown)[] = [];
beforeEach(async () => {
  stage = await openPairingStage();
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await stage.close();
});

it('[LK40] joins when both persons have said yes, and shows both the same pictures', async () => {
  stage.desk.open();
  expect(await findPairingRooms([stage.address, '127.0.0.1:1'])).toEqual([
    { address: stage.address, room: 'Raum 12', teacher: 'Frau Muster' },
  ]);
  const device = stage.device();
  expect(await reached(device, 'comparing')).toBe('comparing');
  expect(codeOf(device)).toEqual(stage.request().code);
  expect(stage.request()).toMatchObject({ deviceName: facts.name, state: 'comparing', address: '127.0.0.1' });
  device.attempt.decide(true);
  expect(device.kept).toEqual([]);
  stage.desk.decide(stage.request().id, true);
  expect(await reached(device, 'done')).toBe('done');
  expect(device.kept.map(({ deviceId }) => deviceId)).toEqual(stage.enrolled);
  expect(device.kept[0]?.authorityPem.trim()).toBe(stage.school.certificatePem.trim());
  expect(stage.request().state).toBe('done');
});

it('[LK40] gives an identity that the console takes on its link', async () => {
  stage.desk.open();
  const device = stage.device();
  await reached(device, 'comparing');
  stage.desk.decide(stage.request().id, true);
  device.attempt.decide(true);
  await reached(device, 'done');
  const identity = device.kept[0];
  if (identity === undefined) throw new Error('nothing kept');
  const { client } = startAgent(identity, identity.addresses);
  cleanups.push(() => client.stop());
  await until(
    'online',
    () => client.status().state,
    (state) => state === 'online',
  );
});

it('[LK40] waits for the person at the device, too', async () => {
  stage.desk.open();
  const device = stage.device();
  await reached(device, 'comparing');
  stage.desk.decide(stage.request().id, true);
  expect(stage.request().state).toBe('confirmed');
  expect(stage.enrolled).toEqual([]);
  device.attempt.decide(true);
  expect(await reached(device, 'done')).toBe('done');
  expect(stage.enrolled).toHaveLength(1);
});

it('[LK41] is closed until the teacher opens it, and after', async () => {
  expect(await findPairingRooms([stage.address])).toEqual([]);
  const early = stage.device();
  await reached(early, 'failed');
  expect(early.attempt.view()).toEqual({ state: 'failed', code: 'pairing-closed' });
  stage.desk.open();
  const device = stage.device();
  await reached(device, 'comparing');
  stage.desk.close();
  device.attempt.decide(true);
  expect(await reached(device, 'failed')).toBe('failed');
  expect([...device.kept, ...stage.enrolled]).toEqual([]);
});

it('[LK40] ends for good when the teacher sees other pictures', async () => {
  stage.desk.open();
  const device = stage.device();
  await reached(device, 'comparing');
  stage.desk.decide(stage.request().id, false);
  device.attempt.decide(true);
  await reached(device, 'failed');
  expect(device.attempt.view()).toEqual({ state: 'failed', code: 'pairing-refused' });
  expect(stage.request()).toMatchObject({ state: 'refused', problem: 'pairing-refused' });
  expect(stage.desk.decide(stage.request().id, true).ok).toBe(false);
  expect([...device.kept, ...stage.enrolled]).toEqual([]);
});

it('[LK40] ends for good when the person at the device sees other pictures, and tells the teacher', async () => {
  stage.desk.open();
  const device = stage.device();
  await reached(device, 'comparing');
  device.attempt.decide(false);
  expect(device.attempt.view()).toEqual({ state: 'failed', code: 'pairing-different' });
  await until('the teacher knows', stage.request, ({ state }) => state === 'aborted');
  expect(stage.request().problem).toBe('pairing-different');
  expect(stage.desk.decide(stage.request().id, true).ok).toBe(false);
  device.attempt.decide(true);
  expect([...device.kept, ...stage.enrolled]).toEqual([]);
});

it('[LK42] ends on both sides when the device gives up before it was answered', async () => {
  const asked = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const slow = await openPairingStage({
    service: (honest) => async (request) => {
      const answer = await honest(request);
      if (request.method !== 'POST') return answer;
      asked.resolve();
      await gate.promise;
      return answer;
    },
  });
  cleanups.push(slow.close);
  slow.desk.open();
  const device = slow.device();
  await asked.promise;
  device.attempt.cancel();
  gate.resolve();
  await until('the console knows', slow.request, ({ state }) => state === 'aborted');
  // It did not even come to pictures.
  expect(slow.request()).toMatchObject({ problem: null, code: null });
  expect(device.states).toEqual([{ state: 'idle' }]);
});

it('[LK43] ends after two minutes on the device as well', async () => {
  const clock = createFakeClock();
  stage.desk.open();
  const device = stage.device({ clock });
  await reached(device, 'comparing');
  clock.advance(121_000);
  expect(device.attempt.view()).toEqual({ state: 'failed', code: 'pairing-expired' });
  await until('the console knows', stage.request, ({ state }) => state === 'aborted');
  device.attempt.decide(true);
  expect([...device.kept, ...stage.enrolled]).toEqual([]);
});

it('[LK42] is not ended halfway while the device keeps its identity', async () => {
  const clock = createFakeClock();
  const keeping = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  stage.desk.open();
  const device = stage.device({
    clock,
    beforeKeeping() {
      keeping.resolve();
      return gate.promise;
    },
  });
  await reached(device, 'comparing');
  stage.desk.decide(stage.request().id, true);
  device.attempt.decide(true);
  await keeping.promise;
  clock.advance(121_000);
  device.attempt.cancel();
  gate.resolve();
  expect(await reached(device, 'done')).toBe('done');
  expect(device.states.map(({ state }) => state)).toEqual(['comparing', 'waiting-for-teacher', 'done']);
  expect(device.kept).toHaveLength(1);
});

it('[LK42] goes on waiting for the teacher when the network is away for a moment', async () => {
  const proxy = await openProxy(stage.port);
  cleanups.push(proxy.close);
  stage.desk.open();
  const device = stage.device({ address: proxy.address });
  await reached(device, 'comparing');
  proxy.lead(null);
  device.attempt.decide(true);
  await until('a question was lost', proxy.cut, (cut) => cut > 0);
  expect(device.attempt.view().state).toBe('waiting-for-teacher');
  proxy.lead(stage.port);
  stage.desk.decide(stage.request().id, true);
  expect(await reached(device, 'done')).toBe('done');
});
