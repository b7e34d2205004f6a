// Every place where bytes of somebody else become a value, with good inputs to start from. A decoder gives true if it
// took the input; it fails by giving false or a Result, never by a throw.
import { createPublicKey, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { readStartOptions } from '../../main/app/start-options.ts';
import { createRouter, type Handlers } from '../../main/ipc/router.ts';
import { createFakeClock } from '../../main/lib/fake-clock.ts';
import { silentLog } from '../../main/lib/log.ts';
import { peekClientHello } from '../../main/link/client-hello.ts';
import { createCommandGate } from '../../main/link/command-gate.ts';
import { consoleRecords, readHints } from '../../main/link/discovery-records.ts';
import { parseFrame } from '../../main/link/frame.ts';
import { createSigner } from '../../main/trust/command-signature.ts';
import { createEnrolmentDesk } from '../../main/trust/enrolment-desk.ts';
import { createTokenSecret, formatToken, parseToken } from '../../main/trust/enrolment-token.ts';
import { loadAgentIdentity, saveAgentIdentity } from '../../main/trust/identity-store.ts';
import { recoverSchool, splitRecoveryText } from '../../main/trust/recovery.ts';
import { createRosterKeeper } from '../../main/trust/roster.ts';
import { createKeyPair, createRequest, publicKeyOf, readRequest } from '../../main/trust/school-authority.ts';
import { fileModeBox } from '../../main/trust/secret-box.ts';
import { idleReport } from '../../shared/domain/device.ts';
import { calls } from '../../shared/ipc/contract.ts';
import { EnrolmentAnswer, EnrolmentError, EnrolmentRequest } from '../../shared/protocol/enrolment.ts';
import { AgentMessage, ConsoleMessage, type Order } from '../../shared/protocol/link.ts';
import { PairingCommitment, PairingHello, PairingNonce, PairingRoom } from '../../shared/protocol/pairing.ts';
import { FromRelay, ToRelay } from '../../shared/protocol/relay.ts';
import { deviceOf, facts, makeSchool, newRoom, teacherOf } from '../contract/link/classroom.ts';
import { hostileBytes, hostileJson, hostileValue } from './fuzz-mutate.ts';

export type Decoder = {
  readonly name: string;
  /** Makes one hostile input and feeds it. */
  readonly feed: (random: () => number) => boolean | Promise<boolean>;
  /** Feeds a good input: proves that the decoder is reached at all. */
  readonly control: () => boolean | Promise<boolean>;
  /** Share of all inputs, where one costs more than a small parse. Default 1. */
  readonly share?: number;
};

type Packet = {
  readonly answers?: Parameters<typeof readHints>[0];
  readonly additionals?: Parameters<typeof readHints>[0];
};
type DnsPacket = { readonly encode: (packet: object) => Buffer; readonly decode: (bytes: Buffer) => Packet };
// What multicast-dns itself decodes packets with.
const requireOf = createRequire(createRequire(import.meta.url).resolve('multicast-dns'));
const dns = requireOf('dns-packet') as DnsPacket;

const school = await makeSchool();
const room = newRoom();
const teacher = await teacherOf(school, room);
const device = await deviceOf(school, room);
const log = silentLog();
const clock = createFakeClock();
const folder = mkdtempSync(join(tmpdir(), 'lehrpult-fuzz-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const sdp = [
  'v=0',
  'o=- 1 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'c=IN IP4 0.0.0.0',
  'a=mid:0',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`,
  'a=setup:actpass',
  'a=rtpmap:96 VP8/90000',
  '',
].join('\r\n');
const signals = [
  { kind: 'offer', sdp, generation: 1 },
  {
    kind: 'candidate',
    candidate: 'candidate:1 1 UDP 2122317823 10.0.0.5 51000 typ host',
    sdpMid: '0',
    sdpMLineIndex: 0,
    generation: 1,
  },
  { kind: 'bye', generation: 1 },
];
const nonce = 'AAAAAAAAAAAAAAAAAAAAAA';
const order: Order = {
  v: 1,
  body: { verb: 'unlock', lockId: null },
  room: room.id,
  device: device.deviceId,
  issuer: teacher.teacherId,
  session: nonce,
  seq: 1,
};
const sign = createSigner(teacher.privateKeyPem);
const { privateKeyPem } = await createKeyPair();
const requestDer = Buffer.from(await createRequest(privateKeyPem));
const display = { id: 'screen', width: 1920, height: 1080 };
const richFacts = { ...facts, displays: [display] };

const frames = {
  agent: [
    { type: 'hello', versions: { min: 2, max: 2 }, nonce, wallMs: 1, facts: richFacts, report: idleReport },
    { type: 'result', seq: 1, refusal: null, report: idleReport },
    ...signals.map((signal) => ({ type: 'signal', channel: 'screen', signal })),
  ],
  console: [
    {
      type: 'welcome',
      version: 2,
      room,
      teacher: 'Frau Muster',
      lesson: randomUUID(),
      roster: school.roster(),
      wallMs: 1,
    },
    { type: 'command', order: JSON.stringify(order), signature: sign(JSON.stringify(order)) },
    ...signals.map((signal) => ({ type: 'signal', channel: 'presentation', signal })),
  ],
};

/** A schema behind `parseFrame`. */
const frameDecoder = (
  name: string,
  schema: z.ZodType,
  samples: readonly [unknown, ...unknown[]],
): Decoder => ({
  name,
  feed: (random) => parseFrame(schema, hostileJson(random, samples)).ok,
  control: () => samples.every((sample) => parseFrame(schema, Buffer.from(JSON.stringify(sample))).ok),
});

/** A ClientHello (RFC 8446 section 4.1.2) with a server name, in one record. */
const clientHello = (serverName: string): Buffer => {
  const u16 = (value: number) => Buffer.from([value >> 8, value & 255]);
  const field = (bytes: Buffer) => Buffer.concat([u16(bytes.length), bytes]);
  const name = Buffer.from(serverName);
  const names = field(Buffer.concat([Buffer.from([0]), field(name)]));
  const extensions = field(Buffer.concat([u16(0), field(names)]));
  const body = Buffer.concat([
    u16(0x0303),
    Buffer.alloc(32),
    Buffer.from([0]),
    field(u16(0x1301)),
    Buffer.from([1, 0]),
    extensions,
  ]);
  const message = Buffer.concat([Buffer.from([1, 0]), u16(body.length), body]);
  return Buffer.concat([Buffer.from([0x16, 3, 1]), field(message)]);
};

const records = consoleRecords({ roomId: room.id, port: 47_100, addresses: ['10.0.0.1'] });
const packets = [
  dns.encode({ type: 'response', answers: records }),
  dns.encode({ type: 'response', answers: records.slice(0, 2), additionals: records.slice(2) }),
  dns.encode({ type: 'query', questions: [{ name: '_lehrpult._tcp.local', type: 'PTR' }] }),
];
/** As multicast-dns does it: what cannot be decoded is a warning there and is never handed on. */
const readPacket = (bytes: Buffer): number => {
  let packet: Packet;
  try {
    packet = dns.decode(bytes);
  } catch {
    return 0;
  }
  return readHints([...(packet.answers ?? []), ...(packet.additionals ?? [])], '10.0.0.1').hints.length;
};

const desk = createEnrolmentDesk({
  school: await school.roomAuthority(room),
  room: () => room,
  roster: school.roster,
  clock,
  log,
  store: { load: () => null, save: () => {}, settled: async () => {} },
});
const issued = await desk.issue({ uses: 500, lifetimeMs: 60_000, addresses: ['10.0.0.1:47100'] });
const token = parseToken(issued.text);
if (!token.ok) throw new Error('the desk made no token');
const goodSecret = Buffer.from(token.value.secret).toString('base64url');
const enrolmentRequest = { secret: goodSecret, request: requestDer.toString('base64'), facts: richFacts };

const tokens = [
  issued.text,
  formatToken({ ...token.value, secret: createTokenSecret(), addresses: ['a:1', '[::1]:2'] }),
];
const { recoveryCode } = school;

const keeper = () =>
  createRosterKeeper({ authorityPem: school.certificatePem, stored: null, save: () => {}, log });
const rosters = [school.roster()];

const gate = () =>
  createCommandGate({
    issuer: {
      keyId: teacher.teacherId,
      publicKey: createPublicKey({
        key: Buffer.from(publicKeyOf(teacher.privateKeyPem)),
        format: 'der',
        type: 'spki',
      }),
      role: 'teacher',
      roomId: room.id,
    },
    device: device.deviceId,
    room: room.id,
    session: nonce,
    roster: { allowsTeacher: () => true },
    lesson: null,
  });

const identityPath = join(folder, 'identity.json');
await saveAgentIdentity(identityPath, fileModeBox, device);
const identityJson: unknown = JSON.parse((await import('node:fs')).readFileSync(identityPath, 'utf8'));

const policy = {
  role: 'agent',
  consoleAddresses: ['10.0.0.1:47100'],
  lockGraceSeconds: 60,
  enrolmentToken: issued.text,
};
const policyPath = join(folder, 'policy.json');
const readPolicyBytes = (bytes: Buffer): readonly string[] => {
  writeFileSync(policyPath, bytes);
  return readStartOptions(['--policy', policyPath], null).problems;
};

const channels = Object.keys(calls);
const kinds = ['console', 'device', 'capture', 'presentation', 'lock', 'indicator'] as const;
const reached = new Map<string, number>();
const handlers: Handlers = Object.fromEntries(
  channels.map((channel) => [
    channel,
    () => {
      reached.set(channel, (reached.get(channel) ?? 0) + 1);
      return { ok: true, value: {} };
    },
  ]),
);
const router = createRouter(() => handlers, log);
const ipcInputs: readonly unknown[] = [
  {},
  { ids: [device.deviceId], text: 'Bitte', minutes: 5 },
  { id: device.deviceId, channel: 'screen', signal: signals[0] },
  { uses: 1, hours: 1 },
  { token: issued.text },
  { url: 'https://example.org' },
];

export const decoders: readonly Decoder[] = [
  frameDecoder('frame of a device', AgentMessage, frames.agent as [unknown]),
  frameDecoder('frame of a console', ConsoleMessage, frames.console as [unknown]),
  frameDecoder('enrolment request', EnrolmentRequest, [enrolmentRequest]),
  frameDecoder('enrolment answer', EnrolmentAnswer, [
    { certificatePem: device.certificatePem, roster: school.roster(), room },
  ]),
  frameDecoder('enrolment error', EnrolmentError, [{ code: 'token-expired' }]),
  frameDecoder('pairing hello', PairingHello, [{ request: requestDer.toString('base64'), facts: richFacts }]),
  frameDecoder('pairing commitment', PairingCommitment, [{ id: randomUUID(), commitment: 'A'.repeat(43) }]),
  frameDecoder('pairing nonce', PairingNonce, [{ nonce: 'A'.repeat(43) }]),
  frameDecoder('pairing room', PairingRoom, [{ room: 'Raum 204', teacher: 'Frau Muster' }]),
  frameDecoder('order to the relay', ToRelay, [
    { type: 'start', udpPort: 0, bindAddress: null, run: 1 },
    { type: 'peer-signal', peerId: 'a', signal: signals[0] },
  ]),
  frameDecoder('word of the relay', FromRelay, [
    { type: 'ready', udpPort: 1, pid: 1, run: 1 },
    { type: 'source-signal', signal: signals[1] },
  ]),
  {
    name: 'ClientHello',
    feed: (random) =>
      peekClientHello(
        hostileBytes(random, [clientHello('enrol.lehrpult.invalid'), clientHello('link.lehrpult.invalid')]),
      ).kind === 'tls',
    control() {
      const peek = peekClientHello(clientHello('enrol.lehrpult.invalid'));
      return peek.kind === 'tls' && peek.serverName === 'enrol.lehrpult.invalid';
    },
    share: 2,
  },
  {
    name: 'discovery packet',
    feed: (random) => readPacket(hostileBytes(random, packets)) > 0,
    control: () => packets.slice(0, 2).every((packet) => readPacket(packet) === 1),
    share: 2,
  },
  {
    name: 'certificate request',
    feed: async (random) => (await readRequest(hostileBytes(random, [requestDer]))).ok,
    control: async () => (await readRequest(requestDer)).ok,
    share: 0.3,
  },
  {
    name: 'enrolment claim',
    async feed(random) {
      const claim = {
        secret:
          random() < 0.5 ? goodSecret : hostileBytes(random, [Buffer.from(goodSecret)]).toString('latin1'),
        requestDer: hostileBytes(random, [requestDer]),
        facts,
        address: `10.0.${Math.floor(random() * 250)}.${Math.floor(random() * 250)}`,
      };
      return (await desk.redeem(claim)).ok;
    },
    control: async () =>
      (await desk.redeem({ secret: goodSecret, requestDer, facts, address: '10.0.0.1' })).ok,
    share: 0.3,
  },
  {
    name: 'joining code',
    feed: (random) =>
      parseToken(
        hostileBytes(
          random,
          tokens.map((text) => Buffer.from(text)),
        ).toString('utf8'),
      ).ok,
    control: () => tokens.every((text) => parseToken(text).ok),
  },
  {
    name: 'recovery code',
    feed(random) {
      const typed = hostileBytes(random, [Buffer.from(recoveryCode())]).toString('utf8');
      return recoverSchool(splitRecoveryText(typed).code, school.certificatePem).ok;
    },
    control: () => recoverSchool(recoveryCode(), school.certificatePem).ok,
    share: 0.5,
  },
  {
    name: 'roster',
    feed: (random) =>
      keeper().offer(JSON.parse(JSON.stringify(hostileValue(random, rosters[0])) ?? 'null')).ok,
    control: () => keeper().offer(school.roster()).ok,
    share: 0.3,
  },
  {
    name: 'signed order',
    feed(random) {
      // Signed by the genuine teacher, so that what lies behind the signature is reached.
      const text = hostileJson(random, [order]).toString('utf8');
      const isSigned = random() < 0.7;
      return (
        gate().check(
          text,
          isSigned ? sign(text) : hostileBytes(random, [Buffer.from(sign(text))]).toString('latin1'),
        ).refusal === null
      );
    },
    control: () => gate().check(JSON.stringify(order), sign(JSON.stringify(order))).refusal === null,
    share: 0.5,
  },
  {
    name: 'identity file',
    async feed(random) {
      writeFileSync(identityPath, hostileJson(random, [identityJson]));
      const loaded = await loadAgentIdentity(identityPath, fileModeBox);
      return loaded.ok && loaded.value !== null;
    },
    async control() {
      writeFileSync(identityPath, JSON.stringify(identityJson));
      const loaded = await loadAgentIdentity(identityPath, fileModeBox);
      return loaded.ok && loaded.value !== null;
    },
    share: 0.1,
  },
  {
    name: 'policy file',
    feed: (random) => readPolicyBytes(hostileJson(random, [policy])).length === 0,
    control: () => readPolicyBytes(Buffer.from(JSON.stringify(policy))).length === 0,
    share: 0.3,
  },
  {
    name: 'call of a page',
    async feed(random) {
      const at = (list: readonly unknown[]): unknown => list[Math.floor(random() * list.length)];
      const channel = random() < 0.9 ? at(channels) : hostileValue(random, 'x');
      const kind = kinds[Math.floor(random() * kinds.length)] ?? 'lock';
      const sender = random() < 0.9 ? { kind, windowId: 1 } : null;
      return (await router.handle(channel, hostileValue(random, at(ipcInputs)), sender)).ok;
    },
    async control() {
      const sender = { kind: 'console', windowId: 1 } as const;
      return (await router.handle('appearance:get', {}, sender)).ok;
    },
  },
];
