// One key, two connections: a device that has moved is let in again, a copied device is kept apart together with its origin.
import { describe, expect, it } from 'vitest';
import type { DeviceId } from '../../../shared/domain/ids.ts';
import { deviceOf, heard, helloText, makeSchool, newRoom, reached, teacherOf } from './classroom.ts';
import { openStage } from './stage.ts';

const school = await makeSchool();
const room = newRoom();
const teacher = await teacherOf(school, room);
const device = await deviceOf(school, room);
const other = await deviceOf(school, room);

const { consoleAt, agentAt, rawAt } = openStage();

describe('[LK14] a key that comes a second time', () => {
  it('while the first connection lives: both end, and neither comes back until the teacher has decided', async () => {
    const quarantined = new Set<DeviceId>();
    const { server, address } = await consoleAt(teacher, room, {
      isQuarantined: (id) => quarantined.has(id),
    });
    server.events.on('cloned', (id) => quarantined.add(id));
    const gone: unknown[] = [];
    server.events.on('gone', (id, reason) => gone.push([id, reason]));
    await reached(agentAt(other, [address]).client, 'online');
    // Whoever is refused firmly waits up to 8 s; here exactly that.
    const first = agentAt(device, [address], { random: () => 0.999 });
    await reached(first.client, 'online');
    const cloned = heard(server.events, 'cloned');
    const second = agentAt(device, [address], { random: () => 0.999 });
    expect(await cloned).toEqual([device.deviceId, ['127.0.0.1']]);
    for (const { client } of [first, second]) {
      const { problem, retryInMs } = await reached(client, 'waiting');
      expect(problem).toBe('cloned');
      expect(retryInMs).toBeGreaterThan(7_900);
    }
    expect(gone).toEqual([[device.deviceId, 'cloned']]);
    expect(server.sessions().map(({ deviceId }) => deviceId)).toEqual([other.deviceId]);
    expect(server.counters()).toEqual({ cloned: 2 });
    // A third try, alone, is no better.
    const third = agentAt(device, [address]);
    expect((await reached(third.client, 'waiting')).problem).toBe('cloned');
    third.client.stop();
    // The teacher lets it in again.
    quarantined.clear();
    await reached(agentAt(device, [address]).client, 'online');
  });

  it('while the first is silent: it is replaced, and for the room the device was never away', async () => {
    const { server, port, address } = await consoleAt(teacher, room);
    const older = await rawAt(port, device);
    older.socket.send(helloText());
    await heard(server.events, 'connected');
    // The old address is gone: nothing is read there any more.
    older.socket.pause();
    const absent: boolean[] = [];
    server.events.on('gone', (id) => absent.push(server.session(id) === null));
    const gone = heard(server.events, 'gone');
    const startMs = performance.now();
    const { client, orders } = agentAt(device, [address]);
    await reached(client, 'online');
    expect(performance.now() - startMs).toBeLessThan(2_500);
    expect((await gone).slice(0, 2)).toEqual([device.deviceId, 'replaced']);
    expect(absent).toEqual([false]);
    expect(server.sessions()).toHaveLength(1);
    expect(server.counters()).toEqual({ replaced: 1 });
    expect(await server.session(device.deviceId)?.command({ verb: 'unlock', lockId: null })).toMatchObject({
      ok: true,
    });
    expect(orders).toHaveLength(1);
  });

  it('and hangs up at once was there all the same', async () => {
    const { server, port, address } = await consoleAt(teacher, room);
    const first = agentAt(device, [address], { random: () => 0.999 });
    await reached(first.client, 'online');
    const cloned = heard(server.events, 'cloned');
    const raw = await rawAt(port, device);
    raw.socket.send(helloText(), () => raw.socket.terminate());
    expect((await cloned)[0]).toBe(device.deviceId);
    expect((await reached(first.client, 'waiting')).problem).toBe('cloned');
  });

  it('says nothing out of turn while it waits', async () => {
    const { server, port } = await consoleAt(teacher, room);
    const older = await rawAt(port, device);
    older.socket.send(helloText());
    await heard(server.events, 'connected');
    older.socket.pause();
    const raw = await rawAt(port, device);
    raw.socket.send(helloText());
    raw.socket.send(helloText());
    expect((await raw.closed).reason).toBe('wrong-order');
    expect(server.session(device.deviceId)?.isOpen()).toBe(true);
  });
});
