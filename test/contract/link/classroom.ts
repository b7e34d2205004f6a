// A school in memory, consoles and devices for tests with real sockets on 127.0.0.1.
import { randomUUID } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { createLog, type Log } from '../../../main/lib/log.ts';
import {
  type CommandHandlers,
  createLinkClient,
  type LinkClient,
  type LinkClientOptions,
  type LinkStatus,
} from '../../../main/link/link-client.ts';
import { createLinkServer, type LinkServer, type LinkServerOptions } from '../../../main/link/link-server.ts';
import { clientContext, consoleClientOptions } from '../../../main/link/tls-settings.ts';
import { keyIdOf, linkServerName } from '../../../main/trust/certificate-profile.ts';
import type { AgentIdentity, TeacherIdentity, TlsIdentity } from '../../../main/trust/identity.ts';
import {
  createKeyPair,
  createRoomAuthority,
  createSchool,
  openRoomAuthority,
  openSchool,
  type RoomAuthority,
  type SchoolAuthority,
} from '../../../main/trust/school-authority.ts';
import { type DeviceFacts, idleReport } from '../../../shared/domain/device.ts';
import { DeviceId, LessonId, RoomId, TeacherId } from '../../../shared/domain/ids.ts';
import type { Room } from '../../../shared/domain/lesson.ts';
import { type CommandBody, linkSubprotocol } from '../../../shared/protocol/link.ts';
import type { Roster, SignedRoster } from '../../../shared/protocol/roster.ts';

export const newLesson = (): LessonId => LessonId.parse(randomUUID());
export const newRoom = (name = 'Room 7'): Room => ({ id: RoomId.parse(randomUUID()), name });
export const facts: DeviceFacts = { name: 'PC 01', os: 'linux', appVersion: '0.1.0', displays: [] };
export const helloText = (changes: Record<string, unknown> = {}): string =>
  JSON.stringify({
    type: 'hello',
    versions: { min: 1, max: 1 },
    nonce: 'AAAAAAAAAAAAAAAAAAAAAA',
    facts,
    report: idleReport,
    ...changes,
  });

export const makeSchool = async (nowMs = Date.now()): Promise<SchoolAuthority> =>
  openSchool(await createSchool(nowMs));

/** The authority that issues this room's devices; each call makes another one. */
export const roomAuthorityOf = async (
  school: SchoolAuthority,
  room: Room,
  nowMs = Date.now(),
): Promise<RoomAuthority> =>
  openRoomAuthority(await createRoomAuthority(school, room.id, nowMs), school.certificatePem);

/** A roster of this school; nobody teaches unless named. */
export const rosterOf = (school: SchoolAuthority, changes: Partial<Roster> = {}): SignedRoster => {
  const nobody: Roster = {
    v: 1,
    school: school.fingerprint,
    epoch: 1,
    issuedAt: 0,
    teachers: [],
    revoked: [],
  };
  return school.signRoster({ ...nobody, ...changes });
};

export async function teacherOf(
  school: SchoolAuthority,
  room: Room,
  nowMs = Date.now(),
): Promise<TeacherIdentity> {
  const { privateKeyPem, publicKeyDer } = await createKeyPair();
  return {
    certificatePem: await school.issueTeacher(publicKeyDer, room.id, nowMs),
    privateKeyPem,
    authorityPem: school.certificatePem,
    roomId: room.id,
    teacherId: TeacherId.parse(keyIdOf(publicKeyDer)),
  };
}

/** A device with the chain that enrolment would give it. `roster`: the one it came to know then. */
export async function deviceOf(
  school: SchoolAuthority,
  room: Room,
  nowMs = Date.now(),
  roster: SignedRoster = rosterOf(school),
): Promise<AgentIdentity> {
  const { privateKeyPem, publicKeyDer } = await createKeyPair();
  const authority = await roomAuthorityOf(school, room, nowMs);
  return {
    certificatePem: await authority.issueAgent(publicKeyDer, nowMs),
    privateKeyPem,
    authorityPem: school.certificatePem,
    roomId: room.id,
    roomName: room.name,
    addresses: [],
    deviceId: DeviceId.parse(keyIdOf(publicKeyDer)),
    roster,
  };
}

export type RunningConsole = {
  readonly server: LinkServer;
  readonly port: number;
  readonly address: string;
  readonly logged: string[];
};

/** A console on 127.0.0.1. `port` 0 takes any free one. */
export async function startConsole(
  identity: TeacherIdentity,
  room: Room,
  options: Partial<LinkServerOptions> & { port?: number } = {},
): Promise<RunningConsole> {
  const logged: string[] = [];
  const { port, ...rest } = options;
  const server = createLinkServer({
    identity,
    room,
    teacherName: 'Teacher',
    log: createLog({ sink: (line) => logged.push(line) }),
    ...rest,
  });
  const listening = await server.listen(port ?? 0, '127.0.0.1');
  if (!listening.ok) throw new Error(listening.error.code);
  return { server, port: listening.value, address: `127.0.0.1:${listening.value}`, logged };
}

export type RunningAgent = { readonly client: LinkClient; readonly orders: CommandBody[]; readonly log: Log };

export const quietLog = (): Log => createLog({ sink: () => undefined });

export function startAgent(
  identity: AgentIdentity | null,
  addresses: readonly string[],
  options: Partial<LinkClientOptions> = {},
): RunningAgent {
  const orders: CommandBody[] = [];
  const carryOut = (body: CommandBody) => {
    orders.push(body);
    return null;
  };
  const commands: CommandHandlers = {
    lock: carryOut,
    'renew-lock': carryOut,
    unlock: carryOut,
    watch: carryOut,
    'show-presentation': carryOut,
    'end-presentation': carryOut,
  };
  const log = quietLog();
  const client = createLinkClient({
    identity,
    addresses: () => addresses,
    facts: () => facts,
    report: () => idleReport,
    handlers: { commands, signal: () => undefined, welcome: () => undefined, lesson: () => undefined },
    log,
    ...options,
  });
  client.start();
  return { client, orders, log };
}

/** Waits until the agent's status is in this state; gives the status. */
export function reached<S extends LinkStatus['state']>(
  client: LinkClient,
  state: S,
): Promise<Extract<LinkStatus, { state: S }>> {
  return new Promise((resolve) => {
    const check = (status: LinkStatus) => {
      if (status.state !== state) return;
      client.events.off('status', check);
      resolve(status as Extract<LinkStatus, { state: S }>);
    };
    client.events.on('status', check);
    check(client.status());
  });
}

/** Waits for an event whose arguments pass the test. */
export function heard<Map extends Record<keyof Map, unknown[]>, Name extends keyof Map & string>(
  emitter: EventEmitter<Map>,
  name: Name,
  test: (...parts: Map[Name]) => boolean = () => true,
): Promise<Map[Name]> {
  const plain = emitter as unknown as EventEmitter;
  return new Promise((resolve) => {
    const listen = (...parts: unknown[]) => {
      const typed = parts as Map[Name];
      if (!test(...typed)) return;
      plain.off(name, listen);
      resolve(typed);
    };
    plain.on(name, listen);
  });
}

/** An attacker's TLS connection that checks the console as any agent does and shows whatever certificate it likes. */
export function dialRaw(port: number, shown: TlsIdentity | Pick<TlsIdentity, 'authorityPem'>): TLSSocket {
  const socket = connect({
    host: '127.0.0.1',
    port,
    ...consoleClientOptions(clientContext(shown), linkServerName, null),
  });
  socket.on('error', () => undefined);
  return socket;
}

export type RawLink = {
  readonly socket: WebSocket;
  readonly frames: string[];
  readonly closed: Promise<{ code: number; reason: string }>;
};

/** A WebSocket to the console with a good certificate, for saying the wrong things. Resolves when it is open. */
export function openRaw(
  port: number,
  identity: TlsIdentity,
  headers: Record<string, string> = {},
): Promise<RawLink> {
  const tls = dialRaw(port, identity);
  const frames: string[] = [];
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`wss://${linkServerName}/link`, [linkSubprotocol], {
      createConnection: () => tls,
      perMessageDeflate: false,
      headers,
    });
    socket.on('message', (data) => frames.push(String(data)));
    const closed = new Promise<{ code: number; reason: string }>((done) => {
      socket.on('close', (code, reason) => done({ code, reason: reason.toString() }));
    });
    socket.on('error', reject);
    socket.on('open', () => resolve({ socket, frames, closed }));
  });
}
