import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeviceFacts } from '../../../shared/domain/device.ts';
import { createFakeClock } from '../../lib/fake-clock.ts';
import { silentLog } from '../../lib/log.ts';
import { keyIdOf } from '../../trust/certificate-profile.ts';
import { createEnrolmentDesk } from '../../trust/enrolment-desk.ts';
import { parseToken } from '../../trust/enrolment-token.ts';
import type { ConsoleIdentity } from '../../trust/identity-store.ts';
import { createKeyPair, createRequest } from '../../trust/school-authority.ts';
import { addTeacher, at, beginRig, consoleOf, dayMs, endRig, facts, meet, rig } from './admin-rig.ts';

beforeEach(beginRig);
afterEach(endRig);

describe('a joining code made before the console runs', () => {
  const request = async () => {
    const { privateKeyPem, publicKeyDer } = await createKeyPair();
    return { requestDer: await createRequest(privateKeyPem), privateKeyPem, id: keyIdOf(publicKeyDer) };
  };
  const facts204: DeviceFacts = { name: 'PC 01', os: 'linux', appVersion: '0.1.0', displays: [] };
  const deskOf = async (console: ConsoleIdentity) => {
    const desk = createEnrolmentDesk({
      school: console.school,
      room: () => ({ id: console.roomId, name: console.roomName }),
      roster: () => console.roster,
      clock: createFakeClock(rig.nowMs),
      log: silentLog(),
      store: { load: () => null, save: () => {}, settled: async () => {} },
    });
    await desk.adopt(console.handedTokens);
    return desk;
  };
  const make = (...more: string[]) =>
    facts('enrol-token', '--room', 'Raum 204', '--uses', '2', '--hours', '48', '--address', ...more);

  it('is redeemed by the console of its room, as often as it says', async () => {
    const { fingerprint } = await facts('init-school');
    const made = await make('192.0.2.7,pult.example:5000,[2001:db8::1]');
    const token = parseToken(made.token);
    if (!token.ok) throw new Error('token');
    expect(token.value).toMatchObject({
      fingerprint,
      addresses: ['192.0.2.7:47100', 'pult.example:5000', '[2001:db8::1]:47100'],
    });
    expect(readFileSync(join(at('admin'), 'admin-school.json'), 'utf8')).not.toContain(made.token);
    const added = await addTeacher('Frau Muster', 'Raum 204', 'a');
    expect(added).toMatchObject({ tokens: 1, room: made.room, isNewRoom: false });
    const console = await consoleOf('pc', 'a');
    const desk = await deskOf(console);
    const secret = Buffer.from(token.value.secret).toString('base64url');
    const redeem = async () => {
      const { requestDer, privateKeyPem } = await request();
      const answer = await desk.redeem({ secret, requestDer, facts: facts204, address: '192.0.2.9' });
      return { answer, privateKeyPem };
    };
    const { answer, privateKeyPem } = await redeem();
    if (!answer.ok) throw new Error(answer.error.code);
    expect(answer.value.roster).toEqual(console.roster);
    const { certificatePem } = answer.value;
    const seen = await meet(console, { authorityPem: console.authorityPem, certificatePem, privateKeyPem });
    expect(seen).toMatchObject({ teacher: { role: 'teacher' }, device: { roomId: console.roomId } });
    expect((await redeem()).answer.ok).toBe(true);
    expect((await redeem()).answer).toMatchObject({ error: { code: 'token-used-up' } });
    // The same file once more gives no more uses.
    await desk.adopt(console.handedTokens);
    expect((await redeem()).answer).toMatchObject({ error: { code: 'token-used-up' } });
  });

  it('goes to one console only, later ones by renewal, and none when it is over', async () => {
    await facts('init-school');
    await make('192.0.2.7');
    await addTeacher('A', 'Raum 204', 'a');
    expect(await addTeacher('B', 'Raum 204', 'b')).toMatchObject({ tokens: 0 });
    expect(await addTeacher('C', 'Raum 1', 'c')).toMatchObject({ tokens: 0 });
    await consoleOf('pc-b', 'b');
    const late = await make('192.0.2.7');
    await facts('renew-teacher', 'B', '--out', at('r'));
    expect((await consoleOf('pc-b', 'r')).handedTokens).toMatchObject([{ id: late.id, usesLeft: 2 }]);
    rig.nowMs += 3 * dayMs;
    expect((await facts('status')).tokens).toEqual([]);
    await facts('renew-teacher', 'B', '--out', at('r2'));
    expect((await consoleOf('pc-b', 'r2')).handedTokens).toEqual([]);
  });

  it('can be a picture', async () => {
    await facts('init-school');
    expect(await make('192.0.2.7', '--qr-out', at('code.svg'))).toMatchObject({ ok: true });
    expect(readFileSync(at('code.svg'), 'utf8')).toMatch(/^<svg /);
  });
});
