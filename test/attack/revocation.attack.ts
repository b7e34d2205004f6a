// T40: a teacher whom the school has dismissed, by the roster on the school's share.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { signRoster } from '../../main/trust/roster.ts';
import { Roster, type SignedRoster } from '../../shared/protocol/roster.ts';
import { makeSchool, teacherOf } from '../contract/link/classroom.ts';
import { attack } from './attack-table.ts';
import { waitMs } from './peers.ts';
import { type AttackRoom, startRoom, until } from './room.ts';

const folder = mkdtempSync(join(tmpdir(), 'lehrpult-share-'));
const rosterFile = join(folder, 'roster.json');
let room: AttackRoom;

const lay = (signed: SignedRoster | string): void =>
  writeFileSync(rosterFile, typeof signed === 'string' ? signed : JSON.stringify(signed));

beforeAll(async () => {
  room = await startRoom({ rosterFile });
  lay(room.school.roster());
  await room.console.startLesson();
});
afterAll(async () => {
  await room?.close();
  rmSync(folder, { recursive: true, force: true });
});

const online = async (): Promise<number> => (await room.console.online()).length;

/** Rosters that a pupil with write access to the share could lay there. */
const forged = async (): Promise<readonly (readonly [string, SignedRoster | string])[]> => {
  const genuine = room.school.roster();
  const content = Roster.parse(JSON.parse(genuine.text));
  const other = await makeSchool();
  const stranger = await teacherOf(other, room.room);
  const without = { ...content, epoch: content.epoch + 10, teachers: [] };
  return [
    ['no signature', { text: JSON.stringify(without), signature: 'A'.repeat(86) }],
    ['the old signature over another text', { text: JSON.stringify(without), signature: genuine.signature }],
    ['signed by another key', signRoster(stranger.privateKeyPem, without)],
    ['signed by the teacher', signRoster(room.teacher.privateKeyPem, without)],
    ['another school’s', other.roster()],
    ['nonsense', 'x'.repeat(1_000)],
    ['too long', 'x'.repeat(1_000_000)],
    ['empty', ''],
  ];
};

attack({
  id: 'T40',
  title: 'dismissed teacher',
  timeoutMs: 180_000,
  async control() {
    const [id] = await room.console.online();
    return id !== undefined && (await room.console.command(id, { verb: 'watch', quality: 'tile' })) === 'ok';
  },
  async attempts(tally) {
    // Forged ones are laid on the share one after the other; each is read at least once by the console when offered.
    for (const [name, signed] of await forged()) {
      lay(signed);
      if (typeof signed !== 'string')
        await tally.attempt(
          `${name} was taken`,
          async () => (await room.console.offerRoster(signed)) === 'taken',
        );
    }
    await tally.attempt(
      'a forged roster dismissed the teacher',
      async () => (await online()) !== room.devices.length,
    );

    const [first] = room.devices;
    const held = await room.console.online();
    await room.console.lock(held, 'Bitte zuhören');
    const before = room.school.roster();
    lay(room.school.dismiss(room.teacher.teacherId));
    const startedMs = performance.now();
    await until('all devices refuse the teacher', async () => (await online()) === 0, 75_000);
    tally.bound('all devices refuse after', (performance.now() - startedMs) / 1_000, 60, 's');
    const states = await Promise.all(room.devices.map((device) => device.stats()));
    tally.figure(
      'said by the devices',
      states.map(({ link }) => (link.state === 'waiting' ? link.problem : link.state)).join(', '),
    );
    for (const id of held)
      for (const verb of ['lock', 'watch'] as const)
        await tally.attempt(`${verb} after the dismissal`, async () => {
          const body =
            verb === 'watch'
              ? ({ verb, quality: 'focus' } as const)
              : ({
                  verb,
                  lockId: '11111111-1111-4111-8111-111111111111',
                  text: '',
                  graceMs: 30_000,
                  capMs: 60_000,
                } as never);
          return (await room.console.command(id, body)) === 'ok';
        });
    // Back to the roster of before: older ones do not count, on the share or from the console.
    lay(before);
    await tally.attempt(
      'the older roster was taken',
      async () => (await room.console.offerRoster(before)) === 'taken',
    );
    await first?.restart();
    await waitMs(3_000);
    await tally.attempt('a device took the teacher back', async () => (await online()) > 0);
    const watched = await Promise.all(room.devices.map((device) => device.stats()));
    await tally.attempt('a frame leaves a device', () =>
      watched.some(({ report }) => report.screen !== 'off'),
    );
    // A lock is a lease: nobody renews it now.
    tally.figure(
      'locks that run out by themselves',
      String(watched.filter(({ report }) => report.lock.state === 'locked').length),
    );
  },
});
