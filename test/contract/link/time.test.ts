// Certificates that come to their end and clocks that are wrong: a lesson goes on, and people are told.
import { X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../main/lib/fake-clock.ts';
import { createLog } from '../../../main/lib/log.ts';
import { createRenewal } from '../../../main/link/renewal.ts';
import type { RenewDevice } from '../../../main/link/session-roll.ts';
import { dateFailureOf } from '../../../main/link/tls-settings.ts';
import { keyIdOf } from '../../../main/trust/certificate-profile.ts';
import { createKeyPair, readRequest } from '../../../main/trust/school-authority.ts';
import { fail, ok } from '../../../shared/result/result.ts';
import {
  deviceOf,
  helloText,
  makeSchool,
  newLesson,
  newRoom,
  quietLog,
  reached,
  startPuppet,
  teacherOf,
  welcomeText,
} from './classroom.ts';
import { openStage } from './stage.ts';

const dayMs = 86_400_000;
const school = await makeSchool(Date.now() - 400 * dayMs);
const room = newRoom();
const teacher = await teacherOf(school, room);
const stranger = await makeSchool();
const otherRoom = newRoom();
const authority = await school.roomAuthority(room);
/** Issued 300 days ago: 65 are left of a year. */
const ageing = await deviceOf(school, room, Date.now() - 300 * dayMs);
const fresh = await deviceOf(school, room);

const { cleanups, consoleAt, agentAt, rawAt } = openStage();

const renew: RenewDevice = async (deviceId, requestDer) => {
  const key = await readRequest(requestDer);
  if (!key.ok) return key;
  if (keyIdOf(key.value) !== deviceId) return fail('bad-certificate-request');
  return ok(await authority.issueAgent(key.value, Date.now()));
};

describe('[LK32] a certificate in its last third', () => {
  it('is renewed over the link with the same key, once', async () => {
    const { server, address } = await consoleAt(teacher, room, { renew });
    const renewed: string[] = [];
    const { client } = agentAt(ageing, [address], { onCertificate: (pem) => renewed.push(pem) });
    await reached(client, 'online');
    await expect.poll(() => renewed).toHaveLength(1);
    expect(renewed[0]).not.toBe(ageing.certificatePem);
    client.stop();
    client.start();
    await reached(client, 'online');
    expect(await server.session(ageing.deviceId)?.command({ verb: 'unlock', lockId: null })).toMatchObject({
      ok: true,
    });
    expect(renewed).toHaveLength(1);
  });

  it('gives way to the new one at the next connection', async () => {
    const certificatePem = await authority.issueAgent(await ageingKey(), Date.now());
    const shown: string[] = [];
    const puppet = await startPuppet(teacher, (socket, { socket: tls }) => {
      if (tls instanceof TLSSocket) shown.push(tls.getPeerX509Certificate()?.serialNumber ?? '');
      socket.on('message', (data) => {
        const { type } = JSON.parse(String(data));
        if (type === 'hello') socket.send(welcomeText(room, null));
        if (type === 'renew') socket.send(JSON.stringify({ type: 'certificate', certificatePem }));
      });
    });
    cleanups.push(puppet.close);
    const renewed: string[] = [];
    const { client } = agentAt(ageing, [puppet.address], { onCertificate: (pem) => renewed.push(pem) });
    await expect.poll(() => renewed).toEqual([certificatePem]);
    client.stop();
    client.start();
    await reached(client, 'online');
    expect(shown).toEqual(
      [ageing.certificatePem, certificatePem].map((pem) => new X509Certificate(pem).serialNumber),
    );
  });

  it('is asked for once a day on a connection that lasts, until it has come', async () => {
    const clock = createFakeClock(Date.now());
    const sent: string[] = [];
    const renewed: string[] = [];
    const renewal = createRenewal({
      identity: ageing,
      connection: { send: ({ type }) => sent.push(type) > 0 },
      clock,
      log: quietLog(),
      onCertificate: (pem) => renewed.push(pem),
    });
    renewal.begin(clock.wallMs());
    await expect.poll(() => sent).toEqual(['renew']);
    clock.advance(dayMs - 1);
    expect(sent).toHaveLength(1);
    clock.advance(1);
    await expect.poll(() => sent).toHaveLength(2);
    const certificatePem = await authority.issueAgent(await ageingKey(), Date.now());
    expect(renewal.receive({ type: 'certificate', certificatePem })).toBe(true);
    await expect.poll(() => renewed).toEqual([certificatePem]);
    clock.advance(3 * dayMs);
    // Whatever was to be sent is on its way by now.
    await createKeyPair();
    expect(sent).toHaveLength(2);
    renewal.close();
    expect(clock.pending()).toBe(0);
  });

  it('is not asked for while it is fresh, nor taken unasked', async () => {
    const certificatePem = fresh.certificatePem;
    const said: string[] = [];
    const puppet = await startPuppet(teacher, (socket) =>
      socket.on('message', (data) => {
        said.push(JSON.parse(String(data)).type);
        socket.send(welcomeText(room, null));
        socket.send(JSON.stringify({ type: 'certificate', certificatePem }));
      }),
    );
    cleanups.push(puppet.close);
    const { client } = agentAt(fresh, [puppet.address]);
    expect((await reached(client, 'waiting')).problem).toBe('wrong-order');
    expect(said).toEqual(['hello']);
  });

  const wrong: [string, () => Promise<string>][] = [
    ['key', async () => authority.issueAgent((await createKeyPair()).publicKeyDer, Date.now())],
    ['unreadable', async () => 'no certificate'],
    ['chain', async () => (await stranger.roomAuthority(room)).issueAgent(await ageingKey(), Date.now())],
    [
      'role or room',
      async () => (await school.roomAuthority(otherRoom)).issueAgent(await ageingKey(), Date.now()),
    ],
    ['not newer', async () => authority.issueAgent(await ageingKey(), Date.now() - 301 * dayMs)],
  ];
  it.each(wrong)('stays in use when what comes back is wrong: %s', async (what, issue) => {
    const certificatePem = await issue();
    const puppet = await startPuppet(teacher, (socket) =>
      socket.on('message', (data) => {
        const { type } = JSON.parse(String(data));
        if (type === 'hello') socket.send(welcomeText(room, null));
        if (type === 'renew') socket.send(JSON.stringify({ type: 'certificate', certificatePem }));
      }),
    );
    cleanups.push(puppet.close);
    const renewed: string[] = [];
    const lines: string[] = [];
    const { client } = agentAt(ageing, [puppet.address], {
      onCertificate: (pem) => renewed.push(pem),
      log: createLog({ sink: (line) => lines.push(line) }),
    });
    await reached(client, 'online');
    const refusal = () => lines.find((line) => line.includes('link.certificate-refused'));
    await expect.poll(refusal).toContain(`"reason":"${what}"`);
    expect(renewed).toEqual([]);
    expect(client.status().state).toBe('online');
  });

  const askFor = async (port: number) => {
    const raw = await rawAt(port, ageing);
    raw.socket.send(helloText());
    await expect.poll(() => raw.frames).toHaveLength(1);
    return { ...raw, ask: () => raw.socket.send('{"type":"renew","request":"AAAA"}') };
  };

  it('is never sent for another key', async () => {
    const { server, port } = await consoleAt(teacher, room, { renew: async () => ok(fresh.certificatePem) });
    const raw = await askFor(port);
    raw.ask();
    await expect.poll(() => server.counters()).toEqual({ 'renew-refused': 1 });
    expect(raw.frames).toHaveLength(1);
    expect(server.session(ageing.deviceId)?.isOpen()).toBe(true);
  });

  it('is issued at most once a minute on one connection', async () => {
    let issued = 0;
    const { server, port } = await consoleAt(teacher, room, {
      renew: async () => {
        issued += 1;
        return ok(ageing.certificatePem);
      },
    });
    const raw = await askFor(port);
    for (let index = 0; index < 5; index += 1) raw.ask();
    await expect.poll(() => server.counters()).toEqual({ 'renew-refused': 4 });
    expect(issued).toBe(1);
    expect(raw.frames).toHaveLength(2);
  });

  it('waits for clocks that agree within a day', async () => {
    const clock = { ...createFakeClock(Date.now() + 3 * dayMs) };
    const { server, address } = await consoleAt(teacher, room, { renew });
    const { client, log } = agentAt(ageing, [address], { clock });
    await reached(client, 'online');
    expect(log.counts()).toMatchObject({ 'link.renewal-waits-for-clock': 1 });
    expect(await server.session(ageing.deviceId)?.command({ verb: 'unlock', lockId: null })).toMatchObject({
      ok: true,
    });
    client.stop();
  });
});

async function ageingKey() {
  const { publicKeyOf } = await import('../../../main/trust/school-authority.ts');
  return publicKeyOf(ageing.privateKeyPem);
}

describe('[LK33] clocks that differ', () => {
  it.each([3, -3])('by %s days: commands work, and both sides can say so', async (days) => {
    const { server, address } = await consoleAt(teacher, room);
    server.setLesson(newLesson());
    const { client, orders } = agentAt(fresh, [address], {
      clock: createFakeClock(Date.now() + days * dayMs),
    });
    const online = await reached(client, 'online');
    const session = server.session(fresh.deviceId);
    expect(await session?.command({ verb: 'watch', quality: 'tile' })).toMatchObject({ ok: true });
    expect(orders).toHaveLength(1);
    expect(Math.round((online.clockDifferenceMs ?? 0) / dayMs)).toBe(days);
    expect(Math.round((session?.clockDifferenceMs ?? 0) / dayMs)).toBe(days);
    client.stop();
  });

  it('by less than five minutes are nobody’s business', async () => {
    const { server, address } = await consoleAt(teacher, room);
    const { client } = agentAt(fresh, [address], { clock: createFakeClock(Date.now() + 200_000) });
    expect((await reached(client, 'online')).clockDifferenceMs).toBeNull();
    expect(server.session(fresh.deviceId)?.clockDifferenceMs).toBeNull();
    client.stop();
  });

  it('make a certificate look wrong: the device says that it may be the clock', async () => {
    // By this machine's clock this teacher's certificate ended a month ago, yet it is younger than the device's.
    const older = await deviceOf(school, room, Date.now() - 200 * dayMs);
    const past = await consoleAt(await teacherOf(school, room, Date.now() - 120 * dayMs), room);
    const { client } = agentAt(older, [past.address]);
    expect((await reached(client, 'waiting')).problem).toBe('clock-or-certificate');
    const future = await consoleAt(await teacherOf(school, room, Date.now() + 40 * dayMs), room);
    const other = agentAt(fresh, [future.address]);
    expect((await reached(other.client, 'waiting')).problem).toBe('clock-or-certificate');
  });

  it('hide an own certificate that the console takes for expired', async () => {
    const expired = await deviceOf(school, room, Date.now() - 390 * dayMs);
    const { server, address } = await consoleAt(teacher, room);
    const { client } = agentAt(expired, [address]);
    expect((await reached(client, 'waiting')).problem).toBe('clock-or-certificate');
    expect(server.counters()).toMatchObject({ 'expired-certificate': 1 });
  });

  it('are not blamed for a certificate that was over when our own was issued', () => {
    const ownMs = Date.parse('2026-09-01');
    expect(dateFailureOf('expired-certificate', 'Aug 31 23:00:00 2026 GMT', ownMs)).toBe(
      'expired-certificate',
    );
    expect(dateFailureOf('expired-certificate', 'Sep  2 00:00:00 2026 GMT', ownMs)).toBe(
      'clock-or-certificate',
    );
    expect(dateFailureOf('expired-certificate', undefined, ownMs)).toBe('clock-or-certificate');
    expect(dateFailureOf('wrong-room', 'Aug 31 23:00:00 2026 GMT', ownMs)).toBe('wrong-room');
  });
});
