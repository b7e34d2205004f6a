import { beforeEach, expect, it } from 'vitest';
import type { DeviceFacts } from '../../shared/domain/device.ts';
import type { PairingView } from '../../shared/domain/joining.ts';
import { createFakeClock, type FakeClock } from '../lib/fake-clock.ts';
import { createLog } from '../lib/log.ts';
import { createPairingDesk, type PairingDesk } from './pairing-desk.ts';
import { createKeyPair, createRequest } from './school-authority.ts';

const facts: DeviceFacts = { name: 'PC 01', os: 'linux', appVersion: '0.1.0', displays: [] };
const nonce = Buffer.alloc(32, 7).toString('base64url');

let clock: FakeClock;
let desk: PairingDesk;
let shown: PairingView[];
let logged: string[];
beforeEach(() => {
  clock = createFakeClock();
  shown = [];
  logged = [];
  desk = createPairingDesk({
    school: 'a'.repeat(64),
    teacherKey: 'b'.repeat(64),
    issue: () => Promise.reject(new Error('nobody joins here')),
    onEnrolled: () => {},
    onChange: (view) => shown.push(view),
    clock,
    log: createLog({ sink: (line) => logged.push(line) }),
  });
  desk.open();
});

const newRequest = async (): Promise<Uint8Array> => createRequest((await createKeyPair()).privateKeyPem);
const hello = async (address: string, requestDer?: Uint8Array) =>
  desk.hello({ requestDer: requestDer ?? (await newRequest()), facts, address });
const idOf = async (address: string): Promise<string> => {
  const answer = await hello(address);
  if (!answer.ok) throw new Error(answer.error.code);
  return answer.value.id;
};
const statesOf = (): string[] => desk.view().requests.map(({ state }) => state);

it('[LK43] takes three requests a minute of one address and eight at once', async () => {
  for (let index = 0; index < 3; index += 1) expect((await hello('10.0.0.9')).ok).toBe(true);
  expect(await hello('10.0.0.9')).toMatchObject({ error: { code: 'pairing-crowded' } });
  for (let index = 0; index < 5; index += 1) expect((await hello(`10.0.1.${index}`)).ok).toBe(true);
  expect(await hello('10.0.2.1')).toMatchObject({ error: { code: 'pairing-crowded' } });
});

it('[LK43] takes eight at once, also when all come in the same moment', async () => {
  const requests = await Promise.all(Array.from({ length: 12 }, newRequest));
  const answers = await Promise.all(requests.map((request, index) => hello(`10.0.0.${index}`, request)));
  expect(answers.filter(({ ok }) => ok)).toHaveLength(8);
  expect(desk.view().requests).toHaveLength(8);
});

it('[LK41] takes nobody whose request was still being read when the teacher closed', async () => {
  const request = await newRequest();
  const answer = hello('10.0.0.1', request);
  desk.close();
  expect(await answer).toMatchObject({ error: { code: 'pairing-closed' } });
  expect(desk.view().requests).toEqual([]);
});

it('[LK43] forgets requests after two minutes, the room after five', async () => {
  const id = await idOf('10.0.0.9');
  desk.exchange(id, nonce);
  desk.decide(id, true);
  clock.advance(121_000);
  expect(desk.view().requests).toMatchObject([{ state: 'aborted', problem: 'pairing-expired' }]);
  expect(await desk.confirm(id)).toMatchObject({ error: { code: 'pairing-expired' } });
  expect((await hello('10.0.0.9')).ok).toBe(true);
  clock.advance(181_000);
  expect(desk.isOpen()).toBe(false);
  expect(shown.at(-1)?.openUntil).toBeNull();
});

it('[LK43] keeps one request per key: the newer one', async () => {
  const request = await newRequest();
  await hello('10.0.0.1', request);
  await hello('10.0.0.1', request);
  expect(statesOf()).toEqual(['aborted', 'exchanging']);
});

it('[LK43] keeps showing a request that waits, whatever else comes and goes', async () => {
  const waiting = await idOf('10.0.0.1');
  desk.exchange(waiting, nonce);
  for (let index = 0; index < 40; index += 1) desk.leave(await idOf(`10.0.1.${index}`), false);
  const { requests } = desk.view();
  expect(requests.length).toBeLessThanOrEqual(16);
  expect(requests.find(({ id }) => id === waiting)?.state).toBe('comparing');
});

it('logs who was refused and why', async () => {
  const id = await idOf('10.0.0.1');
  desk.exchange(id, nonce);
  desk.decide(id, false);
  expect(logged.some((line) => line.includes('pairing.refused') && line.includes('pairing-refused'))).toBe(
    true,
  );
});
