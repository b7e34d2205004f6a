// T13, D20: lies about lengths, half-open and slow connections, and floods, while the others of the room are at work.
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll } from 'vitest';
import { clientContext } from '../../main/link/tls-settings.ts';
import { linkServerName } from '../../main/trust/certificate-profile.ts';
import type { AgentIdentity } from '../../main/trust/identity.ts';
import type { DeviceId } from '../../shared/domain/ids.ts';
import { helloText } from '../contract/link/classroom.ts';
import { attack, type Tally } from './attack-table.ts';
import { dialTls, isWelcomed, openLink, type Target, waitMs, within } from './peers.ts';
import { type AttackDevice, type AttackRoom, startRoom, until } from './room.ts';

let room: AttackRoom;
let target: Target;
let offender: AgentIdentity;
let others: DeviceId[] = [];

const device = (index: number): AttackDevice => {
  const found = room.devices[index];
  if (found === undefined) throw new Error(`no device ${index}`);
  return found;
};

beforeAll(async () => {
  room = await startRoom();
  target = { host: room.network.console.address, port: room.port };
  await room.console.startLesson();
  offender = await device(3).steal();
  await device(3).kill();
  await until('it is gone', async () => !(await room.console.online()).includes(offender.deviceId));
  others = await room.console.online();
  // The console's first moments are no measure.
  await room.console.commandTimes(others, 10);
});
afterAll(async () => room?.close());

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ??
  Number.NaN;

/** Runs an attack while the other devices are ordered about; judges them and the console's memory. */
const during = async (
  tally: Tally,
  run: () => Promise<void>,
  what: string,
  memoryMib: number,
): Promise<void> => {
  await room.console.collectGarbage();
  await room.console.figures();
  const before = (await room.console.figures()).rssBytes;
  let isOver = false;
  const times: number[] = [];
  const measure = async () => {
    while (!isOver) {
      times.push(...(await room.console.commandTimes(others, 1)));
      await waitMs(20);
    }
  };
  const measuring = measure();
  await run();
  isOver = true;
  await measuring;
  await room.console.collectGarbage();
  const after = await room.console.figures();
  tally.bound(`${what}: others’ p99`, percentile(times, 0.99), 500, 'ms');
  tally.bound(`${what}: memory`, (after.rssBytes - before) / 2 ** 20, memoryMib, 'MiB more');
  tally.figure(`${what}: loop`, `p99 ${after.loopP99Ms.toFixed(0)} ms, max ${after.loopMaxMs.toFixed(0)} ms`);
  await tally.attempt(`${what}: somebody else was thrown out`, async () => {
    const online = await room.console.online();
    return others.some((id) => !online.includes(id));
  });
};

const isCut = (
  socket: { once: (event: 'close', listener: () => void) => unknown },
  ms: number,
): Promise<boolean> =>
  within(ms, new Promise<boolean>((resolve) => socket.once('close', () => resolve(true))), false);

const open = (): Promise<Socket> => {
  const socket = connect(target);
  socket.on('error', () => {});
  return new Promise((resolve) => {
    socket.once('connect', () => resolve(socket));
    socket.once('close', () => resolve(socket));
  });
};

/** TLS record of a handshake that announces `length` bytes; the bytes themselves come as the caller likes. */
const clientHelloHead = (length: number): Buffer =>
  Buffer.from([1, (length >> 16) & 255, (length >> 8) & 255, length & 255]);
const record = (bytes: Buffer, length = bytes.length): Buffer =>
  Buffer.concat([Buffer.from([0x16, 3, 1, length >> 8, length & 255]), bytes]);

/** A WebSocket frame's head from a client (RFC 6455 section 5.2) that announces `length` in eight bytes. */
const frameHead = (length: bigint): Buffer => {
  const head = Buffer.alloc(14);
  head.writeUInt8(0x81, 0);
  head.writeUInt8(0x80 | 127, 1);
  head.writeBigUInt64BE(length, 2);
  return head;
};

/** A WebSocket of the stolen device, open and welcomed, with the TLS socket below it for saying what no library says. */
const openStolen = async () => {
  const tls = dialTls(target, offender, linkServerName);
  const key = randomBytes(16).toString('base64');
  tls.write(
    `GET /link HTTP/1.1\r\nHost: ${linkServerName}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: lehrpult.link\r\n\r\n`,
  );
  await within(5_000, new Promise((resolve) => tls.once('data', resolve)), null);
  return tls;
};

const lies: readonly (readonly [name: string, run: () => Promise<boolean>])[] = [
  ...[2n ** 20n, 2n ** 32n, 2n ** 53n, 2n ** 62n, 2n ** 64n - 1n].map(
    (length) =>
      [
        `a frame that says it has ${length} bytes`,
        async () => {
          const tls = await openStolen();
          tls.write(frameHead(length));
          return isCut(tls, 3_000);
        },
      ] as const,
  ),
  [
    'ten thousand fragments of one message',
    async () => {
      const tls = await openStolen();
      const cut = isCut(tls, 10_000);
      // Text, not final; then continuations that never end.
      const piece = (code: number) =>
        Buffer.concat([Buffer.from([code, 0x80 | 100, 0, 0, 0, 0]), Buffer.alloc(100, 0x20)]);
      tls.write(piece(0x01));
      for (let index = 0; index < 10_000 && !tls.destroyed; index += 1) tls.write(piece(0x00));
      return cut;
    },
  ],
  [
    'a hello that never ends, a byte a time',
    async () => {
      const tls = await openStolen();
      const cut = isCut(tls, 9_000);
      tls.write(frameHead(1000n));
      const timer = setInterval(() => tls.destroyed || tls.write('x'), 50);
      const isDone = await cut;
      clearInterval(timer);
      return isDone;
    },
  ],
  [
    'a TLS record that says 65,535 bytes',
    async () => {
      const socket = await open();
      socket.write(record(clientHelloHead(1_000), 65_535));
      return isCut(socket, 9_000);
    },
  ],
  [
    'a handshake that says 16 MiB',
    async () => {
      const socket = await open();
      socket.write(record(Buffer.concat([clientHelloHead(0xffffff), Buffer.alloc(12_000)])));
      return isCut(socket, 9_000);
    },
  ],
  [
    'an endless request line',
    async () => {
      const socket = await open();
      socket.write('GET /');
      for (let index = 0; index < 200 && !socket.destroyed; index += 1) socket.write('a'.repeat(1_000));
      return isCut(socket, 9_000);
    },
  ],
  [
    'a body that says 1 TiB',
    async () => {
      const tls = dialTls(target, { authorityPem: room.teacher.authorityPem }, 'enrol.lehrpult.invalid');
      tls.write(
        'POST /enrol HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1099511627776\r\n\r\n',
      );
      const cut = isCut(tls, 9_000);
      const timer = setInterval(() => tls.destroyed || tls.write('x'.repeat(1_024)), 10);
      const isDone = await cut;
      clearInterval(timer);
      return isDone;
    },
  ],
];

attack({
  id: 'T13',
  title: 'length lies, half-open, slow and huge',
  timeoutMs: 180_000,
  async control() {
    const link = await openLink(target, offender);
    const isIn = await isWelcomed(link, helloText());
    link?.socket.terminate();
    return isIn && percentile(await room.console.commandTimes(others, 20), 0.5) < 500;
  },
  async attempts(tally) {
    await during(
      tally,
      async () => {
        const kept: string[] = [];
        await Promise.all(
          lies.map(async ([name, run]) => {
            if (!(await run())) kept.push(`${name} was not cut`);
          }),
        );
        tally.count(lies.length, kept);
      },
      'lies',
      60,
    );

    await during(
      tally,
      async () => {
        const sockets = await Promise.all(Array.from({ length: 1_000 }, open));
        let alive = 0;
        for (const socket of sockets) if (!socket.destroyed) alive += 1;
        tally.figure('half-open at once', String(alive));
        // In between, a device that has every right comes in.
        await tally.attempt('a genuine device was kept out', async () => {
          await device(2).restart();
          const online = async () => (await device(2).stats()).link.state === 'online';
          return !(await within(
            10_000,
            until('back', online, 10_000).then(() => true),
            false,
          ));
        });
        await Promise.all(sockets.map((socket) => (socket.destroyed ? true : isCut(socket, 9_000))));
        tally.count(
          1_000,
          sockets
            .filter((socket) => !socket.destroyed)
            .slice(0, 1)
            .map(() => 'a half-open connection was kept'),
        );
        for (const socket of sockets) socket.destroy();
      },
      '1,000 half-open',
      60,
    );

    await during(
      tally,
      async () => {
        // A ClientHello in records of one byte, each in its own packet: the first bytes are read anew with each of them.
        const sockets = await Promise.all(Array.from({ length: 250 }, open));
        const drip = async (socket: Socket) => {
          socket.setNoDelay(true);
          socket.write(record(clientHelloHead(60_000)));
          for (let index = 0; index < 1_400 && !socket.destroyed; index += 1) {
            socket.write(record(Buffer.from([0])));
            if (index % 8 === 0) await waitMs(1);
          }
        };
        await Promise.all(sockets.map(drip));
        await Promise.all(sockets.map((socket) => (socket.destroyed ? true : isCut(socket, 9_000))));
        tally.count(
          250,
          sockets
            .filter((socket) => !socket.destroyed)
            .slice(0, 1)
            .map(() => 'a dripping connection was kept'),
        );
        for (const socket of sockets) socket.destroy();
      },
      '250 dripping',
      60,
    );
  },
});

/** Messages per second from one device, each wrong in another way. */
const malformed = (): string | Buffer => {
  const roll = Math.random();
  if (roll < 0.2) return randomBytes(200);
  if (roll < 0.4) return '{"type":"run","command":"calc"}';
  if (roll < 0.6) return `{"type":"hello","versions":${'['.repeat(2_000)}`;
  if (roll < 0.8) return '{"__proto__":{"admin":true}}';
  return 'x'.repeat(5_000);
};

attack({
  id: 'D20',
  title: '1,000 malformed messages a second',
  timeoutMs: 120_000,
  async control() {
    clientContext(offender);
    const link = await openLink(target, offender);
    const isIn = await isWelcomed(link, helloText());
    link?.socket.terminate();
    return isIn;
  },
  async attempts(tally) {
    const cutAfterMs: number[] = [];
    await during(
      tally,
      async () => {
        const endMs = performance.now() + 5_000;
        let said = 0;
        let connections = 0;
        while (performance.now() < endMs) {
          const link = await openLink(target, offender);
          if (link === null) continue;
          connections += 1;
          // Every other one is a good device until it is not.
          if (connections % 2 === 0) await isWelcomed(link, helloText());
          const startedMs = performance.now();
          let isClosed = false;
          void link.closed.then(() => {
            isClosed = true;
          });
          while (!isClosed && performance.now() - startedMs < 3_000) {
            for (let index = 0; index < 20; index += 1) link.socket.send(malformed(), () => {});
            said += 20;
            await waitMs(20);
          }
          cutAfterMs.push(isClosed ? performance.now() - startedMs : 3_000);
          link.socket.terminate();
        }
        tally.count(said);
        tally.figure('connections', String(connections));
      },
      'flood',
      50,
    );
    tally.bound('cut after', Math.max(...cutAfterMs), 1_000, 'ms');

    // Good messages, too many of them.
    await during(
      tally,
      async () => {
        const link = await openLink(target, offender);
        if (link === null || !(await isWelcomed(link, helloText()))) throw new Error('not let in');
        const startedMs = performance.now();
        let isClosed = false;
        void link.closed.then(() => {
          isClosed = true;
        });
        let said = 0;
        while (!isClosed && performance.now() - startedMs < 5_000) {
          for (let index = 0; index < 50; index += 1)
            link.socket.send(
              '{"type":"signal","channel":"screen","signal":{"kind":"bye","generation":1}}',
              () => {},
            );
          said += 50;
          await waitMs(20);
        }
        tally.count(said);
        tally.bound('good messages cut after', isClosed ? performance.now() - startedMs : 5_000, 1_000, 'ms');
        link.socket.terminate();
      },
      'good flood',
      50,
    );
  },
});
