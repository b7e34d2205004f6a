// Any text in any place of the way by hand: the console issues nothing for it, the device keeps nothing of it.
import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import type { PairingService } from '../../../main/link/pairing-service.ts';
import { ok } from '../../../shared/result/result.ts';
import { ask, helloBody, openPairingStage, type PairingStage, reached } from './stage.ts';

vi.setConfig({ testTimeout: 60_000 });

const seed = Number(process.env.FUZZ_SEED ?? Date.now() % 2 ** 31);
console.log(`seed: ${seed}`);

const stages: PairingStage[] = [];
const open = async (...options: Parameters<typeof openPairingStage>): Promise<PairingStage> => {
  const stage = await openPairingStage(...options);
  stages.push(stage);
  stage.desk.open();
  return stage;
};
afterEach(async () => {
  for (const stage of stages.splice(0)) await stage.close();
});

const bodies = fc.oneof(
  fc.string(),
  fc.json(),
  fc.constant('{"request":"AA==","facts":null}'),
  fc
    .record({ nonce: fc.oneof(fc.string(), fc.integer(), fc.base64String()) })
    .map((body) => JSON.stringify(body)),
);

it('[LK43] takes no body but a right one, and never issues anything for one', async () => {
  const stage = await open();
  const { id } = (await ask(stage.port, 'POST', '/pairing', await helloBody())).json;
  const paths = fc.constantFrom(
    '/pairing',
    '/pairing/',
    `/pairing/${'0'.repeat(36)}/nonce`,
    '/pairing/x/confirm',
    `/pairing/${id}/nonce`,
    `/pairing/${id}/confirm`,
    `/pairing/${id}/decide`,
    `/pairing/${id}/nonce/confirm`,
  );
  const methods = fc.constantFrom('GET' as const, 'POST' as const);
  await fc.assert(
    fc.asyncProperty(paths, bodies, methods, async (path, body, method) => {
      const { status } = await ask(stage.port, method, path, method === 'POST' ? body : '');
      if (path === '/pairing' && method === 'GET') expect(status).toBe(200);
      else expect(status).toBeGreaterThanOrEqual(400);
    }),
    { seed, numRuns: 200 },
  );
  expect(stage.enrolled).toEqual([]);
  // The request of before is still where it was: nothing of this has moved it.
  expect(stage.desk.view().requests).toMatchObject([{ id, state: 'exchanging', code: null }]);
});

it.each([
  ['which room it is', 0],
  ['the commitment', 1],
  ['its number', 2],
  ['the decision', 3],
])('[LK42] keeps nothing when the console answers anything to the question for %s', async (_what, at) => {
  let count = 0;
  let lie: unknown = null;
  const service =
    (honest: PairingService): PairingService =>
    async (request) => {
      const answer = await honest(request);
      const isLie = count === at;
      count += 1;
      return isLie ? ok(lie) : answer;
    };
  const stage = await open({ service });
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      count = 0;
      lie = value;
      stage.desk.open();
      const device = stage.device();
      if ((await reached(device, 'comparing')) === 'comparing') device.attempt.decide(true);
      expect(await reached(device, 'failed')).toBe('failed');
      expect([...device.kept, ...stage.enrolled]).toEqual([]);
    }),
    { seed, numRuns: 25 },
  );
});
