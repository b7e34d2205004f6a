// The link's bounds in time and number: silence, half-open connections, slow readers, floods beside a device at work.

import { connect, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { createFakeClock } from '../../../main/lib/fake-clock.ts';
import { heartbeatTimeoutMs, helloTimeoutMs } from '../../../shared/protocol/link.ts';
import {
  deviceOf,
  heard,
  helloText,
  makeSchool,
  newLesson,
  newRoom,
  reached,
  startConsole,
  startPuppet,
  teacherOf,
  welcomeText,
} from './classroom.ts';
import { openStage } from './stage.ts';

const school = await makeSchool();
const room = newRoom();
const teacher = await teacherOf(school, room);
const device = await deviceOf(school, room);
const rogue = await deviceOf(school, room);

const { cleanups, consoleAt, agentAt, rawAt } = openStage();
/** Many connections that never say anything; counts how many were cut. */
async function holdOpen(port: number, count: number) {
  let cut = 0;
  const opening = Array.from({ length: count }, () => {
    const socket: Socket = connect(port, '127.0.0.1');
    cleanups.push(() => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => {
      cut += 1;
    });
    return new Promise<void>((done) => socket.once('connect', done));
  });
  await Promise.all(opening);
  return { cut: () => cut };
}

describe('time', () => {
  it('[LK7] cuts a connection that says no hello for 5 s, and says why', async () => {
    const clock = createFakeClock();
    const { server, port } = await startConsole(teacher, room, { clock });
    const raw = await rawAt(port, rogue);
    clock.advance(helloTimeoutMs - 500);
    expect(server.counters()).toEqual({});
    clock.advance(500);
    expect(server.counters()).toEqual({ 'too-slow': 1 });
    expect((await raw.closed).reason).toBe('too-slow');
    const closing = server.close();
    clock.advance(1_000);
    await closing;
  });

  it('[LK17] cuts connections that never get as far as a handshake', async () => {
    const clock = createFakeClock();
    const { server, port } = await startConsole(teacher, room, { clock });
    const { cut } = await holdOpen(port, 20);
    clock.advance(4_000);
    expect(cut()).toBe(0);
    // The console may take a connection a moment after the peer thinks it has it.
    const allCut = () => {
      clock.advance(1_500);
      return cut();
    };
    await expect.poll(allCut).toBe(20);
    expect(server.counters()).toEqual({ 'half-open': 20 });
    const closing = server.close();
    clock.advance(1_000);
    await closing;
  });

  it('[LK13] an agent gives up a console that is silent for 5 s', async () => {
    // A console that says welcome and then nothing, not even a ping.
    const clock = createFakeClock();
    const { port, close } = await mute((socket) => socket.on('message', () => socket.send(welcome)));
    cleanups.push(close);
    const { client } = agentAt(device, [`127.0.0.1:${port}`], { clock, random: () => 1 });
    await reached(client, 'online');
    clock.advance(heartbeatTimeoutMs - 100);
    expect(client.status().state).toBe('online');
    clock.advance(200);
    expect(client.status()).toMatchObject({ state: 'waiting', problem: 'connection-lost' });
  });

  it('[LK13] a device that falls silent is gone, one that only answers pings stays', async () => {
    const limits = { heartbeatIntervalMs: 250, heartbeatTimeoutMs: 2_000 };
    const { server, address } = await consoleAt(teacher, room, { limits });
    const gone: unknown[] = [];
    server.events.on('gone', (...parts) => gone.push(parts));
    await reached(agentAt(device, [address]).client, 'online');
    // The rogue reads nothing and falls silent; that it is gone proves that the time for it has passed.
    const silent = await rawAt(Number(address.split(':')[1]), rogue);
    silent.socket.send(helloText());
    silent.socket.pause();
    const [, reason] = await heard(server.events, 'gone', (id) => id === rogue.deviceId);
    expect(reason).toBe('silent');
    expect(gone).toHaveLength(1);
    expect(server.session(device.deviceId)?.isOpen()).toBe(true);
  });
});

const welcome = welcomeText(room, newLesson());
const mute = (onConnection: (socket: WebSocket) => void) => startPuppet(teacher, onConnection);

describe('order', () => {
  it('[LK8] a device ends a connection on which the console talks nonsense', async () => {
    for (const nonsense of ['{"type":"reboot"}', 'nonsense', welcome]) {
      const { port, close } = await mute((socket) =>
        socket.on('message', () => {
          socket.send(welcome);
          socket.send(nonsense);
        }),
      );
      cleanups.push(close);
      const { client } = agentAt(device, [`127.0.0.1:${port}`]);
      const { problem } = await reached(client, 'waiting');
      expect(['bad-message', 'not-json', 'wrong-order']).toContain(problem);
      client.stop();
    }
  });

  it('[LK24] says why, closes with 4000 and then cuts', async () => {
    const { server, port } = await consoleAt(teacher, room);
    const raw = await rawAt(port, rogue);
    raw.socket.send(helloText());
    const [session] = await heard(server.events, 'connected');
    session.refuse('not-enrolled');
    expect(await raw.closed).toEqual({ code: 4000, reason: 'not-enrolled' });
    expect(raw.frames.at(-1)).toBe('{"type":"refused","code":"not-enrolled"}');
    expect(session.send({ type: 'signal', channel: 'screen', signal: { kind: 'bye', generation: 1 } })).toBe(
      false,
    );
    expect(await session.command({ verb: 'unlock', lockId: null })).toMatchObject({
      error: { code: 'gone' },
    });
  });
});

describe('number', () => {
  it('[LK16] cuts a device that does not read', async () => {
    const { server, port } = await consoleAt(teacher, room, { limits: { maxWaitingBytes: 200_000 } });
    const raw = await rawAt(port, rogue);
    raw.socket.send(helloText());
    const [session] = await heard(server.events, 'connected');
    raw.socket.pause();
    const gone = heard(server.events, 'gone');
    const sdp = `v=0\r\n${'a=x\r\n'.repeat(12_000)}`;
    let sent = 0;
    while (
      session.send({ type: 'signal', channel: 'presentation', signal: { kind: 'offer', sdp, generation: 1 } })
    )
      sent += 1;
    expect((await gone)[1]).toBe('refused');
    expect(server.counters()).toEqual({ 'too-slow': 1 });
    expect(sent).toBeLessThan(200);
  });

  it('[LK17, LK8] 500 half-open sockets and a thousand malformed messages leave a device’s commands alone', async () => {
    const { server, port, address, logged } = await consoleAt(teacher, room);
    server.setLesson(newLesson());
    await reached(agentAt(device, [address]).client, 'online');
    const session = server.session(device.deviceId);
    const before = process.memoryUsage().rss;
    const flooding = (async () => {
      for (let round = 0; round < 20; round += 1) {
        const raw = await rawAt(port, rogue);
        raw.socket.send(helloText());
        for (let index = 0; index < 50; index += 1) raw.socket.send(`{"type":"nonsense ${index}"}`);
        await raw.closed;
      }
    })();
    const holding = holdOpen(port, 500);
    const times: number[] = [];
    let isOver = false;
    const done = Promise.all([flooding, holding]).finally(() => {
      isOver = true;
    });
    while (!isOver || times.length < 200) {
      const start = performance.now();
      const answer = await session?.command({ verb: 'watch', quality: 'tile' });
      expect(answer).toMatchObject({ ok: true });
      times.push(performance.now() - start);
    }
    await done;
    times.sort((a, b) => a - b);
    expect(times[Math.floor(times.length * 0.99)]).toBeLessThan(500);
    const counters = server.counters();
    expect(counters.crowded).toBeGreaterThanOrEqual(500 - 256);
    expect(counters['bad-message']).toBeGreaterThanOrEqual(20);
    // Logged, but not once per attempt without bound: 20 lines per code and second.
    expect(logged.filter((line) => line.includes('link.refused.crowded')).length).toBeGreaterThan(0);
    expect(logged.length).toBeLessThan(1_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
    // A device that comes now gets in although the door is full of silent sockets.
    await reached(agentAt(rogue, [address]).client, 'online');
  });
});

describe('coming back', () => {
  it('[LK19] hints hurry a waiting agent once in 2 s and leave a connection alone', async () => {
    const clock = createFakeClock();
    const { client } = agentAt(device, ['127.0.0.1:1'], { clock, random: () => 0.99 });
    const dials: string[] = [];
    client.events.on('status', (status) => dials.push(status.state));
    await reached(client, 'waiting');
    // Let a few failed tries lengthen the wait.
    for (let index = 0; index < 60; index += 1) {
      clock.advance(9_000);
      await reached(client, 'waiting');
    }
    dials.length = 0;
    client.nudge();
    clock.advance(499);
    expect(dials).toEqual(['connecting']);
    await reached(client, 'waiting');
    client.nudge();
    clock.advance(600);
    expect(dials.filter((state) => state === 'connecting')).toHaveLength(1);
    client.stop();
    client.nudge();
    expect(client.status()).toEqual({ state: 'stopped' });
  });

  it('[LK15] waits long after an answer that will not change soon', async () => {
    const { address } = await consoleAt(teacher, room, { admits: () => false });
    const { client } = agentAt(device, [address], { random: () => 0.999 });
    const { problem, retryInMs } = await reached(client, 'waiting');
    expect(problem).toBe('not-enrolled');
    expect(retryInMs).toBeGreaterThan(7_900);
  });

  it('[LK12] does not settle on a version that only one side speaks', async () => {
    const { server, port } = await consoleAt(teacher, room);
    const raw = await rawAt(port, rogue);
    raw.socket.send(helloText({ versions: { min: 3, max: 5 } }));
    expect((await raw.closed).reason).toBe('version');
    // Another version's hello may hold anything besides.
    const later = await rawAt(port, rogue);
    later.socket.send('{"type":"hello","versions":{"min":3,"max":9},"greeting":"hi"}');
    expect((await later.closed).reason).toBe('version');
    const ranged = await rawAt(port, rogue);
    ranged.socket.send(helloText({ versions: { min: 1, max: 5 } }));
    await heard(server.events, 'connected');
    await expect.poll(() => ranged.frames[0]).toContain('"version":2');
  });
});
