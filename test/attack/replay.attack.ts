// T03: orders recorded at a device of a running lesson, said again wherever somebody could say them. The attacker even has the
// teacher's certificate and key for TLS, so that each order reaches the gate; only signing anew is what it does not do.
import { afterAll, beforeAll } from 'vitest';
import type { WebSocket } from 'ws';
import { systemClock } from '../../main/lib/clock.ts';
import { mutualServerOptions } from '../../main/link/tls-settings.ts';
import type { AgentIdentity, TeacherIdentity } from '../../main/trust/identity.ts';
import type { Room } from '../../shared/domain/lesson.ts';
import { type CommandBody, ConsoleMessage, Order } from '../../shared/protocol/link.ts';
import {
  commandText,
  deviceOf,
  helloText,
  newLesson,
  newRoom,
  type RunningAgent,
  startAgent,
  teacherOf,
  welcomeText,
} from '../contract/link/classroom.ts';
import { attack } from './attack-table.ts';
import { isWelcomed, openLink, startImpostor, waitMs, within } from './peers.ts';
import { type AttackRoom, startRoom, until } from './room.ts';

const dayMs = 86_400_000;
const lockId = '11111111-1111-4111-8111-111111111111';
const presentationId = '22222222-2222-4222-8222-222222222222';
const bodies = [
  { verb: 'lock', lockId, text: 'Bitte zuhören', graceMs: 30_000, capMs: 60_000 },
  { verb: 'renew-lock', lockId },
  { verb: 'unlock', lockId: null },
  { verb: 'watch', quality: 'tile' },
  { verb: 'show-presentation', presentationId },
  { verb: 'end-presentation', presentationId: null },
  { verb: 'open-url', url: 'https://example.org/' },
] as CommandBody[];
const nonce = 'BBBBBBBBBBBBBBBBBBBBBB';

let room: AttackRoom;
let victim: AgentIdentity;
let recorded: string[] = [];

beforeAll(async () => {
  room = await startRoom();
  await room.console.startLesson();
  const [device] = room.devices;
  if (device === undefined) throw new Error('no device');
  victim = await device.steal();
  await device.kill();
});
afterAll(async () => room?.close());

/** All frames with orders that the console sends to the victim's key in one connection. */
const record = async (): Promise<string[]> => {
  const [host = '', port = ''] = room.address.split(':');
  await until('the device gone', async () => !(await room.console.online()).includes(victim.deviceId));
  const link = await openLink({ host, port: Number(port) }, victim);
  if (!(await isWelcomed(link, helloText({ nonce }))) || link === null)
    throw new Error('the tap was not let in');
  for (let round = 0; round < 3; round += 1)
    for (const body of bodies) void room.console.command(victim.deviceId, body);
  const orders = () => link.frames.filter((frame) => frame.includes('"type":"command"'));
  await until('all orders recorded', async () => orders().length >= 3 * bodies.length);
  link.socket.terminate();
  return orders();
};

type Stage = {
  readonly agent: RunningAgent;
  readonly say: (frames: readonly string[]) => Promise<number>;
  readonly end: () => Promise<void>;
};

/** One device at one lying console; `say` gives how many commands the device has carried out since. */
const stage = async (
  identity: AgentIdentity,
  teacher: TeacherIdentity,
  where: Room,
  clockAheadMs = 0,
  first: (session: string) => readonly string[] = () => [],
): Promise<Stage> => {
  let socket: WebSocket | null = null;
  const answers: string[] = [];
  const lesson = newLesson();
  const impostor = await startImpostor(
    { host: '127.0.0.1', port: 0 },
    mutualServerOptions(teacher),
    (frame, peer) => {
      answers.push(frame);
      if (!frame.includes('"type":"hello"')) return;
      const hello = JSON.parse(frame) as { nonce: string };
      peer.send(welcomeText(where, lesson, { roster: room.school.roster(), wallMs: Date.now() }));
      for (const text of first(hello.nonce)) peer.send(text);
      socket = peer;
    },
  );
  const clock = { ...systemClock, wallMs: () => Date.now() + clockAheadMs };
  const agent = startAgent(identity, [`127.0.0.1:${impostor.port}`], { clock });
  const online = async () => agent.client.status().state === 'online' && socket !== null;
  await until('the device at the lying console', online);
  const results = () => answers.filter((answer) => answer.includes('"type":"result"')).length;
  return {
    agent,
    async say(frames) {
      const [before, answered] = [agent.orders.length, results()];
      for (const frame of frames) socket?.send(frame);
      await within(
        3_000,
        until('answers', async () => results() >= answered + frames.length, 3_000),
        null,
      );
      return agent.orders.length - before;
    },
    async end() {
      agent.client.stop();
      await impostor.close();
    },
  };
};

attack({
  id: 'T03',
  title: 'replayed orders',
  async control() {
    recorded = await record();
    for (const frame of recorded) {
      const message = ConsoleMessage.parse(JSON.parse(frame));
      if (message.type !== 'command' || !Order.safeParse(JSON.parse(message.order)).success) return false;
    }
    // The same stage carries out what is signed for its session.
    const genuine = (session: string) =>
      bodies.map((body, index) => commandText(room.teacher, victim.deviceId, session, index + 1, { body }));
    const good = await stage(victim, room.teacher, room.room, 0, genuine);
    await until('genuine orders carried out', async () => good.agent.orders.length === bodies.length, 3_000);
    await good.end();
    return recorded.length >= 3 * bodies.length;
  },
  async attempts(tally) {
    const refusals = new Map<string, number>();
    const replay = async (name: string, stand: Stage, frames: readonly string[]) => {
      const executed = await stand.say(frames);
      tally.count(frames.length, executed === 0 ? [] : [`${name}: ${executed} carried out`]);
      for (const { code } of stand.agent.refused) refusals.set(code, (refusals.get(code) ?? 0) + 1);
      await stand.end();
    };
    const other = await room.devices[1]?.steal();
    if (other === undefined) throw new Error('no second device');

    // Same session: orders that were carried out come again, in order, backwards, and in a burst.
    const own: string[] = [];
    const same = await stage(victim, room.teacher, room.room, 0, (session) => {
      own.push(
        ...bodies.map((body, index) =>
          commandText(room.teacher, victim.deviceId, session, index + 1, { body }),
        ),
      );
      return own;
    });
    await until('genuine orders carried out', async () => same.agent.orders.length === bodies.length, 3_000);
    await replay('same session', same, [
      ...own,
      ...own.toReversed(),
      ...Array.from({ length: 5 }, () => own).flat(),
    ]);

    await replay('new session', await stage(victim, room.teacher, room.room), [...recorded, ...own]);
    await replay('after a restart', await stage(victim, room.teacher, room.room), recorded);
    for (const [name, aheadMs] of [
      ['clock a day ahead', dayMs],
      ['clock a day behind', -dayMs],
    ] as const)
      await replay(name, await stage(victim, room.teacher, room.room, aheadMs), recorded);
    await replay('other device', await stage(other, room.teacher, room.room), recorded);

    const colleague = await teacherOf(room.school, room.room);
    const informed = { ...victim, roster: room.school.roster() };
    await replay('other teacher of the room', await stage(informed, colleague, room.room), recorded);

    const elsewhere = newRoom('Room 8');
    const teacherThere = await teacherOf(room.school, elsewhere);
    const deviceThere = await deviceOf(room.school, elsewhere);
    await replay('other room', await stage(deviceThere, teacherThere, elsewhere), recorded);

    // Changed a little, in the hope that the signature is not what is looked at.
    const changed = recorded.flatMap((frame) => {
      const { order, signature } = JSON.parse(frame) as { order: string; signature: string };
      const frameOf = (text: string, sign = signature) =>
        JSON.stringify({ type: 'command', order: text, signature: sign });
      return [
        frameOf(order.replace(/"seq":\d+/, '"seq":900000')),
        frameOf(`${order} `),
        frameOf(order.replace('"v":1', '"v":1,"v":1')),
        frameOf(order, `${signature.slice(0, -2)}AA`),
        frameOf(order, 'A'.repeat(86)),
      ];
    });
    await replay('changed orders', await stage(victim, room.teacher, room.room), changed);

    // A real device of the room hears them from somebody on the console's address.
    const [first, second] = room.devices;
    const away = second === undefined ? null : room.network.sitBetween(second.host);
    if (first !== undefined && second !== undefined && away !== null) {
      let frames = recorded;
      let asked = 0;
      const results: string[] = [];
      const impostor = await startImpostor(
        { host: room.network.console.address, port: room.port },
        mutualServerOptions(room.teacher),
        (frame, peer) => {
          if (frame.includes('"type":"result"')) results.push(frame);
          if (!frame.includes('"type":"hello"')) return;
          peer.send(
            welcomeText(room.room, newLesson(), { roster: room.school.roster(), wallMs: Date.now() }),
          );
          for (const text of frames) peer.send(text);
          asked += frames.length;
          frames = [];
        },
      );
      await second.restart();
      await within(
        8_000,
        until('the device answers', async () => results.length >= recorded.length, 8_000),
        null,
      );
      await waitMs(200);
      const { report, cover } = await second.stats();
      const isCalm = report.lock.state === 'free' && report.screen === 'off' && cover.covers === 0;
      const taken = results.filter((frame) => frame.includes('"refusal":null')).length;
      tally.count(
        asked,
        isCalm && taken === 0 ? [] : [`real device: ${taken} carried out, ${JSON.stringify(report)}`],
      );
      tally.figure('said to a real device', String(asked));
      await impostor.close();
      away();
    } else console.log('T03: no real device in between: only without namespaces');
    tally.figure('refusals', [...refusals].map(([code, count]) => `${count} ${code}`).join(', '));
  },
});
