// Shouts forged multicast DNS from one host of the room, as often as it is told. Arguments: own address, room id to forge.

import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { createRequire } from 'node:module';
import { consoleRecords } from '../../main/link/discovery-records.ts';
import { RoomId } from '../../shared/domain/ids.ts';
import { serveCalls } from './calls.ts';

type DnsPacket = { readonly encode: (packet: object) => Buffer };
const requireOf = createRequire(createRequire(import.meta.url).resolve('multicast-dns'));
const dns = requireOf('dns-packet') as DnsPacket;

const group = '224.0.0.251';
const [own = '127.0.0.1', room = ''] = process.argv.slice(2);
const socket = createSocket({ type: 'udp4', reuseAddr: true });
let isOver = false;

const answer = (roomId: string, port: number, txt?: readonly (string | Buffer)[]): Buffer => {
  const answers = consoleRecords({ roomId: RoomId.parse(roomId), port, addresses: [own] });
  const changed = answers.map((one) =>
    one.type === 'TXT' && txt !== undefined ? { ...one, data: txt } : one,
  );
  return dns.encode({ type: 'response', answers: changed });
};

/** Fake rooms, the true room under false ports, texts as long as a packet can be, goodbyes, loops and nonsense. */
const packets = (count: number): Buffer[] =>
  Array.from({ length: count }, (_, index) => {
    switch (index % 8) {
      case 0:
        return answer(room, 1 + (index % 65_000));
      case 1:
        return answer(
          room,
          40_000,
          Array.from({ length: 240 }, () => Buffer.alloc(250, 0x41)),
        );
      case 2:
        return Buffer.concat([answer(randomUUID(), 40_000).subarray(0, 40), Buffer.alloc(400, 0xc0)]);
      case 3: {
        // A name that points at itself (RFC 1035 section 4.1.4).
        const loop = Buffer.alloc(40);
        loop.writeUInt16BE(0x8400, 2);
        loop.writeUInt16BE(1, 6);
        loop.writeUInt16BE(0xc00c, 12);
        return loop;
      }
      default:
        return answer(randomUUID(), 1 + (index % 65_000));
    }
  });

const send = (packet: Buffer, port: number): Promise<void> =>
  new Promise((resolve) => socket.send(packet, port, group, () => resolve()));

const calls = {
  ready: () =>
    new Promise<boolean>((resolve) => {
      socket.bind(0, own, () => {
        socket.setMulticastInterface(own);
        socket.setMulticastLoopback(true);
        resolve(true);
      });
    }),
  /** From each of these addresses a few rooms, good in form: as many senders as addresses. `mine`: the forged room, too. */
  async shoutFrom(addresses: readonly string[], port: number) {
    for (const address of addresses) {
      const from = createSocket({ type: 'udp4', reuseAddr: true });
      await new Promise<void>((resolve) => from.bind(0, address, resolve));
      from.setMulticastInterface(address);
      for (const id of [room, randomUUID(), randomUUID(), randomUUID(), randomUUID()])
        await new Promise<void>((resolve) => from.send(answer(id, 40_001), port, group, () => resolve()));
      from.close();
    }
    return addresses.length * 5;
  },
  /** Gives how many packets went out. */
  async shout(count: number, port: number) {
    let sent = 0;
    for (const packet of packets(count)) {
      if (isOver) break;
      await send(packet, port);
      sent += 1;
    }
    return sent;
  },
};
export type ShoutCalls = typeof calls;

serveCalls(calls, async () => {
  isOver = true;
  socket.close();
});
