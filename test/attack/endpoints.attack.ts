// T33: every door of a console with every method, path, origin, host and role: what is not expressly open is shut.

import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll } from 'vitest';
import { clientContext, consoleClientOptions } from '../../main/link/tls-settings.ts';
import { enrolmentServerName, linkServerName } from '../../main/trust/certificate-profile.ts';
import type { AgentIdentity, TlsIdentity } from '../../main/trust/identity.ts';
import { attack } from './attack-table.ts';
import { within } from './peers.ts';
import { type AttackRoom, startRoom } from './room.ts';

let room: AttackRoom;
let device: AgentIdentity;

beforeAll(async () => {
  room = await startRoom();
  const [first] = room.devices;
  if (first === undefined) throw new Error('no device');
  device = await first.steal();
  // Its own connection is not the subject; a second one of the same key would be taken for a copy.
  await first.kill();
});
afterAll(async () => room?.close());

type Door = 'plain' | 'enrolment' | 'link';
type Role = 'nobody' | 'device' | 'teacher';
type Knock = {
  readonly door: Door;
  readonly role: Role;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
};

const methods = ['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH', 'TRACE', 'PROPFIND', 'CONNECT'];
const paths = [
  '/',
  '/link',
  '/enrol',
  '/school-authority',
  '/pairing',
  '/pairing/00000000-0000-4000-8000-000000000000/confirm',
  '/link/../enrol',
  '//school-authority',
  '/school-authority?x',
  'http://example.org/school-authority',
  '/%2e%2e/etc/passwd',
  '/.well-known/x',
];
const origins = [null, 'https://example.org', 'null', 'http://localhost', 'file://', 'app://lehrpult'];
const hosts = [
  null,
  '10.0.0.1:47100',
  'evil.example',
  'localhost',
  '169.254.169.254',
  enrolmentServerName,
  linkServerName,
  '',
];
const upgrade = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
};

const identities = (): Readonly<Record<Role, TlsIdentity | Pick<TlsIdentity, 'authorityPem'>>> => ({
  nobody: { authorityPem: room.teacher.authorityPem },
  device,
  teacher: room.teacher,
});

const serverNames: Readonly<Record<Exclude<Door, 'plain'>, string>> = {
  enrolment: enrolmentServerName,
  link: linkServerName,
};

/** What our own programs say; no page of the web can be loaded from a name below `.invalid` (RFC 6761). */
const ownHosts: Readonly<Record<Door, string>> = {
  plain: enrolmentServerName,
  enrolment: enrolmentServerName,
  link: linkServerName,
};

/** Status of the first answer; 0 when the connection was cut instead, or nothing came. */
const knock = ({ door, role, method, path, headers }: Knock): Promise<number> => {
  const { host, port } = { host: room.network.console.address, port: room.port };
  const body = method === 'POST' ? '{}' : '';
  const length = body === '' ? {} : { 'Content-Length': String(body.length) };
  const lines = Object.entries({ Host: ownHosts[door], ...headers, ...length }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const text = `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
  const open = (): Socket => {
    if (door === 'plain') return connect({ host, port });
    const context = clientContext(identities()[role]);
    return connectTls({ host, port, ...consoleClientOptions(context, serverNames[door], { roomId: null }) });
  };
  const socket = open();
  let heard = '';
  const answered = new Promise<number>((resolve) => {
    socket.on('error', () => resolve(0));
    socket.on('close', () => resolve(0));
    socket.on('data', (chunk: Buffer) => {
      heard += chunk.toString('latin1');
      const status = /^HTTP\/1\.1 (\d{3})/.exec(heard)?.[1];
      if (status !== undefined) resolve(Number(status));
    });
    socket.write(text);
  });
  return within(7_000, answered, 0).finally(() => socket.destroy());
};

/** The three things that are open, and only so. */
const isOpen = ({ door, role, method, path, headers }: Knock): boolean => {
  const hasOrigin = 'Origin' in headers;
  const isOwnHost = (headers.Host ?? ownHosts[door]) === ownHosts[door];
  if (door === 'plain') return method === 'GET' && path === '/school-authority' && !hasOrigin && isOwnHost;
  if (door === 'link')
    return (
      role === 'device' &&
      method === 'GET' &&
      path === '/link' &&
      !hasOrigin &&
      isOwnHost &&
      headers.Upgrade === 'websocket' &&
      headers['Sec-WebSocket-Protocol'] === 'lehrpult.link'
    );
  return false;
};

const knocks = (): Knock[] => {
  const all: Knock[] = [];
  const add = (door: Door, roles: readonly Role[], extra: readonly Readonly<Record<string, string>>[]) => {
    for (const role of roles)
      for (const path of paths)
        for (const method of methods)
          for (const more of extra) all.push({ door, role, method, path, headers: more });
  };
  const withOrigin = origins.filter((origin) => origin !== null).map((Origin) => ({ Origin }));
  const withHost = hosts.filter((host) => host !== null).map((Host) => ({ Host }));
  const plain = [{}, ...withOrigin.slice(0, 2), ...withHost.slice(0, 2)];
  add('plain', ['nobody'], plain);
  add('enrolment', ['nobody'], [{}, { 'Content-Type': 'application/json', Origin: 'https://example.org' }]);
  // All origins and hosts where something is open at all.
  const json = { 'Content-Type': 'application/json' };
  const link = { ...upgrade, 'Sec-WebSocket-Protocol': 'lehrpult.link' };
  for (const headers of [...withOrigin, ...withHost]) {
    all.push({ door: 'plain', role: 'nobody', method: 'GET', path: '/school-authority', headers });
    for (const path of ['/enrol', '/pairing'])
      for (const method of ['GET', 'POST'])
        all.push({ door: 'enrolment', role: 'nobody', method, path, headers: { ...json, ...headers } });
    for (const role of ['device', 'nobody', 'teacher'] as const)
      all.push({ door: 'link', role, method: 'GET', path: '/link', headers: { ...link, ...headers } });
  }
  for (const role of ['nobody', 'device', 'teacher'] as const)
    for (const path of paths)
      for (const headers of [
        link,
        upgrade,
        { ...link, Upgrade: 'h2c' },
        { ...link, 'Sec-WebSocket-Version': '7' },
        { ...link, 'Sec-WebSocket-Protocol': 'other' },
        {},
      ])
        if (!(role === 'device' && path === '/link' && headers === link))
          all.push({ door: 'link', role, method: 'GET', path, headers });
  for (const method of methods)
    all.push({ door: 'link', role: 'device', method, path: '/link', headers: {} });
  return all;
};

const isServed = (status: number): boolean => status >= 100 && status < 400;
const nameOf = ({ door, role, method, path, headers }: Knock): string =>
  `${role} at ${door}: ${method} ${path} ${JSON.stringify(headers)}`;

/** TCP sockets that listen in the network stack of a process. */
const listening = (pid: number): number =>
  ['tcp', 'tcp6']
    .flatMap((file) => readFileSync(`/proc/${pid}/net/${file}`, 'utf8').split('\n').slice(1))
    .filter((line) => line.trim().split(/\s+/)[3] === '0A').length;

attack({
  id: 'T33',
  title: 'every door, method, origin, host and role',
  timeoutMs: 180_000,
  async control() {
    const authority = await knock({
      door: 'plain',
      role: 'nobody',
      method: 'GET',
      path: '/school-authority',
      headers: {},
    });
    const link = await knock({
      door: 'link',
      role: 'device',
      method: 'GET',
      path: '/link',
      headers: { ...upgrade, 'Sec-WebSocket-Protocol': 'lehrpult.link' },
    });
    return authority === 200 && link === 101;
  },
  async attempts(tally) {
    const matrix = knocks();
    const open: string[] = [];
    const statuses = new Map<number, number>();
    const width = 12;
    for (let at = 0; at < matrix.length; at += width)
      await Promise.all(
        matrix.slice(at, at + width).map(async (one) => {
          const status = await knock(one);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          if (isServed(status) && !isOpen(one)) open.push(`${status} ${nameOf(one)}`);
        }),
      );
    tally.count(matrix.length, open);
    tally.figure('matrix', `${matrix.length} knocks`);
    tally.figure(
      'answers',
      [...statuses]
        .toSorted()
        .map(([status, count]) => `${count} ${status === 0 ? 'cut' : status}`)
        .join(', '),
    );
    if (room.network.isReal) {
      await tally.attempt('another TCP port of the console', () => listening(room.consolePid) !== 1);
      for (const { name, pid } of room.devices)
        await tally.attempt(`a TCP port of ${name}`, () => listening(pid()) !== 0);
    }
    tally.figure('ports', '1 at the console, 0 at a device');
  },
});
