// D12: clocks that are wrong by days. The processes of the room run under faketime; OpenSSL's time is the false one, too.
import { afterAll, beforeAll } from 'vitest';
import { attack } from './attack-table.ts';
import { type AttackRoom, startRoom } from './room.ts';

const faketime = (offset: string): readonly string[] => ['faketime', '--exclude-monotonic', '-f', offset];
const consoleOffset = '+2d';
const deviceOffsets = ['-3d', '+5d', '-20d', '+25d'];

let room: AttackRoom;
let startMs = 0;

beforeAll(async () => {
  const startedMs = performance.now();
  room = await startRoom({
    consolePrefix: faketime(consoleOffset),
    devicePrefix: (index) => faketime(deviceOffsets[index] ?? '+0d'),
  });
  startMs = performance.now() - startedMs;
  await room.console.startLesson();
});
afterAll(async () => room?.close());

attack({
  id: 'D12',
  title: 'clocks wrong by days',
  async control() {
    // The clocks really differ: the console notes it for each device.
    const [noted] = [(await room.console.counters())['link.clock-differs'] ?? 0];
    return noted >= room.devices.length;
  },
  async attempts(tally) {
    const ids = await room.console.online();
    await tally.attempt('a device stayed away', () => ids.length !== room.devices.length);
    for (const id of ids)
      for (let round = 0; round < 5; round += 1)
        await tally.attempt(
          'watch refused',
          async () => (await room.console.command(id, { verb: 'watch', quality: 'tile' })) !== 'ok',
        );
    const locked = await room.console.lock(ids, 'Bitte zuhören');
    tally.count(
      locked.length,
      locked.filter(({ error }) => error !== null).map(({ error }) => `lock: ${error}`),
    );
    const states = await Promise.all(room.devices.map((device) => device.stats()));
    for (const { name, report } of states)
      await tally.attempt(
        `${name} frees itself at a wrong time`,
        () =>
          report.lock.state !== 'locked' || report.lock.freeInMs > 40_000 || report.lock.freeInMs < 10_000,
      );
    await room.console.unlock(ids);
    for (const device of room.devices)
      await tally.attempt('still locked', async () => (await device.stats()).report.lock.state !== 'free');
    const times = await room.console.commandTimes(ids, 5);
    tally.bound('slowest command', Math.max(...times), 1_000, 'ms');
    tally.figure('clocks', `console ${consoleOffset}, devices ${deviceOffsets.join(' ')}`);
    tally.figure('joined and online after', `${(startMs / 1_000).toFixed(1)} s`);
  },
});
