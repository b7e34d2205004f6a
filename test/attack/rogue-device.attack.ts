// T04, T34: devices that are none, were stolen or copied, and keys that two installations might share.
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { enrol } from '../../main/link/enrolment-client.ts';
import type { AgentIdentity, TlsIdentity } from '../../main/trust/identity.ts';
import { createKeyPair, createRoomAuthority } from '../../main/trust/school-authority.ts';
import { idleReport } from '../../shared/domain/device.ts';
import { deviceOf, facts, helloText, makeSchool, newRoom, teacherOf } from '../contract/link/classroom.ts';
import { attack } from './attack-table.ts';
import { issueAgentWith } from './forgery.ts';
import { isWelcomed, openLink, type Target, within } from './peers.ts';
import { type AttackDevice, type AttackRoom, startRoom, until } from './room.ts';

let room: AttackRoom;
let target: Target;

beforeAll(async () => {
  room = await startRoom();
  target = { host: room.network.console.address, port: room.port };
  await room.console.startLesson();
  await room.console.watch('tile');
});
afterAll(async () => room?.close());

const device = (index: number): AttackDevice => {
  const found = room.devices[index];
  if (found === undefined) throw new Error(`no device ${index}`);
  return found;
};

/** True if the console takes whoever shows this for a device. */
const getsIn = async (
  shown: TlsIdentity | Pick<TlsIdentity, 'authorityPem'>,
  hello = helloText(),
): Promise<boolean> => {
  const link = await openLink(target, shown);
  const isIn = await isWelcomed(link, hello);
  link?.socket.terminate();
  return isIn;
};

const tiles = async (): Promise<string[]> =>
  (await room.console.snapshot()).devices
    .map(({ id, name, connection }) => `${id} ${name} ${connection.state}`)
    .toSorted();

/** Certificates that no console of this school has ever given out for this room. */
const forged = async (): Promise<
  readonly (readonly [string, TlsIdentity | Pick<TlsIdentity, 'authorityPem'>])[]
> => {
  const { authorityPem } = room.teacher;
  const roster = room.school.roster();
  const elsewhere = newRoom('Room 8');
  const authorityThere = await createRoomAuthority(room.school, elsewhere.id, Date.now());
  const otherSchool = await makeSchool();
  const stranger = await deviceOf(otherSchool, room.room);
  const own = await deviceOf(await makeSchool(), room.room);
  const known = await device(1).steal();
  const mixed = await createKeyPair();
  return [
    ['no certificate', { authorityPem }],
    ['a certificate of its own making', { ...own, authorityPem }],
    ['a device of another school', { ...stranger, authorityPem }],
    ['a device of another room', await deviceOf(room.school, elsewhere)],
    [
      'made for this room by another room’s authority',
      await issueAgentWith(authorityThere, room.room.id, authorityPem, roster),
    ],
    ['made by a device’s key', await issueAgentWith(known, room.room.id, authorityPem, roster)],
    ['made by a teacher’s key', await issueAgentWith(room.teacher, room.room.id, authorityPem, roster)],
    [
      'without the role of a device',
      await issueAgentWith(room.roomAuthority, room.room.id, authorityPem, roster, []),
    ],
    ['a teacher’s certificate', await teacherOf(room.school, room.room)],
    ['the console’s own certificate', room.teacher],
    ['the room authority’s own certificate', { ...known, ...room.roomAuthority, authorityPem }],
    [
      'a device whose certificate has run out',
      await deviceOf(room.school, room.room, Date.now() - 500 * 86_400_000),
    ],
    ['another key under a known certificate', { ...known, privateKeyPem: mixed.privateKeyPem }],
  ];
};

attack({
  id: 'T04',
  title: 'rogue device',
  async control() {
    // A device that its own console has enrolled is let in, by the same code that is refused below.
    const identity = await device(3).steal();
    await device(3).kill();
    await until('it is gone', async () => !(await room.console.online()).includes(identity.deviceId));
    const isIn = await getsIn(identity);
    await device(3).restart();
    await room.untilOnline();
    return isIn;
  },
  async attempts(tally) {
    // The device that came back is watched again a moment later.
    for (const one of room.devices)
      await until('all watched', async () => (await one.stats()).report.screen === 'tile');
    const seen = async () =>
      (await room.console.snapshot()).devices.every(({ report }) => report.screen === 'tile');
    await until('the console sees it', seen);
    const before = await tiles();
    const state = await room.state();
    for (const [name, shown] of await forged()) {
      await tally.attempt(name, async () => {
        try {
          return await getsIn(shown);
        } catch (cause) {
          // OpenSSL itself does not put these two together.
          if (String(cause).includes('key values mismatch')) return false;
          throw cause;
        }
      });
    }
    await tally.attempt('a new tile', async () => (await tiles()).join() !== before.join());
    await tally.attempt('the room changed', async () => (await room.state()) !== state);

    // A genuine device that calls itself another and reports for it.
    const [liar, other] = [await device(1).steal(), await device(2).steal()];
    await device(1).kill();
    await until('it is gone', async () => !(await room.console.online()).includes(liar.deviceId));
    const lie = { ...facts, name: device(2).name };
    const link = await openLink(target, liar);
    await isWelcomed(link, helloText({ facts: lie, report: { ...idleReport, screen: 'focus' } }));
    for (const channel of ['screen', 'presentation'])
      link?.socket.send(JSON.stringify({ type: 'signal', channel, signal: { kind: 'bye', generation: 1 } }));
    link?.socket.send(
      JSON.stringify({
        type: 'signal',
        channel: 'screen',
        device: other.deviceId,
        signal: { kind: 'bye', generation: 1 },
      }),
    );
    if (link !== null) await within(2_000, link.closed, null);
    await tally.attempt('a name taken for a device', async () => {
      const seen = (await room.console.snapshot()).devices.find(({ id }) => id === other.deviceId);
      return seen?.connection.state !== 'online' || seen.report.screen === 'focus';
    });
    link?.socket.terminate();
    await device(1).restart();
    await room.untilOnline();

    // The same key at two places at once: neither counts until the teacher has decided.
    const copied = await device(0).steal();
    await tally.attempt('a copy was let in beside the first', () => getsIn(copied));
    await until('the copy is noticed', async () =>
      (await room.console.snapshot()).devices.some(
        ({ id, connection }) => id === copied.deviceId && connection.state === 'quarantined',
      ),
    );
    await tally.attempt('the copy was let in after it was noticed', () => getsIn(copied));
    await tally.attempt(
      'a copy was ordered about',
      async () => (await room.console.command(copied.deviceId, { verb: 'unlock', lockId: null })) === 'ok',
    );

    // Stolen, and the school says so.
    const stolen = await device(3).steal();
    await room.console.offerRoster(room.school.dismiss(stolen.deviceId));
    await until(
      'it is sent away',
      async () => !(await room.console.online()).includes(stolen.deviceId),
      5_000,
    );
    for (let index = 0; index < 5; index += 1)
      await tally.attempt('stolen and revoked', () => getsIn(stolen));

    // The joining code was good for four devices.
    const { enrolmentToken } = { enrolmentToken: room.token };
    for (let index = 0; index < 3; index += 1)
      await tally.attempt(
        'a fifth device by the code for four',
        async () => (await enrol({ token: enrolmentToken, facts })).ok,
      );
    const counted = await room.console.counters();
    const refusals = Object.entries(counted).filter(([code]) => code.startsWith('link.refused.'));
    tally.figure(
      'logged',
      refusals.map(([code, count]) => `${count} ${code.slice('link.refused.'.length)}`).join(', '),
    );
  },
});

/** All PEM and base64 texts of at least 40 characters in the files below a folder. */
const secretsIn = (folder: string): Set<string> => {
  const found = new Set<string>();
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const text = readFileSync(join(entry.parentPath, entry.name), 'latin1');
    for (const [word] of text.matchAll(/[A-Za-z0-9+/_-]{40,}/g)) found.add(word);
  }
  return found;
};

attack({
  id: 'T34',
  title: 'what two installations share',
  async control() {
    // The comparison sees a shared key: a profile shares all of its keys with its copy.
    const copy = join(room.folder, 'copy');
    cpSync(device(1).profile, copy, { recursive: true });
    const [one, same] = [secretsIn(device(1).profile), secretsIn(copy)];
    return one.size > 0 && [...one].every((word) => same.has(word));
  },
  async attempts(tally) {
    const keys = await Promise.all(room.devices.map((one) => one.steal()));
    const keyOf = (identity: AgentIdentity): string => identity.privateKeyPem;
    const otherSchool = await makeSchool();
    const others = [await deviceOf(otherSchool, newRoom()), await deviceOf(otherSchool, newRoom())];
    const all = [...keys, ...others];
    for (const [index, identity] of all.entries())
      for (const [at, other] of all.entries())
        if (at > index)
          await tally.attempt(
            `devices ${index} and ${at} share a key`,
            () => keyOf(identity) === keyOf(other),
          );
    // What lies in one profile and in another is public: certificates of the school, the roster, never a sealed key.
    const sealed = room.devices.map(({ profile }) => {
      const file = JSON.parse(readFileSync(join(profile, 'identity.json'), 'utf8')) as { sealed: unknown };
      return JSON.stringify(file.sealed);
    });
    await tally.attempt('a sealed key in two profiles', () => new Set(sealed).size !== sealed.length);

    // One device's files on another machine, while the first is there: noticed as a copy, and nothing gained.
    const stolen = await device(2).steal();
    await tally.attempt('the files of one device let another in', () => getsIn(stolen));
    await tally.attempt(
      'the copy can be ordered about',
      async () => (await room.console.command(stolen.deviceId, { verb: 'unlock', lockId: null })) === 'ok',
    );
    // At another school they are nothing at all.
    const foreign = { ...stolen, authorityPem: otherSchool.certificatePem };
    await tally.attempt('they open another school’s console', () => getsIn(foreign));
    tally.figure('keys compared', String(all.length));
  },
});
