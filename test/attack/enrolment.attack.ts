// T07: somebody who is not the school a joining code names answers a device that wants to join.
import { randomBytes, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer as createHttpsServer } from 'node:https';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { TlsOptions } from 'node:tls';
import { afterAll, beforeAll } from 'vitest';
import { enrol } from '../../main/link/enrolment-client.ts';
import { enrolmentServerOptions } from '../../main/link/tls-settings.ts';
import { createTokenSecret, formatToken, parseToken } from '../../main/trust/enrolment-token.ts';
import { facts, makeSchool, teacherOf } from '../contract/link/classroom.ts';
import { attack } from './attack-table.ts';
import { waitMs, within } from './peers.ts';
import { type AttackRoom, startDevice, startRoom } from './room.ts';

let room: AttackRoom;
beforeAll(async () => {
  room = await startRoom();
});
afterAll(async () => room?.close());

type Liar = {
  /** What it answers to whoever asks for the authority; raw bytes. */
  readonly authority: (socket: Socket) => void;
  /** null: hangs up. */
  readonly tls: TlsOptions | null;
};

const httpAnswer = (body: Uint8Array, head = 'HTTP/1.1 200 OK'): Buffer =>
  Buffer.concat([
    Buffer.from(
      `${head}\r\nContent-Type: application/pkix-cert\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`,
    ),
    body,
  ]);

/** A liar on the attacker's address. `heard` is everything said to it inside TLS. */
const startLiar = async ({ authority, tls }: Liar) => {
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  let asked = 0;
  const https = createHttpsServer(tls ?? {}, (request, response) => {
    heard.push(`${request.method} ${request.url}`);
    request.on('data', (chunk: Buffer) => heard.push(chunk.toString('latin1')));
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
  });
  https.on('tlsClientError', () => {});
  const server = createServer((socket) => {
    asked += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.once('readable', () => {
      const first = socket.read() as Buffer | null;
      if (first === null) return;
      if (first.subarray(0, 4).toString() === 'GET ') authority(socket);
      else if (tls === null) socket.destroy();
      else {
        socket.unshift(first);
        https.emit('connection', socket);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, room.network.attacker, resolve));
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  return {
    address: `${room.network.attacker}:${port}`,
    heard,
    asked: () => asked,
    close: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
};

const liars = async (): Promise<readonly (readonly [string, Liar])[]> => {
  const genuineDer = new X509Certificate(room.school.certificatePem).raw;
  const otherSchool = await makeSchool();
  const stranger = await teacherOf(otherSchool, room.room);
  const device = await room.devices[0]?.steal();
  if (device === undefined) throw new Error('no device');
  const say =
    (bytes: Buffer) =>
    (socket: Socket): void =>
      void socket.end(bytes);
  const genuine = say(httpAnswer(genuineDer));
  const own = enrolmentServerOptions(stranger);
  const twoCertificates = Buffer.concat([genuineDer, new X509Certificate(otherSchool.certificatePem).raw]);
  return [
    ['another school', { authority: say(httpAnswer(otherSchool.certificateDer as Buffer)), tls: own }],
    ['the genuine certificate, then another school', { authority: genuine, tls: own }],
    ['the genuine certificate, then a device', { authority: genuine, tls: enrolmentServerOptions(device) }],
    [
      'the genuine certificate, then a teacher who has run out',
      {
        authority: genuine,
        tls: enrolmentServerOptions(await teacherOf(room.school, room.room, Date.now() - 200 * 86_400_000)),
      },
    ],
    [
      'the genuine certificate, then a stranger who shows it behind his own',
      {
        authority: genuine,
        tls: { ...own, cert: `${stranger.certificatePem}\n${room.school.certificatePem}` },
      },
    ],
    [
      'the genuine certificate, then TLS 1.2',
      { authority: genuine, tls: { ...own, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } },
    ],
    ['two certificates in one', { authority: say(httpAnswer(twoCertificates)), tls: own }],
    [
      'the other certificate as PEM',
      { authority: say(httpAnswer(Buffer.from(otherSchool.certificatePem))), tls: own },
    ],
    ['no certificate', { authority: say(httpAnswer(randomBytes(900))), tls: own }],
    ['an empty answer', { authority: say(httpAnswer(Buffer.alloc(0))), tls: own }],
    [
      'a redirect',
      {
        authority: say(httpAnswer(genuineDer, 'HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/')),
        tls: own,
      },
    ],
    ['an answer of 64 MiB', { authority: (socket) => flood(socket), tls: own }],
    ['no answer', { authority: () => {}, tls: own }],
    ['no HTTP', { authority: say(Buffer.from('hello')), tls: own }],
  ];
};

const flood = (socket: Socket): void => {
  socket.write('HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n');
  const chunk = Buffer.alloc(65_536);
  const more = () => {
    while (!socket.destroyed && socket.write(chunk));
    if (!socket.destroyed) socket.once('drain', more);
  };
  more();
};

/** A code of this school that leads to the attacker. */
const codeFor = (secret: Uint8Array, address: string): string =>
  formatToken({
    secret,
    fingerprint: room.school.fingerprint,
    expiresAt: Date.now() + 3_600_000,
    addresses: [address],
  });

attack({
  id: 'T07',
  title: 'wrong school at enrolment',
  async control() {
    const token = await room.console.createToken(1);
    const joined = await enrol({ token, facts });
    return joined.ok && parseToken(token).ok && joined.value.roomId === room.room.id;
  },
  async attempts(tally) {
    const codes = new Map<string, number>();
    for (const [name, lie] of await liars()) {
      const liar = await startLiar(lie);
      const secret = createTokenSecret();
      const token = codeFor(secret, liar.address);
      const joined = await enrol({ token, facts, timeoutMs: 1_500 });
      await tally.attempt(`${name}: joined`, () => joined.ok);
      await tally.attempt(`${name}: was not asked`, () => liar.asked() === 0);
      await tally.attempt(`${name}: the device said something`, () => liar.heard.length > 0);
      if (!joined.ok) codes.set(joined.error.code, (codes.get(joined.error.code) ?? 0) + 1);
      await liar.close();
    }
    tally.figure('refused as', [...codes].map(([code, count]) => `${count} ${code}`).join(', '));

    // The whole device, by its policy: tries again and again, and its profile stays empty.
    const all = await liars();
    for (const [index, [name, lie]] of all.slice(0, 3).entries()) {
      const liar = await startLiar(lie);
      const profile = join(room.folder, `rogue-${index}`);
      mkdirSync(profile);
      const device = await startDevice({
        index: 0,
        name: 'PC 99',
        host: { name: 'attacker', address: room.network.attacker, prefix: [] },
        profile,
        policy: { useDiscovery: false, enrolmentToken: codeFor(createTokenSecret(), liar.address) },
        recordings: room.recordings,
        prefix: [],
      });
      const askedTwice = async () => {
        while (liar.asked() < 1) await waitMs(50);
        await waitMs(1_000);
      };
      await within(10_000, askedTwice(), null);
      const { link, deviceId } = await device.stats();
      await tally.attempt(`${name}: was not asked by the device`, () => liar.asked() === 0);
      await tally.attempt(`${name}: the device joined`, () => deviceId !== null || link.state === 'online');
      await device.end();
      const written = existsSync(profile) ? readdirSync(profile) : [];
      await tally.attempt(`${name}: wrote ${written.join()}`, () =>
        written.some((file) => /identity|roster|address/.test(file)),
      );
      await liar.close();
    }
  },
});
