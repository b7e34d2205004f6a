// T06: forged, doubled and monstrous announcements on the room's wire, while devices look for their console and a lesson runs.
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { attack } from './attack-table.ts';
import type { BrowserCalls } from './browser-process.ts';
import { callsOf, type Remote, type RunningProcess, startProcess } from './calls.ts';
import type { ShoutCalls } from './mdns-flood-process.ts';
import { waitMs, within } from './peers.ts';
import { type AttackRoom, startRoom, until } from './room.ts';

const mdnsPort = 5_353;
const fakeRooms = 10_000;
const maxHints = 64;

let room: AttackRoom;
let browser: Remote<BrowserCalls>;
let shouters: Remote<ShoutCalls>[] = [];
const processes: RunningProcess[] = [];

beforeAll(async () => {
  room = await startRoom({ isAdvertised: true, policy: { useDiscovery: true } });
  await room.console.startLesson();
  const { devices } = room.network;
  const start = (script: string, prefix: readonly string[], ...args: string[]) => {
    const running = startProcess(join(import.meta.dirname, script), prefix, args);
    processes.push(running);
    return running.child;
  };
  browser = callsOf<BrowserCalls>(start('browser-process.ts', devices[0]?.prefix ?? []));
  await browser.start(devices[0]?.address ?? '', mdnsPort);
  shouters = [devices[2], devices[3], null].map((host) =>
    callsOf<ShoutCalls>(
      start(
        'mdns-flood-process.ts',
        host?.prefix ?? [],
        host?.address ?? room.network.attacker,
        room.room.id,
      ),
    ),
  );
  await Promise.all(shouters.map((shouter) => shouter.ready()));
});
afterAll(async () => {
  await Promise.all(processes.map((one) => one.end()));
  await room?.close();
});

attack({
  id: 'T06',
  title: 'forged announcements by multicast DNS',
  timeoutMs: 180_000,
  async control() {
    // The true console is found this way.
    await until(
      'the console is found',
      async () => (await browser.addressesOf(room.room.id)).includes(room.address),
      30_000,
    );
    return true;
  },
  async attempts(tally) {
    const state = await room.state();
    await browser.figures();
    await room.console.figures();
    await waitMs(1_000);
    const before = await browser.figures();
    // On a machine that is busy with other things the loop waits without any attack, too.
    const most = (quietMs: number): number => Math.max(100, Math.ceil(2 * quietMs));
    const quiet = await room.console.figures();
    // While a device looks for its console: the hints it gets are mostly lies.
    const [, seeker] = room.devices;
    const shouting = Promise.all(
      shouters.map((shouter) => shouter.shout(Math.ceil(fakeRooms / shouters.length / 0.5), mdnsPort)),
    );
    await waitMs(300);
    await seeker?.restart();
    const sent = (await shouting).reduce((sum, count) => sum + count, 0);
    await waitMs(500);
    const after = await browser.figures();
    tally.count(sent);
    tally.bound('list', after.most, maxHints, 'hints');
    tally.bound('loop of a device p99', after.loopP99Ms, most(before.loopP99Ms), 'ms');
    tally.bound('memory', (after.rssBytes - before.rssBytes) / 2 ** 20, 50, 'MiB more');
    const { loopP99Ms } = await room.console.figures();
    tally.bound('loop of the console p99', loopP99Ms, most(quiet.loopP99Ms), 'ms');
    tally.figure('heard', `${after.hints} hints, ${after.malformed} malformed`);
    await tally.attempt('packets did not arrive', () => after.hints + after.malformed < 100);
    await tally.attempt(
      'the true console was pushed out',
      async () => !(await browser.addressesOf(room.room.id)).includes(room.address),
    );
    // One laptop with many addresses fills the list of a device that only begins to look; the console announces itself all the while.
    const many = room.network.moreAddresses(40);
    const [, newcomerHost] = room.network.devices;
    const newcomer = startProcess(
      join(import.meta.dirname, 'browser-process.ts'),
      newcomerHost?.prefix ?? [],
    );
    processes.push(newcomer);
    const late = callsOf<BrowserCalls>(newcomer.child);
    await late.start(newcomerHost?.address ?? '', mdnsPort);
    const [, , laptop] = shouters;
    tally.count((await laptop?.shoutFrom(many, mdnsPort)) ?? 0);
    const isFound = async () => (await late.addressesOf(room.room.id)).slice(0, 16).includes(room.address);
    // Not a bound yet: a full list takes nobody in, so a device without any known address may look in vain.
    const found = await within(
      6_000,
      until('found', isFound, 6_000).then(
        () => true,
        () => false,
      ),
      false,
    );
    if (many.length > 0)
      tally.figure('true console among 40 liars', found ? 'found' : 'not found within 6 s');
    const full = await late.figures();
    tally.bound('list with 40 liars', full.most, maxHints, 'hints');
    // Devices that have been here before find their console all the same.
    await seeker?.restart();
    await room.untilOnline(20_000);
    await tally.attempt('the room changed', async () => (await room.state()) !== state);
  },
});
