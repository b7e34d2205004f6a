// A school in memory, consoles and devices for tests with real sockets on 127.0.0.1.
import { randomUUID } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { WebSocket, WebSocketServer } from 'ws';
import { createLog, type Log } from '../../../main/lib/log.ts';
import {
  type CommandHandlers,
  createLinkClient,
  type LinkClient,
  type LinkClientOptions,
  type LinkStatus,
  type RefusedCommand,
} from '../../../main/link/link-client.ts';
import { createLinkServer, type LinkServer, type LinkServerOptions } from '../../../main/link/link-server.ts';
import { clientContext, consoleClientOptions, mutualServerOptions } from '../../../main/link/tls-settings.ts';
import { keyIdOf, linkServerName } from '../../../main/trust/certificate-profile.ts';
import { createSigner } from '../../../main/trust/command-signature.ts';
import type { AgentIdentity, TeacherIdentity, TlsIdentity } from '../../../main/trust/identity.ts';
import { createRosterKeeper, type RosterKeeper } from '../../../main/trust/roster.ts';
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
import { type CommandBody, linkSubprotocol, type Order } from '../../../shared/protocol/link.ts';
import type { Roster, SignedRoster } from '../../../shared/protocol/roster.ts';

export const newLesson = (): LessonId => LessonId.parse(randomUUID());
export const newRoom = (name = 'Room 7'): Room => ({ id: RoomId.parse(randomUUID()), name });
export const facts: DeviceFacts = { name: 'PC 01', os: 'linux', appVersion: '0.1.0', displays: [] };
export const helloText = (changes: Record<string, unknown> = {}): string =>
  JSON.stringify({
    type: 'hello',
    versions: { min: 2, max: 2 },
    nonce: 'AAAAAAAAAAAAAAAAAAAAAA',
    wallMs: Date.now(),
    facts,
    report: idleReport,
    ...changes,
  });

/** A school as its IT holds it: the root, the rooms' authorities and the roster with everybody who got a certificate. */
export type TestSchool = SchoolAuthority & {
  readonly roomAuthority: (room: Room, nowMs?: number) => Promise<RoomAuthority>;
  /** Lists the teacher for this room; gives the new roster. */
  readonly appoint: (id: TeacherId, room: Room) => SignedRoster;
  /** The roster of the next epoch without these keys. */
  readonly dismiss: (...keyIds: string[]) => SignedRoster;
  readonly roster: () => SignedRoster;
};

/** By certificate of the root, for a console that only holds an identity. */
const schools = new Map<string, TestSchool>();

export async function makeSchool(nowMs = Date.now()): Promise<TestSchool> {
  const authority = await openSchool(await createSchool(nowMs));
  const rooms = new Map<string, Promise<RoomAuthority>>();
  let content: Roster = {
    v: 1,
    school: authority.fingerprint,
    epoch: 1,
    issuedAt: 0,
    teachers: [],
    revoked: [],
  };
  const next = (changes: Partial<Roster>) => {
    content = { ...content, ...changes, epoch: content.epoch + 1 };
    return authority.signRoster(content);
  };
  const school: TestSchool = {
    ...authority,
    roomAuthority(room, atMs = nowMs) {
      const known = rooms.get(room.id);
      if (known !== undefined) return known;
      const made = createRoomAuthority(authority, room.id, atMs).then((keys) =>
        openRoomAuthority(keys, authority.certificatePem),
      );
      rooms.set(room.id, made);
      return made;
    },
    appoint: (id, room) =>
      next({ teachers: [...content.teachers, { id, name: 'Teacher', rooms: [room.id] }] }),
    dismiss: (...keyIds) =>
      next({
        teachers: content.teachers.filter((teacher) => !keyIds.includes(teacher.id)),
        revoked: [...content.revoked, ...keyIds],
      }),
    roster: () => authority.signRoster(content),
  };
  schools.set(authority.certificatePem, school);
  return school;
}

/** What a device or console knows of who teaches. `stored` null: nothing yet. */
export const keeperOf = (authorityPem: string, stored: SignedRoster | null): RosterKeeper =>
  createRosterKeeper({ authorityPem, stored, save: () => undefined, log: quietLog() });

export async function teacherOf(
  school: TestSchool,
  room: Room,
  nowMs = Date.now(),
): Promise<TeacherIdentity> {
  const { privateKeyPem, publicKeyDer } = await createKeyPair();
  const teacherId = TeacherId.parse(keyIdOf(publicKeyDer));
  school.appoint(teacherId, room);
  return {
    certificatePem: await school.issueTeacher(publicKeyDer, room.id, nowMs),
    privateKeyPem,
    authorityPem: school.certificatePem,
    roomId: room.id,
    teacherId,
  };
}

/** A device with the chain that enrolment would give it, and the roster as it is now. */
export async function deviceOf(school: TestSchool, room: Room, nowMs = Date.now()): Promise<AgentIdentity> {
  const { privateKeyPem, publicKeyDer } = await createKeyPair();
  const authority = await school.roomAuthority(room, nowMs);
  return {
    certificatePem: await authority.issueAgent(publicKeyDer, nowMs),
    privateKeyPem,
    authorityPem: school.certificatePem,
    roomId: room.id,
    roomName: room.name,
    addresses: [],
    roster: school.roster(),
    deviceId: DeviceId.parse(keyIdOf(publicKeyDer)),
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
    roster: keeperOf(identity.authorityPem, schools.get(identity.authorityPem)?.roster() ?? null),
    log: createLog({ sink: (line) => logged.push(line) }),
    ...rest,
  });
  const listening = await server.listen(port ?? 0, '127.0.0.1');
  if (!listening.ok) throw new Error(listening.error.code);
  return { server, port: listening.value, address: `127.0.0.1:${listening.value}`, logged };
}

export type RunningAgent = {
  readonly client: LinkClient;
  readonly orders: CommandBody[];
  readonly refused: RefusedCommand[];
  readonly log: Log;
};

export const quietLog = (): Log => createLog({ sink: () => undefined });

export function startAgent(
  identity: AgentIdentity | null,
  addresses: readonly string[],
  options: Partial<LinkClientOptions> = {},
): RunningAgent {
  const orders: CommandBody[] = [];
  const refused: RefusedCommand[] = [];
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
    'open-url': carryOut,
  };
  const log = quietLog();
  const client = createLinkClient({
    identity,
    roster: identity === null ? null : keeperOf(identity.authorityPem, identity.roster),
    addresses: () => addresses,
    facts: () => facts,
    report: () => idleReport,
    handlers: { commands, signal: () => undefined, welcome: () => undefined, lesson: () => undefined },
    onRefused: (command) => refused.push(command),
    log,
    ...options,
  });
  client.start();
  return { client, orders, refused, log };
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

export const welcomeText = (
  room: Room,
  lesson: LessonId | null,
  changes: Record<string, unknown> = {},
): string =>
  JSON.stringify({
    type: 'welcome',
    version: 2,
    room,
    teacher: 'Teacher',
    lesson,
    roster: null,
    wallMs: Date.now(),
    ...changes,
  });

/** A console with a good certificate that says what the test wants it to, and answers no ping. */
export async function startPuppet(
  teacher: TeacherIdentity,
  onConnection: (socket: WebSocket, request: IncomingMessage) => void,
) {
  const https = createHttpsServer(mutualServerOptions(teacher));
  const sockets = new WebSocketServer({
    server: https,
    handleProtocols: () => linkSubprotocol,
    autoPong: false,
  });
  sockets.on('connection', onConnection);
  await new Promise<void>((done) => https.listen(0, '127.0.0.1', done));
  const bound = https.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const close = () => {
    for (const socket of sockets.clients) socket.terminate();
    https.close();
  };
  return { port, address: `127.0.0.1:${port}`, close };
}

/** A command as the console with this identity would send it; `changes` make it a lie that is signed all the same. */
export const commandText = (
  teacher: TeacherIdentity,
  device: DeviceId,
  session: string,
  seq: number,
  changes: Partial<Record<keyof Order, unknown>> = {},
): string => {
  const body: CommandBody = { verb: 'unlock', lockId: null };
  const genuine: Order = {
    v: 1,
    body,
    room: teacher.roomId,
    device,
    issuer: teacher.teacherId,
    session,
    seq,
  };
  const order = JSON.stringify({ ...genuine, ...changes });
  return JSON.stringify({ type: 'command', order, signature: createSigner(teacher.privateKeyPem)(order) });
};

/** An attacker's TLS connection that checks the console as any agent does and shows whatever certificate it likes. */
export function dialRaw(port: number, shown: TlsIdentity | Pick<TlsIdentity, 'authorityPem'>): TLSSocket {
  const socket = connect({
    host: '127.0.0.1',
    port,
    ...consoleClientOptions(clientContext(shown), linkServerName, { roomId: null }),
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
