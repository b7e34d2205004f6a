// T01, T02: somebody on the console's address. First only passing on, then passing for the console with every certificate that
// can be had, then as a teacher of the room whose orders are not in order.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { afterAll, beforeAll } from 'vitest';
import { mutualServerOptions } from '../../main/link/tls-settings.ts';
import { createSigner } from '../../main/trust/command-signature.ts';
import type { AgentIdentity, TeacherIdentity } from '../../main/trust/identity.ts';
import { createSchool } from '../../main/trust/school-authority.ts';
import type { CommandBody, Order } from '../../shared/protocol/link.ts';
import {
  commandText,
  deviceOf,
  makeSchool,
  newLesson,
  newRoom,
  startAgent,
  teacherOf,
  welcomeText,
} from '../contract/link/classroom.ts';
import { attack, type Tally } from './attack-table.ts';
import { issueTeacherWith } from './forgery.ts';
import { startImpostor, startTap, waitMs, within } from './peers.ts';
import { type AttackDevice, type AttackRoom, startRoom, until } from './room.ts';
import { findWords } from './wire.ts';

const dayMs = 86_400_000;
const lockText = 'Kanarischer Sperrtext';
const lockId = '11111111-1111-4111-8111-111111111111';
const presentationId = '22222222-2222-4222-8222-222222222222';
const bodies = [
  { verb: 'lock', lockId, text: 'Hallo von vorne', graceMs: 30_000, capMs: 60_000 },
  { verb: 'renew-lock', lockId },
  { verb: 'unlock', lockId: null },
  { verb: 'watch', quality: 'focus' },
  { verb: 'show-presentation', presentationId },
  { verb: 'end-presentation', presentationId: null },
  { verb: 'open-url', url: 'https://example.org/' },
] as CommandBody[];

let room: AttackRoom;
let victim: AttackDevice;

beforeAll(async () => {
  room = await startRoom({ deviceNames: ['KANARI-EINS', 'KANARI-ZWEI', 'KANARI-DREI', 'KANARI-VIER'] });
  await room.console.startLesson();
  const [first] = room.devices;
  if (first === undefined) throw new Error('no device');
  victim = first;
});
afterAll(async () => room?.close());

const behind = () => ({ host: room.network.consoleBehind, port: room.port });
const front = () => ({ host: room.network.console.address, port: room.port });

/** Runs with the attacker on the console's address as this device sees it. Without namespaces the device knows a liar's address. */
const inBetween = async <T>(run: (target: { host: string; port: number }) => Promise<T>): Promise<T> => {
  const undo = room.network.sitBetween(victim.host);
  if (undo === null) return run({ host: '127.0.0.1', port: 0 });
  try {
    return await run(front());
  } finally {
    undo();
  }
};

type Mask = { readonly name: string; readonly tls: TlsOptions | null };

/** Everything that an attacker could show, and never what the console shows. */
const masks = async (): Promise<Mask[]> => {
  const ownSchool = await makeSchool();
  const otherRoom = newRoom('Room 8');
  const now = Date.now();
  const genuine = mutualServerOptions(room.teacher);
  const as = (identity: Parameters<typeof mutualServerOptions>[0]): TlsOptions => ({
    ...mutualServerOptions(identity),
    requestCert: false,
  });
  const under = (identity: TeacherIdentity): TlsOptions =>
    as({ ...identity, authorityPem: room.teacher.authorityPem });
  const expired = await makeSchoolTeacher(now - 200 * dayMs);
  const later = await makeSchoolTeacher(now + 60 * dayMs);
  const thief = await room.devices[1]?.steal();
  if (thief === undefined) throw new Error('no second device');
  const fromRoomAuthority = await forgedByRoomAuthority();
  const revoked = await teacherOf(room.school, room.room);
  // The device learns of it from its console, as in any lesson; what it does not know yet it cannot refuse.
  await victim.restart();
  await room.untilOnline(30_000);
  room.school.dismiss(revoked.teacherId);
  if ((await room.console.offerRoster(room.school.roster())) !== 'taken') throw new Error('roster not taken');
  const known = join(victim.profile, 'roster.json');
  await until(
    'the device knows',
    async () => existsSync(known) && readFileSync(known, 'utf8').includes(revoked.teacherId),
  );
  return [
    { name: 'no TLS at all', tls: null },
    { name: 'own authority', tls: as(await teacherOf(ownSchool, room.room)) },
    { name: 'own authority, chain with the genuine root', tls: under(await teacherOf(ownSchool, room.room)) },
    { name: 'self-signed', tls: as(await selfSigned()) },
    { name: 'expired', tls: as(expired) },
    { name: 'not valid yet', tls: as(later) },
    {
      name: 'another school’s teacher of the same room id',
      tls: as(await teacherOf(await makeSchool(), room.room)),
    },
    {
      name: 'TLS 1.2',
      tls: { ...genuine, requestCert: false, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' },
    },
    { name: 'a device’s certificate', tls: as(thief) },
    { name: 'a certificate made by a device’s key', tls: as(fromRoomAuthority) },
    { name: 'a teacher of another room', tls: as(await teacherOf(room.school, otherRoom)) },
    { name: 'a teacher who was dismissed', tls: as(revoked) },
  ];
};

const makeSchoolTeacher = (atMs: number): Promise<TeacherIdentity> => teacherOf(room.school, room.room, atMs);

/** A certificate that is its own authority. */
const selfSigned = async (): Promise<TeacherIdentity> => ({
  ...room.teacher,
  ...(await createSchool(Date.now())),
});

/** What somebody has who took the room's authority from a console: it issues devices and must not issue a teacher. */
const forgedByRoomAuthority = async (): Promise<TeacherIdentity> => {
  return issueTeacherWith(room.roomAuthority, room.room.id, room.teacher.authorityPem);
};

const isVictimOnline = async (): Promise<boolean> => (await victim.stats()).link.state === 'online';

attack({
  id: 'T01',
  title: 'somebody in between who passes on',
  async control() {
    // The position is real: the device reaches its console through the attacker and is locked through it.
    return await inBetween(async (target) => {
      if (room.network.isReal) await room.console.backDoor(room.network.consoleBehind);
      const tap = await startTap(target, room.network.isReal ? behind() : front());
      if (!room.network.isReal) await victim.setPolicy({ consoleAddresses: [`127.0.0.1:${tap.port}`] });
      await victim.restart();
      await until('the device online through the attacker', isVictimOnline, 20_000);
      const id = (await victim.stats()).deviceId;
      await until(
        'the console sees it',
        async () => (await room.console.online()).some((one) => one === id),
        20_000,
      );
      const ids = (await room.console.online()).filter((one) => one === id);
      await room.console.lock(ids, lockText);
      const isLocked = (await victim.stats()).cover.notice?.text === lockText;
      await room.console.unlock(ids);
      recorded = tap.recorded();
      await tap.close();
      return isLocked && (recorded.length > 1_000 || !room.network.isReal);
    });
  },
  async attempts(tally) {
    const found = findWords(
      [{ name: 'in between', bytes: recorded }],
      [lockText, 'KANARI-EINS', 'Frau Muster', 'Raum 204', '"type":', 'lehrpult.link', 'Upgrade'],
    );
    tally.count(
      7,
      found.map(({ word, form }) => `${word} as ${form}`),
    );
    tally.figure('recorded', `${(recorded.length / 1024).toFixed(0)} KiB`);
  },
});
let recorded: Buffer = Buffer.alloc(0);

/** The device dials an impostor with this mask; true if it says anything to it inside TLS. */
const falls = async ({ name, tls }: Mask, tally: Tally): Promise<boolean> =>
  inBetween(async (target) => {
    const impostor = await startImpostor(target, tls, (_frame, socket) => {
      const session = (JSON.parse(_frame) as { nonce?: string }).nonce ?? '';
      socket.send(welcomeText(room.room, newLesson(), { roster: room.school.roster(), wallMs: Date.now() }));
      for (const body of bodies)
        socket.send(
          JSON.stringify({
            type: 'command',
            order: JSON.stringify({ body, session }),
            signature: 'A'.repeat(86),
          }),
        );
    });
    if (!room.network.isReal) await victim.setPolicy({ consoleAddresses: [`127.0.0.1:${impostor.port}`] });
    await victim.restart();
    const hasDialled = await impostor.untilEnded(1, 12_000);
    if (!hasDialled) tally.count(0, [`${name}: the device never dialled, nothing was attacked`]);
    if (room.network.isReal) {
      const { link } = await victim.stats();
      const named = link.state === 'waiting' ? link.problem : link.state;
      problems.set(named, (problems.get(named) ?? 0) + 1);
    }
    const { heard } = impostor;
    await impostor.close();
    return heard.length > 0;
  });
const problems = new Map<string, number>();

attack({
  id: 'T02',
  title: 'spoofed console, by certificate',
  timeoutMs: 240_000,
  async control() {
    // With the genuine certificate and key the same impostor is spoken to.
    return await inBetween(async (target) => {
      const impostor = await startImpostor(target, mutualServerOptions(room.teacher));
      if (!room.network.isReal) await victim.setPolicy({ consoleAddresses: [`127.0.0.1:${impostor.port}`] });
      await victim.restart();
      const heard = async () => impostor.heard.some((frame) => frame.includes('"type":"hello"'));
      const isHeard = await within(
        15_000,
        until('a hello', heard, 15_000).then(() => true),
        false,
      );
      await impostor.close();
      return isHeard || !room.network.isReal;
    });
  },
  async attempts(tally) {
    for (const mask of await masks()) {
      const hasFallen = await falls(mask, tally);
      tally.count(bodies.length, hasFallen ? [mask.name] : []);
    }
    await victim.restart();
    await room.untilOnline(30_000);
    const { cover, report } = await victim.stats();
    await tally.attempt('the device was changed', () => cover.covers > 0 || report.screen !== 'off');
    tally.figure(
      'said by the device',
      [...problems].map(([problem, count]) => `${count} ${problem}`).join(', '),
    );
  },
});

type Lie = {
  readonly name: string;
  readonly change: (genuine: Order) => Partial<Record<keyof Order, unknown>>;
};

attack({
  id: 'T02',
  title: 'spoofed console, by orders',
  async control() {
    const { agent, end } = await atListedTeacher((session) =>
      bodies.map((body, index) => commandText(listed, stolen.deviceId, session, index + 1, { body })),
    );
    await until('genuine orders', async () => agent.orders.length === bodies.length, 5_000);
    await end();
    return true;
  },
  async attempts(tally) {
    const other = await deviceOf(room.school, room.room);
    const stranger = await teacherOf(await makeSchool(), room.room);
    const lies: readonly Lie[] = [
      { name: 'another device', change: () => ({ device: other.deviceId }) },
      { name: 'another room', change: () => ({ room: newRoom().id }) },
      { name: 'another issuer', change: () => ({ issuer: room.teacher.teacherId }) },
      { name: 'another session', change: () => ({ session: 'C'.repeat(22) }) },
      { name: 'another version', change: () => ({ v: 2 }) },
      { name: 'number 0', change: () => ({ seq: 0 }) },
      { name: 'number -1', change: () => ({ seq: -1 }) },
      { name: 'number as text', change: () => ({ seq: '7' }) },
      { name: 'number too great', change: () => ({ seq: 2 ** 60 }) },
      { name: 'no body', change: () => ({ body: null }) },
      { name: 'verb run', change: () => ({ body: { verb: 'run', command: 'calc' } }) },
      { name: 'verb __proto__', change: () => ({ body: { verb: '__proto__' } }) },
      { name: 'verb constructor', change: () => ({ body: { verb: 'constructor' } }) },
    ];
    const foreignSign = createSigner(stranger.privateKeyPem);
    const texts = (session: string): string[] =>
      bodies.flatMap((body, index) => [
        ...lies.map(({ change }) => {
          const genuine = {
            v: 1,
            body,
            room: room.room.id,
            device: stolen.deviceId,
            issuer: listed.teacherId,
            session,
            seq: index + 1,
          } as Order;
          return commandText(listed, stolen.deviceId, session, index + 1, { body, ...change(genuine) });
        }),
        // Unsigned, signed by a stranger, signed by a device, signed over other text.
        JSON.stringify({
          ...JSON.parse(commandText(listed, stolen.deviceId, session, index + 1, { body })),
          signature: 'A'.repeat(86),
        }),
        (() => {
          const { order } = JSON.parse(
            commandText(listed, stolen.deviceId, session, index + 1, { body }),
          ) as { order: string };
          return JSON.stringify({ type: 'command', order, signature: foreignSign(order) });
        })(),
        (() => {
          const { order, signature } = JSON.parse(
            commandText(listed, stolen.deviceId, session, index + 1, { body }),
          ) as { order: string; signature: string };
          return JSON.stringify({ type: 'command', order: order.replace('"v":1', '"v": 1'), signature });
        })(),
      ]);
    let said = 0;
    const stand = await atListedTeacher((session) => {
      const all = texts(session);
      said = all.length;
      return all;
    });
    await within(
      5_000,
      until('answers', async () => stand.agent.refused.length >= said, 5_000),
      null,
    );
    tally.count(
      said,
      stand.agent.orders.map(({ verb }) => `${verb} carried out`),
    );
    tally.figure('refused and told', `${stand.agent.refused.length} of ${said}`);
    await tally.attempt('a refusal was not told', () => stand.agent.refused.length < said);
    await stand.end();

    // Dismissed while connected: the device ends the connection itself; orders that come with the news are refused.
    const late = await atListedTeacher((session) => {
      const roster = room.school.dismiss(listed.teacherId);
      return [
        JSON.stringify({ type: 'roster', roster }),
        ...bodies.map((body, index) => commandText(listed, stolen.deviceId, session, index + 1, { body })),
      ];
    });
    await within(
      5_000,
      until('away', async () => late.agent.client.status().state !== 'online', 5_000),
      null,
    );
    await waitMs(200);
    tally.count(
      bodies.length,
      late.agent.orders.map(({ verb }) => `${verb} after the dismissal`),
    );
    const status = late.agent.client.status();
    tally.figure('after dismissal', status.state === 'waiting' ? status.problem : status.state);
    await late.end();
  },
});

let listed: TeacherIdentity;
let stolen: AgentIdentity;

/** A real link of a device at an impostor who is a second listed teacher of the room. */
const atListedTeacher = async (first: (session: string) => readonly string[]) => {
  listed ??= await teacherOf(room.school, room.room);
  stolen ??= await deviceOf(room.school, room.room);
  let isThere = false;
  const impostor = await startImpostor(
    { host: '127.0.0.1', port: 0 },
    mutualServerOptions(listed),
    (frame, peer) => {
      if (!frame.includes('"type":"hello"')) return;
      const { nonce } = JSON.parse(frame) as { nonce: string };
      peer.send(welcomeText(room.room, newLesson(), { roster: stolen.roster, wallMs: Date.now() }));
      for (const text of first(nonce)) peer.send(text);
      isThere = true;
    },
  );
  const agent = startAgent(stolen, [`127.0.0.1:${impostor.port}`]);
  await until('the device at the impostor', async () => isThere, 10_000);
  return {
    agent,
    async end() {
      agent.client.stop();
      await impostor.close();
    },
  };
};
