// Enrolment over real sockets: a device joins with a token, and nobody joins without.

import { request } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../main/lib/fake-clock.ts';
import { enrol } from '../../../main/link/enrolment-client.ts';
import { enrolmentServerName } from '../../../main/trust/certificate-profile.ts';
import {
  createEnrolmentDesk,
  type EnrolmentDesk,
  type TokenRecord,
} from '../../../main/trust/enrolment-desk.ts';
import { formatToken, parseToken } from '../../../main/trust/enrolment-token.ts';
import { DeviceId } from '../../../shared/domain/ids.ts';
import {
  facts,
  heard,
  makeSchool,
  newLesson,
  newRoom,
  quietLog,
  reached,
  startAgent,
  startConsole,
  teacherOf,
} from './classroom.ts';

const school = await makeSchool();
const room = newRoom();
const teacher = await teacherOf(school, room);
const clock = createFakeClock(Date.now());
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function makeDesk(from = school): Promise<{ desk: EnrolmentDesk; records: TokenRecord[][] }> {
  const records: TokenRecord[][] = [];
  const store = {
    load: () => null,
    save: (next: TokenRecord[]) => void records.push(next),
    settled: async () => {},
  };
  return {
    desk: createEnrolmentDesk({
      school: await from.roomAuthority(room),
      room: () => room,
      roster: from.roster,
      clock,
      log: quietLog(),
      store,
    }),
    records,
  };
}

async function consoleWithDesk(authority = school) {
  const { desk, records } = await makeDesk(authority);
  const running = await startConsole(
    authority === school ? teacher : await teacherOf(authority, room),
    room,
    {
      enrolment: desk,
    },
  );
  cleanups.push(() => running.server.close());
  const issue = (uses = 1) => desk.issue({ uses, lifetimeMs: 3_600_000, addresses: [running.address] });
  return { ...running, desk, records, issue };
}

describe('joining with a token', () => {
  it('[LK20] token, enrolment, connection, command, result', async () => {
    const { server, issue, address, records } = await consoleWithDesk();
    const token = await issue();
    const joined = await enrol({ token: token.text, facts });
    if (!joined.ok) throw new Error(joined.error.code);
    expect(joined.value).toMatchObject({ roomId: room.id, roomName: room.name, addresses: [address] });
    server.setLesson(newLesson());
    const { client, orders } = startAgent(joined.value, joined.value.addresses);
    cleanups.push(() => client.stop());
    await reached(client, 'online');
    const answer = await server.session(joined.value.deviceId)?.command({ verb: 'watch', quality: 'tile' });
    expect(answer).toEqual({ ok: true, value: undefined });
    expect(orders).toHaveLength(1);
    // What is kept lets nobody in.
    const parsed = parseToken(token.text);
    const secret = parsed.ok ? Buffer.from(parsed.value.secret) : Buffer.alloc(0);
    const kept = JSON.stringify(records);
    for (const form of ['hex', 'base64', 'base64url'] as const)
      expect(kept).not.toContain(secret.toString(form));
  });

  it('[LK21] sends nothing and gives no identity if the school is not the one of the token', async () => {
    const stranger = await makeSchool();
    const right = await consoleWithDesk();
    const wrong = await consoleWithDesk(stranger);
    const parsed = parseToken((await right.issue()).text);
    if (!parsed.ok) throw new Error('token');
    const text = formatToken({ ...parsed.value, addresses: [wrong.address] });
    expect(await enrol({ token: text, facts })).toMatchObject({
      ok: false,
      error: { code: 'wrong-authority' },
    });
    // The wrong console saw one GET for its public certificate and neither a secret nor a handshake.
    expect(wrong.server.counters()).toEqual({});
    // The same token still works where it belongs, even if the liar is asked first.
    const both = formatToken({ ...parsed.value, addresses: [wrong.address, right.address] });
    expect(await enrol({ token: both, facts })).toMatchObject({ ok: true });
  });

  it('[LK21] is not fooled by a true certificate in front of a false server', async () => {
    const right = await consoleWithDesk();
    const { desk } = await makeDesk();
    const stranger = await teacherOf(await makeSchool(), room);
    const liar = await startConsole(stranger, room, { enrolment: desk });
    cleanups.push(() => liar.server.close());
    const parsed = parseToken((await right.issue()).text);
    if (!parsed.ok) throw new Error('token');
    const text = formatToken({ ...parsed.value, addresses: [liar.address] });
    expect(await enrol({ token: text, facts })).toMatchObject({ error: { code: 'untrusted-certificate' } });
  });

  it('[LK22] lets in as many devices as the token says, also when they come at once', async () => {
    const { issue, server, desk } = await consoleWithDesk();
    const { text } = await issue(2);
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => enrol({ token: text, facts })));
    expect(outcomes.filter((outcome) => outcome.ok)).toHaveLength(2);
    const refusals = outcomes.flatMap((outcome) => (outcome.ok ? [] : [outcome.error.code]));
    expect(refusals).toEqual(['token-used-up', 'token-used-up']);
    expect(server.counters()).toEqual({ 'enrol-token-used-up': 2 });
    expect(desk.open()).toEqual([]);
  });

  it('[LK22] refuses a token that has expired or was withdrawn', async () => {
    const { issue, desk } = await consoleWithDesk();
    const first = await issue();
    const second = await issue();
    await desk.withdraw(second.id);
    expect(await enrol({ token: second.text, facts })).toMatchObject({ error: { code: 'token-unknown' } });
    clock.advance(3_700_000);
    expect(await enrol({ token: first.text, facts })).toMatchObject({ error: { code: 'token-expired' } });
  });

  it('[LK22] slows down whoever guesses, and nobody at another address', async () => {
    const { desk, issue, address, server } = await consoleWithDesk();
    const { text } = await issue();
    const parsed = parseToken(text);
    if (!parsed.ok) throw new Error('token');
    const guess = formatToken({ ...parsed.value, secret: new Uint8Array(16), addresses: [address] });
    const codes: unknown[] = [];
    for (let index = 0; index < 6; index += 1) {
      const outcome = await enrol({ token: guess, facts });
      codes.push(outcome.ok || outcome.error.code);
    }
    expect(codes).toEqual([...Array(5).fill('token-unknown'), 'too-many-tries']);
    expect(server.counters()).toEqual({ 'enrol-token-unknown': 5, 'enrol-too-many-tries': 1 });
    const secret = Buffer.from(parsed.value.secret).toString('base64url');
    const elsewhere = await desk.redeem({
      secret,
      requestDer: new Uint8Array(3),
      facts,
      address: '192.0.2.9',
    });
    expect(elsewhere).toMatchObject({ error: { code: 'bad-certificate-request' } });
    clock.advance(10_000);
    expect(await enrol({ token: text, facts })).toMatchObject({ ok: true });
  });

  it('tells a token that was typed wrongly from a console that is not there', async () => {
    const { issue } = await consoleWithDesk();
    const { text } = await issue();
    expect(await enrol({ token: `${text}0`, facts })).toMatchObject({ error: { code: 'token-malformed' } });
    const parsed = parseToken(text);
    if (!parsed.ok) throw new Error('token');
    const nowhere = formatToken({ ...parsed.value, addresses: ['127.0.0.1:1'] });
    expect(await enrol({ token: nowhere, facts })).toMatchObject({ error: { code: 'unreachable' } });
  });

  it('gives up on a server that says nothing or too much', async () => {
    const { issue } = await consoleWithDesk();
    const parsed = parseToken((await issue()).text);
    if (!parsed.ok) throw new Error('token');
    const answers = ['', `HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(100_000)}`];
    for (const answer of answers) {
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        if (answer !== '') socket.end(answer);
      });
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      cleanups.push(() => server.close());
      const bound = server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
      const token = formatToken({ ...parsed.value, addresses: [`127.0.0.1:${port}`] });
      const outcome = await enrol({ token, facts, timeoutMs: 300 });
      expect(outcome).toMatchObject({ ok: false, error: { code: answer === '' ? 'timeout' : 'bad-answer' } });
    }
  });
});

describe('[LK23] the enrolment services', () => {
  const statusOf = (sending: ReturnType<typeof request>, body = '') =>
    new Promise<number>((resolve, reject) => {
      sending.on('response', (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      sending.on('error', reject);
      sending.end(body);
    });
  const plain = (port: number, path: string, more: object = {}) =>
    statusOf(request({ host: '127.0.0.1', port, path, agent: false, ...more }));
  const post = (port: number, body: string, more: object = {}) =>
    statusOf(
      httpsRequest({
        host: '127.0.0.1',
        port,
        method: 'POST',
        path: '/enrol',
        servername: enrolmentServerName,
        ca: school.certificatePem,
        agent: false,
        headers: { 'Content-Type': 'application/json' },
        ...more,
      }),
      body,
    );

  it('give the public certificate to whoever asks plainly, and nothing else', async () => {
    const { port } = await consoleWithDesk();
    expect(await plain(port, '/school-authority')).toBe(200);
    expect(await plain(port, '/')).toBe(400);
    expect(await plain(port, '/enrol')).toBe(400);
    expect(await plain(port, '/school-authority', { headers: { Origin: 'http://evil.example' } })).toBe(400);
    await expect(plain(port, '/school-authority', { method: 'POST' })).rejects.toThrow();
  });

  it('take one well-formed POST and refuse everything else', async () => {
    const { port, server } = await consoleWithDesk();
    const claim = { secret: 'A'.repeat(22), request: 'AAAA', facts };
    expect(await post(port, JSON.stringify(claim))).toBe(403);
    expect(await post(port, JSON.stringify({ ...claim, role: 'teacher' }))).toBe(400);
    expect(await post(port, 'x'.repeat(17_000))).toBe(400);
    expect(await post(port, '{}', { path: '/' })).toBe(400);
    expect(await post(port, '{}', { method: 'PUT' })).toBe(400);
    expect(await post(port, '{}', { headers: { 'Content-Type': 'text/plain' } })).toBe(400);
    const browser = { headers: { 'Content-Type': 'application/json', Origin: 'https://x' } };
    expect(await post(port, JSON.stringify(claim), browser)).toBe(400);
    expect(server.counters()).toEqual({ 'enrol-token-unknown': 1, 'enrol-bad-request': 6 });
  });

  it('are no answer to a page that reached them under another name', async () => {
    const { port, server } = await consoleWithDesk();
    const claim = JSON.stringify({ secret: 'A'.repeat(22), request: 'AAAA', facts });
    const json = { 'Content-Type': 'application/json' };
    for (const Host of [enrolmentServerName, `127.0.0.1:${port}`]) {
      expect(await plain(port, '/school-authority', { headers: { Host } })).toBe(200);
      expect(await post(port, claim, { headers: { ...json, Host } })).toBe(403);
    }
    for (const Host of ['evil.example', 'localhost', '169.254.169.254', `x.${enrolmentServerName}`]) {
      expect(await plain(port, '/school-authority', { headers: { Host } })).toBe(400);
      expect(await post(port, claim, { headers: { ...json, Host } })).toBe(400);
    }
    expect(server.counters()).toEqual({ 'enrol-token-unknown': 2, 'enrol-bad-request': 8 });
  });

  it('do not exist on a console that offers no enrolment', async () => {
    const { server, port } = await startConsole(teacher, room);
    cleanups.push(() => server.close());
    const refused = heard(server.events, 'refused');
    await expect(plain(port, '/school-authority')).rejects.toThrow();
    expect((await refused)[0]).toBe('no-such-service');
  });

  it('do not open the link to a device without certificate', async () => {
    const { server, port } = await consoleWithDesk();
    expect(await post(port, '', { method: 'GET', path: '/link' })).toBe(400);
    expect(server.session(DeviceId.parse('0'.repeat(64)))).toBeNull();
    expect(server.sessions()).toEqual([]);
  });
});
