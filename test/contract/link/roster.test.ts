// The roster on the link: who is listed teaches, who is revoked does not connect, and both are told at once.

import { describe, expect, it } from 'vitest';
import { authorityKeyIdOf } from '../../../main/trust/certificate-profile.ts';
import { deviceOf, heard, keeperOf, makeSchool, newRoom, reached, teacherOf } from './classroom.ts';
import { openStage } from './stage.ts';

const { consoleAt, agentAt } = openStage();

/** A school with a teacher and a device that knows the roster of that moment. */
async function setting() {
  const school = await makeSchool();
  const room = newRoom();
  const teacher = await teacherOf(school, room);
  const device = await deviceOf(school, room);
  const keeper = keeperOf(school.certificatePem, device.roster);
  return { school, room, teacher, device, keeper };
}

describe('a device', () => {
  it('[LK29] learns the newest roster with the welcome, and keeps its own if that is newer', async () => {
    const { school, room, teacher, device, keeper } = await setting();
    const newer = school.dismiss('f'.repeat(64));
    const { address } = await consoleAt(teacher, room, {
      roster: keeperOf(school.certificatePem, newer),
    });
    await reached(agentAt(device, [address], { roster: keeper }).client, 'online');
    expect(keeper.signed()).toEqual(newer);
    const late = await consoleAt(teacher, room, {
      roster: keeperOf(school.certificatePem, device.roster),
    });
    await reached(agentAt(device, [late.address], { roster: keeper }).client, 'online');
    expect(keeper.signed()).toEqual(newer);
  });

  it('[LK29] takes no roster of another school, and stays with a teacher it knows', async () => {
    const { room, teacher, device, keeper } = await setting();
    const foreign = (await makeSchool()).roster();
    const { server, address } = await consoleAt(teacher, room, {
      roster: { ...keeper, signed: () => foreign },
    });
    await reached(agentAt(device, [address]).client, 'online');
    expect(await server.session(device.deviceId)?.command({ verb: 'unlock', lockId: null })).toMatchObject({
      ok: true,
    });
  });

  it('[LK29] does not follow a teacher who is not listed, until a newer roster lists them', async () => {
    const { school, room, device, keeper } = await setting();
    const before = school.roster();
    const newcomer = await teacherOf(school, room);
    const old = await consoleAt(newcomer, room, { roster: keeperOf(school.certificatePem, before) });
    const { client } = agentAt(device, [old.address], { roster: keeper });
    const { problem, retryInMs } = await reached(client, 'waiting');
    expect(problem).toBe('revoked');
    expect(retryInMs).toBeGreaterThan(0);
    client.stop();
    // The newcomer's console brings the proof along.
    const { address } = await consoleAt(newcomer, room);
    await reached(agentAt(device, [address], { roster: keeper }).client, 'online');
  });

  it('[LK28, LK29] ends the connection as soon as it learns that its teacher is no longer listed', async () => {
    const { school, room, teacher, device, keeper } = await setting();
    const { server, address } = await consoleAt(teacher, room);
    const { client, orders } = agentAt(device, [address], { roster: keeper });
    await reached(client, 'online');
    const gone = heard(server.events, 'gone');
    // From a share of the school, say: the console knows nothing of it.
    expect(keeper.offer(school.dismiss(teacher.teacherId)).ok).toBe(true);
    expect((await reached(client, 'waiting')).problem).toBe('revoked');
    await gone;
    expect((await reached(client, 'connecting')).state).toBe('connecting');
    expect((await reached(client, 'waiting')).problem).toBe('revoked');
    expect(orders).toEqual([]);
  });

  it('[LK29] is told a newer roster while it is connected', async () => {
    const { school, room, teacher, device, keeper } = await setting();
    const consoles = keeperOf(school.certificatePem, device.roster);
    const { address } = await consoleAt(teacher, room, { roster: consoles });
    const { client } = agentAt(device, [address], { roster: keeper });
    await reached(client, 'online');
    const newer = school.dismiss('e'.repeat(64));
    const taken = new Promise((resolve) => keeper.onChange(resolve));
    consoles.offer(newer);
    expect(await taken).toMatchObject({ revoked: ['e'.repeat(64)] });
    expect(client.status().state).toBe('online');
  });

  it('[LK30] passes over a console whose teacher was dismissed, so that another one is found', async () => {
    const { school, room, teacher, device } = await setting();
    const colleague = await teacherOf(school, room);
    const bad = await consoleAt(teacher, room);
    const good = await consoleAt(colleague, room);
    const keeper = keeperOf(school.certificatePem, school.dismiss(teacher.teacherId));
    // The dismissed one does not even learn the device's name.
    let heardHello = 0;
    bad.server.events.on('connected', () => {
      heardHello += 1;
    });
    const { client } = agentAt(device, [bad.address, good.address], { roster: keeper });
    expect((await reached(client, 'online')).address).toBe(good.address);
    expect(heardHello).toBe(0);
  });

  it('[LK30] finds a listed teacher behind two who are only not listed', async () => {
    const { school, room, teacher, device, keeper } = await setting();
    const roster = () => keeperOf(school.certificatePem, device.roster);
    const bad = await consoleAt(await teacherOf(school, room), room, { roster: roster() });
    const worse = await consoleAt(await teacherOf(school, room), room, { roster: roster() });
    const good = await consoleAt(teacher, room, { roster: roster() });
    const { client } = agentAt(device, [bad.address, worse.address, good.address], {
      roster: keeper,
      random: () => 0,
    });
    expect((await reached(client, 'waiting')).problem).toBe('revoked');
    expect((await reached(client, 'online')).address).toBe(good.address);
  });
});

describe('a console', () => {
  it('[LK31] does not let in a device whose key was revoked, and ends its connection when it is', async () => {
    const { school, room, teacher, device } = await setting();
    const other = await deviceOf(school, room);
    const consoles = keeperOf(school.certificatePem, school.roster());
    const { server, address } = await consoleAt(teacher, room, { roster: consoles });
    const { client } = agentAt(device, [address], { random: () => 0.999 });
    await reached(client, 'online');
    await reached(agentAt(other, [address]).client, 'online');
    const gone = heard(server.events, 'gone');
    consoles.offer(school.dismiss(device.deviceId));
    expect((await gone).slice(0, 2)).toEqual([device.deviceId, 'refused']);
    const { problem, retryInMs } = await reached(client, 'waiting');
    expect(problem).toBe('revoked');
    expect(retryInMs).toBeGreaterThan(7_900);
    const again = agentAt(device, [address]);
    expect((await reached(again.client, 'waiting')).problem).toBe('revoked');
    expect(server.sessions().map(({ deviceId }) => deviceId)).toEqual([other.deviceId]);
    expect(server.counters()).toEqual({ revoked: 2 });
  });
});

it('[LK31] a room’s key that was stolen lets nobody in any more once it is revoked', async () => {
  const { school, room, teacher, device } = await setting();
  const consoles = keeperOf(school.certificatePem, school.roster());
  const { address } = await consoleAt(teacher, room, { roster: consoles });
  await reached(agentAt(device, [address]).client, 'online');
  const authorityKey = authorityKeyIdOf(device.certificatePem);
  consoles.offer(school.dismiss(authorityKey ?? ''));
  // Whoever holds the room's key makes as many devices as they like.
  const made = agentAt(await deviceOf(school, room), [address]);
  expect((await reached(made.client, 'waiting')).problem).toBe('revoked');
});

it('[LK28] a device that knows no roster follows nobody', async () => {
  const { school, room, teacher, device } = await setting();
  const keeper = keeperOf(school.certificatePem, null);
  const empty = { ...keeper, signed: () => null };
  const { address } = await consoleAt(teacher, room, { roster: empty });
  const { client } = agentAt(device, [address], { roster: keeper });
  expect((await reached(client, 'waiting')).problem).toBe('revoked');
});
