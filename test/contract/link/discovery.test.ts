// Discovery over real multicast on the loopback interface, with a UDP port of its own.

import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import multicastDns from 'multicast-dns';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../main/lib/clock.ts';
import { advertiseConsole, browseConsoles } from '../../../main/link/discovery.ts';
import { consoleRecords, serviceType } from '../../../main/link/discovery-records.ts';
import { RoomId } from '../../../shared/domain/ids.ts';
import { heard, newRoom, quietLog } from './classroom.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

let nextPort = 20_000 + (process.pid % 20_000);
const optionsFor = (interfaces = ['127.0.0.1']) => {
  nextPort += 1;
  return { clock: systemClock, log: quietLog(), interfaces, udpPort: nextPort };
};
const browse = (options: ReturnType<typeof optionsFor>) => {
  const browser = browseConsoles(options);
  cleanups.push(() => browser.close());
  return browser;
};
const advertise = (roomId: RoomId, port: number, options: ReturnType<typeof optionsFor>) => {
  const advertiser = advertiseConsole({ roomId, port }, options);
  cleanups.push(() => advertiser.close());
};
type Records = ReturnType<typeof consoleRecords>;

/** Sends answers, and one packet that is no DNS, to the group as anybody on the network can. */
async function shout(udpPort: number, answers: readonly Records[]) {
  const socket = multicastDns({ interface: '127.0.0.1', bind: '0.0.0.0', port: udpPort });
  for (const records of answers) await new Promise<void>((done) => socket.respond(records, () => done()));
  await new Promise<void>((done) => socket.destroy(done));
  const raw = createSocket({ type: 'udp4', reuseAddr: true });
  await new Promise<void>((done) => raw.bind(0, '127.0.0.1', done));
  raw.setMulticastInterface('127.0.0.1');
  await new Promise<void>((done) => raw.send('no DNS at all', udpPort, '224.0.0.251', () => done()));
  raw.close();
}
const forged = (roomId: RoomId, port: number, txt?: string[]): Records => {
  const answers = consoleRecords({ roomId, port, addresses: ['127.0.0.1'] });
  if (txt !== undefined) for (const answer of answers) if (answer.type === 'TXT') answer.data = txt;
  return answers;
};

describe('[LK18] discovery', () => {
  it('finds a console that was there before, and one that comes later', async () => {
    const options = optionsFor();
    const [first, second] = [newRoom().id, newRoom().id];
    advertise(first, 47_101, options);
    const browser = browse(options);
    await heard(browser.events, 'hint', (hint) => hint.roomId === first);
    advertise(second, 47_102, options);
    await heard(browser.events, 'hint', (hint) => hint.roomId === second);
    expect(browser.addressesOf(first)).toEqual(['127.0.0.1:47101']);
    expect(browser.addressesOf(second)).toEqual(['127.0.0.1:47102']);
    expect(browser.addressesOf(newRoom().id)).toEqual([]);
  });

  it('holds at most 64 hints and four of one sender, whatever is shouted, and ignores what it cannot understand', async () => {
    const options = optionsFor();
    const browser = browse(options);
    await heard(browser.events, 'reachable', (isReachable) => isReachable);
    const marker = newRoom().id;
    const markerHeard = heard(browser.events, 'hint', (hint) => hint.roomId === marker);
    await shout(options.udpPort, [
      forged(marker, 1_000),
      forged(newRoom().id, 1_001, ['room=nonsense', 'v=1-1']),
      forged(newRoom().id, 1_002, [`room=${randomUUID()}`, 'v=900-900']),
      forged(
        newRoom().id,
        1_003,
        Array.from({ length: 200 }, () => 'x'.repeat(250)),
      ),
      ...Array.from({ length: 100 }, (_, index) => forged(newRoom().id, 2_000 + index)),
    ]);
    await markerHeard;
    const last = newRoom().id;
    await expect.poll(() => browser.malformed(), { timeout: 5_000 }).toBeGreaterThanOrEqual(4);
    await expect.poll(() => browser.size(), { timeout: 5_000 }).toBe(4);
    expect(browser.addressesOf(last)).toEqual([]);
  });

  it('says when there is no multicast, and throws nothing', async () => {
    for (const interfaces of [[], ['203.0.113.7']]) {
      const browser = browse(optionsFor(interfaces));
      const [isReachable] = await heard(browser.events, 'reachable');
      expect(isReachable).toBe(false);
    }
  });

  it('tells no name of a person, a room or a computer', () => {
    const roomId = RoomId.parse(randomUUID());
    const text = JSON.stringify(consoleRecords({ roomId, port: 1, addresses: ['192.0.2.1'] }));
    const allowed = [roomId, serviceType, roomId.slice(0, 8)];
    expect(allowed.every((part) => text.includes(part))).toBe(true);
    expect(text.length).toBeLessThan(700);
  });
});
