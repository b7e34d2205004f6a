// Signed orders on real connections: what a device does with those of a console that lies, repeats or errs.
import { describe, expect, it } from 'vitest';
import { idleReport } from '../../../shared/domain/device.ts';
import type { CommandRefusal, Order } from '../../../shared/protocol/link.ts';
import {
  commandText,
  deviceOf,
  heard,
  helloText,
  makeSchool,
  newLesson,
  newRoom,
  reached,
  startPuppet,
  teacherOf,
  welcomeText,
} from './classroom.ts';
import { openStage } from './stage.ts';

const school = await makeSchool();
const room = newRoom();
const teacher = await teacherOf(school, room);
const colleague = await teacherOf(school, room);
const device = await deviceOf(school, room);
const other = await deviceOf(school, room);

const { cleanups, consoleAt, agentAt, rawAt } = openStage();

/** Lets the puppet say `frames(nonce)` after its welcome; gives the agent and its answers as `seq refusal`. */
async function afterWelcome(frames: (nonce: string) => readonly string[]) {
  const results: string[] = [];
  let done = () => {};
  const answered = new Promise<void>((resolve) => {
    done = resolve;
  });
  const puppet = await startPuppet(teacher, (socket) => {
    let expected = 0;
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      if (message.type === 'hello') {
        const texts = frames(message.nonce);
        expected = texts.length;
        for (const text of [welcomeText(room, newLesson()), ...texts]) socket.send(text);
      } else results.push(`${message.seq} ${message.refusal ?? 'done'}`);
      if (results.length === expected) done();
    });
  });
  cleanups.push(puppet.close);
  const agent = agentAt(device, [puppet.address]);
  await answered;
  return { ...agent, results };
}

describe('a device', () => {
  it('[LK10] carries out no command whose number does not rise', async () => {
    const { orders, results } = await afterWelcome((nonce) =>
      [1, 5, 5, 2, 6].map((seq) => commandText(teacher, device.deviceId, nonce, seq)),
    );
    expect(results.sort()).toEqual([
      '1 done',
      '5 done',
      '6 done',
      'null stale-sequence',
      'null stale-sequence',
    ]);
    expect(orders).toHaveLength(3);
  });

  it('[LK26] carries out nothing that was meant for another device, room, connection or teacher', async () => {
    const lies: [CommandRefusal, Partial<Record<keyof Order, unknown>>][] = [
      ['wrong-issuer', { issuer: colleague.teacherId }],
      ['wrong-room', { room: newRoom().id }],
      ['wrong-device', { device: other.deviceId }],
      ['wrong-session', { session: 'A'.repeat(22) }],
      ['bad-command', { body: { verb: 'run', program: 'calc' } }],
    ];
    const { orders, refused, results } = await afterWelcome((nonce) =>
      lies.map(([, lie]) => commandText(teacher, device.deviceId, nonce, 1, lie)),
    );
    expect(results.sort()).toEqual(lies.map(([code]) => `null ${code}`).sort());
    expect(orders).toEqual([]);
    expect(refused.map(({ code }) => code).sort()).toEqual(lies.map(([code]) => code).sort());
    expect(new Set(refused.map(({ teacherId }) => teacherId))).toEqual(new Set([teacher.teacherId]));
  });

  it('[LK25] believes no order that another teacher of the room has signed, nor one that was changed', async () => {
    const { orders, results, log } = await afterWelcome((nonce) => {
      const genuine = commandText(teacher, device.deviceId, nonce, 1);
      return [
        commandText(colleague, device.deviceId, nonce, 1),
        commandText({ ...colleague, teacherId: teacher.teacherId }, device.deviceId, nonce, 1),
        genuine.replace('null', `\\"${newLesson()}\\"`),
        genuine.replace('seq\\":1', 'seq\\":2'),
      ];
    });
    expect(results).toEqual(Array.from({ length: 4 }, () => 'null bad-signature'));
    expect(orders).toEqual([]);
    expect(log.counts()).toMatchObject({ 'link.command-refused.bad-signature': 4 });
  });

  it('[LK26] carries out nothing of an earlier connection, whatever its clock says', async () => {
    let recorded: string[] = [];
    const first = await afterWelcome((nonce) => {
      recorded = [1, 2, 3].map((seq) => commandText(teacher, device.deviceId, nonce, seq));
      return recorded;
    });
    expect(first.orders).toHaveLength(3);
    first.client.stop();
    const again = await afterWelcome(() => recorded);
    expect(again.results).toEqual(['null wrong-session', 'null wrong-session', 'null wrong-session']);
    expect(again.orders).toEqual([]);
  });
});

describe('a console', () => {
  it('[LK9] hears with the answer what is true on the device after the command', async () => {
    const { server, address } = await consoleAt(teacher, room);
    const reports: string[] = [];
    server.events.on('message', (_session, message) => {
      if (message.type === 'report') reports.push(message.report.screen);
    });
    const { client } = agentAt(device, [address], { report: () => ({ ...idleReport, screen: 'blurred' }) });
    await reached(client, 'online');
    const session = server.session(device.deviceId);
    expect(await session?.command({ verb: 'unlock', lockId: null })).toMatchObject({ ok: true });
    expect(session?.report.screen).toBe('blurred');
    expect(reports).toEqual(['blurred']);
  });

  it('[LK9] counts an answer that says an order was not trusted, and waits on for its own', async () => {
    const { server, port, logged } = await consoleAt(teacher, room);
    const refused = heard(server.events, 'refused');
    const raw = await rawAt(port, device);
    raw.socket.send(helloText());
    const [session] = await heard(server.events, 'connected');
    const answer = session.command({ verb: 'unlock', lockId: null });
    const result = { type: 'result', report: idleReport };
    raw.socket.send(JSON.stringify({ ...result, seq: null, refusal: 'bad-signature' }));
    expect((await refused)[0]).toBe('order-bad-signature');
    expect(server.counters()).toMatchObject({ 'order-bad-signature': 1 });
    expect(logged.some((line) => line.includes('link.refused.order-bad-signature'))).toBe(true);
    raw.socket.send(JSON.stringify({ ...result, seq: 1, refusal: null }));
    expect(await answer).toEqual({ ok: true, value: undefined });
  });

  it('[LK26] gives each device orders that no other device would take', async () => {
    const { server, port } = await consoleAt(teacher, room);
    const nonces = new Map([
      [device, 'D'.repeat(22)],
      [other, 'O'.repeat(22)],
    ]);
    for (const [identity, nonce] of nonces) {
      const raw = await rawAt(port, identity);
      raw.socket.send(helloText({ nonce }));
      const [session] = await heard(server.events, 'connected');
      void session.command({ verb: 'unlock', lockId: null });
      await expect.poll(() => raw.frames).toHaveLength(2);
      const order = JSON.parse(JSON.parse(raw.frames[1] ?? '').order);
      expect(order).toEqual({
        v: 1,
        body: { verb: 'unlock', lockId: null },
        room: room.id,
        device: identity.deviceId,
        issuer: teacher.teacherId,
        session: nonce,
        seq: 1,
      });
    }
  });
});
