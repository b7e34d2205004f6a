// The link with real TLS on 127.0.0.1: what a device and a console notice of each other.
import { describe, expect, it } from 'vitest';
import { idleReport } from '../../../shared/domain/device.ts';
import {
  deviceOf,
  facts,
  heard,
  makeSchool,
  newLesson,
  newRoom,
  reached,
  startConsole,
  teacherOf,
} from './classroom.ts';
import { openStage } from './stage.ts';

const school = await makeSchool();
const room = newRoom();
const teacher = await teacherOf(school, room);
const device = await deviceOf(school, room);

const { consoleAt, agentAt } = openStage();

describe('hello and welcome', () => {
  it('[LK6] brings a device online with its facts, and tells it room, teacher and lesson', async () => {
    const { server, address } = await consoleAt(teacher, room);
    const lesson = newLesson();
    server.setLesson(lesson);
    const connected = heard(server.events, 'connected');
    let welcomed: unknown;
    const { client } = agentAt(device, [address], {
      handlers: handlersWith({ welcome: (welcome) => (welcomed = welcome) }),
    });
    const [session] = await connected;
    const online = await reached(client, 'online');
    expect(session.deviceId).toBe(device.deviceId);
    expect(session.facts).toEqual(facts);
    expect(session.report).toEqual(idleReport);
    expect(online).toMatchObject({ address, roomName: room.name, teacherName: 'Teacher' });
    expect(welcomed).toEqual({
      roomName: room.name,
      teacherName: 'Teacher',
      lesson,
      clockDifferenceMs: null,
    });
  });

  it('[LK2] finds the console among addresses that are dead or lie', async () => {
    const stranger = await makeSchool();
    const wrong = await consoleAt(await teacherOf(stranger, room), room);
    const right = await consoleAt(teacher, room);
    const { client } = agentAt(device, ['127.0.0.1:1', wrong.address, 'not an address', right.address]);
    expect((await reached(client, 'online')).address).toBe(right.address);
  });

  it('does nothing before it is enrolled, and searches while it knows no address', async () => {
    expect(agentAt(null, ['127.0.0.1:1']).client.status()).toEqual({ state: 'unenrolled' });
    expect(agentAt(device, []).client.status()).toEqual({ state: 'searching' });
  });
});

describe('commands', () => {
  it('[LK9] carries a command out and gives back the answer of the device', async () => {
    const { server, address } = await consoleAt(teacher, room);
    server.setLesson(newLesson());
    const { client, orders } = agentAt(device, [address]);
    await reached(client, 'online');
    const session = server.session(device.deviceId);
    expect(await session?.command({ verb: 'watch', quality: 'tile' })).toEqual({
      ok: true,
      value: undefined,
    });
    expect(orders).toEqual([{ verb: 'watch', quality: 'tile' }]);
  });

  it('[LK11] carries out no command outside a lesson except those that release', async () => {
    const { server, address } = await consoleAt(teacher, room);
    const { client, orders } = agentAt(device, [address]);
    await reached(client, 'online');
    const session = server.session(device.deviceId);
    expect(await session?.command({ verb: 'watch', quality: 'focus' })).toMatchObject({
      ok: false,
      error: { code: 'not-in-lesson' },
    });
    expect(await session?.command({ verb: 'unlock', lockId: null })).toMatchObject({ ok: true });
    expect(orders.map((order) => order.verb)).toEqual(['unlock']);
  });

  it('[LK11] follows a lesson that begins and ends while connected', async () => {
    const { server, address } = await consoleAt(teacher, room);
    const { client } = agentAt(device, [address]);
    await reached(client, 'online');
    const session = server.session(device.deviceId);
    server.setLesson(newLesson());
    expect(await session?.command({ verb: 'watch', quality: 'tile' })).toMatchObject({ ok: true });
    server.setLesson(null);
    expect(await session?.command({ verb: 'watch', quality: 'tile' })).toMatchObject({ ok: false });
  });

  it('[LK9] tells a command of a connection that ends that the device is gone', async () => {
    const { server, address } = await consoleAt(teacher, room);
    const { client } = agentAt(device, [address], {
      handlers: handlersWith({ watch: () => new Promise(() => undefined) }),
    });
    await reached(client, 'online');
    const answer = server.session(device.deviceId)?.command({ verb: 'watch', quality: 'off' });
    client.stop();
    expect(await answer).toMatchObject({ ok: false, error: { code: 'gone' } });
  });

  it('[LK9] gives up waiting for a device that does not answer, and stays connected', async () => {
    const { server, address } = await consoleAt(teacher, room);
    const { client } = agentAt(device, [address], {
      handlers: handlersWith({ watch: () => new Promise(() => undefined) }),
    });
    await reached(client, 'online');
    const session = server.session(device.deviceId);
    expect(await session?.command({ verb: 'watch', quality: 'off' }, 300)).toMatchObject({
      ok: false,
      error: { code: 'timeout' },
    });
    expect(session?.isOpen()).toBe(true);
  });

  it('[LK9] reports a handler that fails as failed and goes on', async () => {
    const { server, address } = await consoleAt(teacher, room);
    const { client, log } = agentAt(device, [address], {
      handlers: handlersWith({
        watch: () => {
          throw new Error('broken on purpose');
        },
      }),
    });
    await reached(client, 'online');
    const session = server.session(device.deviceId);
    expect(await session?.command({ verb: 'watch', quality: 'off' })).toMatchObject({
      error: { code: 'failed' },
    });
    expect(await session?.command({ verb: 'unlock', lockId: null })).toMatchObject({ ok: true });
    expect(log.counts()).toMatchObject({ 'link.handler-failed': 1 });
  });
});

describe('news and signals', () => {
  it('brings reports, facts and signals to the console in order, and signals to the device', async () => {
    const { server, address } = await consoleAt(teacher, room);
    const signals: unknown[] = [];
    const { client } = agentAt(device, [address], {
      handlers: handlersWith({ signal: (channel, signal) => signals.push([channel, signal]) }),
    });
    await reached(client, 'online');
    const types: string[] = [];
    const all = heard(server.events, 'message', (_session, message) => types.push(message.type) === 3);
    client.send({ type: 'report', report: { ...idleReport, screen: 'tile' } });
    client.send({ type: 'facts', facts: { ...facts, name: 'PC 02' } });
    client.send({ type: 'signal', channel: 'screen', signal: { kind: 'bye', generation: 1 } });
    const [session] = await all;
    expect(types).toEqual(['report', 'facts', 'signal']);
    expect(session.report.screen).toBe('tile');
    expect(session.facts.name).toBe('PC 02');
    session.send({ type: 'signal', channel: 'presentation', signal: { kind: 'bye', generation: 2 } });
    await session.command({ verb: 'unlock', lockId: null });
    expect(signals).toEqual([['presentation', { kind: 'bye', generation: 2 }]]);
  });
});

describe('signals', () => {
  const candidate = (address: string) => ({
    kind: 'candidate' as const,
    candidate: `candidate:1 1 udp 2122260223 ${address} 50000 typ host`,
    sdpMid: '0',
    sdpMLineIndex: 0,
    generation: 1,
  });
  const twoCertificates = `v=0\r\n${['AA', 'BB'].map((byte) => `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => byte).join(':')}\r\n`).join('')}`;

  it('[LK34, LK35] lead nowhere but to the other end, on both ends', async () => {
    const { server, address } = await consoleAt(teacher, room);
    const atDevice: unknown[] = [];
    const { client, log } = agentAt(device, [address], {
      handlers: handlersWith({ signal: (_channel, signal) => atDevice.push(signal) }),
    });
    await reached(client, 'online');
    const session = server.session(device.deviceId);
    const atConsole: unknown[] = [];
    server.events.on('message', (_session, message) => {
      if (message.type === 'signal') atConsole.push(message.signal);
    });
    const signals = [
      candidate('203.0.113.9'),
      { kind: 'offer' as const, sdp: twoCertificates, generation: 1 },
      candidate('127.0.0.1'),
    ];
    for (const signal of signals) {
      session?.send({ type: 'signal', channel: 'presentation', signal });
      client.send({ type: 'signal', channel: 'screen', signal });
    }
    await expect.poll(() => [atDevice.length, atConsole.length]).toEqual([1, 1]);
    expect([...atDevice, ...atConsole]).toEqual([candidate('127.0.0.1'), candidate('127.0.0.1')]);
    expect(log.counts()).toMatchObject({ 'link.signal-candidate-dropped': 1, 'link.signal-refused': 1 });
    expect(server.counters()).toEqual({ 'signal-candidate-dropped': 1, 'signal-refused': 1 });
    expect(session?.isOpen()).toBe(true);
  });
});

describe('outages', () => {
  it('[LK15] reconnects when the console is back on its address', async () => {
    const first = await startConsole(teacher, room);
    const { client } = agentAt(device, [first.address]);
    await reached(client, 'online');
    await first.server.close();
    expect((await reached(client, 'waiting')).problem).toBe('console-closing');
    const { server } = await consoleAt(teacher, room, { port: first.port });
    const connected = heard(server.events, 'connected');
    client.nudge();
    await connected;
    await reached(client, 'online');
    expect(await server.session(device.deviceId)?.command({ verb: 'unlock', lockId: null })).toMatchObject({
      ok: true,
    });
  });
});

type Overrides = Partial<import('../../../main/link/link-client.ts').LinkClientHandlers> &
  Partial<import('../../../main/link/link-client.ts').CommandHandlers>;

function handlersWith(overrides: Overrides): import('../../../main/link/link-client.ts').LinkClientHandlers {
  const done = () => null;
  const { signal, welcome, lesson, commands: _commands, ...commands } = overrides;
  return {
    commands: {
      lock: done,
      'renew-lock': done,
      unlock: done,
      watch: done,
      'show-presentation': done,
      'end-presentation': done,
      'open-url': done,
      ...commands,
    },
    signal: signal ?? (() => undefined),
    welcome: welcome ?? (() => undefined),
    lesson: lesson ?? (() => undefined),
  };
}
