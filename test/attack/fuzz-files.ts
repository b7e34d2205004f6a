// More decoders for the fuzz: session descriptions, joining by hand, and the files that lie where others can write.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openProfileAudit } from '../../main/app/open-audit.ts';
import { verifyAuditLog } from '../../main/features/audit/verify-audit-log.ts';
import { createFakeClock } from '../../main/lib/fake-clock.ts';
import { silentLog } from '../../main/lib/log.ts';
import { createPairingService } from '../../main/link/pairing-service.ts';
import { filterDescription, reachableFrom } from '../../main/link/signal-filter.ts';
import { createPairingDesk } from '../../main/trust/pairing-desk.ts';
import { createKeyPair, createRequest, createRoomAuthority } from '../../main/trust/school-authority.ts';
import { fileModeBox } from '../../main/trust/secret-box.ts';
import { openTeacherFile, sealTeacherFile } from '../../main/trust/teacher-file.ts';
import { facts, makeSchool, newRoom, teacherOf } from '../contract/link/classroom.ts';
import type { Decoder } from './fuzz-decoders.ts';
import { hostileBytes, hostileJson } from './fuzz-mutate.ts';

const folder = mkdtempSync(join(tmpdir(), 'lehrpult-fuzz-files-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const log = silentLog();
const clock = createFakeClock();
const school = await makeSchool();
const room = newRoom();
const teacher = await teacherOf(school, room);
const authority = await createRoomAuthority(school, room.id, Date.now());

const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':');
const description = [
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0',
  'm=video 9 UDP/TLS/RTP/SAVPF 96',
  'c=IN IP4 0.0.0.0',
  'a=rtcp:9 IN IP4 0.0.0.0',
  'a=candidate:1 1 udp 2122317823 10.0.0.5 51000 typ host generation 0',
  'a=candidate:2 1 tcp 1518280447 10.0.0.5 9 typ host tcptype active',
  'a=mid:0',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  `a=fingerprint:sha-256 ${fingerprint}`,
  'a=setup:actpass',
  'a=rtpmap:96 VP8/90000',
  '',
].join('\r\n');
const strangers = [
  'a=candidate:3 1 udp 1 8.8.8.8 53 typ host',
  'a=candidate:4 1 udp 1 evil.local 5 typ srflx raddr 1.1.1.1 rport 1',
  'c=IN IP4 93.184.216.34',
  'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x',
];
const isReachable = reachableFrom('10.0.0.5', [{ address: '10.0.0.1', prefix: 24 }]);
const descriptions = [
  description,
  ...strangers.map((line) => description.replace('a=mid:0', `${line}\r\na=mid:0`)),
].map((text) => Buffer.from(text));

/** What is passed on leads nowhere but to the peer's own network, and names one certificate. */
const filter = (sdp: string): boolean => {
  const filtered = filterDescription(sdp, isReachable);
  if (filtered === null) return false;
  const lines = filtered.sdp.split('\r\n');
  for (const line of lines) {
    // The fifth field (RFC 8839 section 5.1).
    const address = line.startsWith('a=candidate:') ? line.split(' ')[4] : undefined;
    if (address !== undefined && !isReachable(address)) throw new Error(`passed on: ${line}`);
    if (/^a=(?:crypto|candidate:(?:\S+ ){6,7}typ (?!host))/i.test(line))
      throw new Error(`passed on: ${line}`);
  }
  const certificates = lines.filter((line) => /^a=fingerprint/i.test(line)).map((line) => line.toUpperCase());
  if (new Set(certificates).size !== 1) throw new Error('not one certificate');
  return true;
};

const desk = createPairingDesk({
  school: school.fingerprint,
  teacherKey: teacher.teacherId,
  issue: () => Promise.reject(new Error('a certificate without the teacher’s yes')),
  onEnrolled: () => {},
  onChange: () => {},
  clock,
  log,
});
const pairing = createPairingService({ desk, room: () => ({ room: 'Raum 204', teacher: 'Frau Muster' }) });
const request = Buffer.from(await createRequest((await createKeyPair()).privateKeyPem)).toString('base64');
const bodies: readonly unknown[] = [{ request, facts }, { nonce: 'A'.repeat(43) }];
const paths = [
  '/pairing',
  `/pairing/${randomUUID()}`,
  `/pairing/${randomUUID()}/nonce`,
  `/pairing/${randomUUID()}/confirm`,
];

const password = 'ein langes Kennwort';
const { privateKeyPem: teacherKeyPem, certificatePem, authorityPem } = teacher;
const sealed = await sealTeacherFile(
  {
    content: {
      roomId: room.id,
      roomName: room.name,
      teacherName: 'Frau Muster',
      authorityPem,
      roomAuthorityPem: authority.certificatePem,
      certificatePem,
      roster: school.roster(),
    },
    keys: { teacherKeyPem, roomAuthorityKeyPem: authority.privateKeyPem },
    tokens: [],
  },
  password,
);

const audit = await openProfileAudit({
  profile: folder,
  policy: { auditDays: 30 },
  box: fileModeBox,
  clock,
  log,
});
for (let index = 0; index < 20; index += 1) audit.append({ kind: 'started' });
audit.close();
const auditPath = join(folder, 'audit.sqlite');
const auditBytes = readFileSync(auditPath);
const verify = (bytes: Buffer): boolean => {
  const path = join(folder, 'edited.sqlite');
  writeFileSync(path, bytes);
  return verifyAuditLog(path).ok;
};

export const fileDecoders: readonly Decoder[] = [
  {
    name: 'session description',
    feed: (random) => filter(hostileBytes(random, descriptions).toString('latin1')),
    control: () => filter(description) && filterDescription('v=0', isReachable) === null,
    share: 2,
  },
  {
    name: 'joining by hand',
    async feed(random) {
      if (!desk.isOpen()) desk.open();
      clock.advance(50);
      const answer = await pairing({
        method: ['GET', 'POST', 'DELETE', 'PUT'][Math.floor(random() * 4)] ?? '',
        path:
          random() < 0.7
            ? (paths[Math.floor(random() * paths.length)] ?? '')
            : hostileBytes(
                random,
                paths.map((path) => Buffer.from(path)),
              ).toString('latin1'),
        body: random() < 0.1 ? null : hostileJson(random, bodies),
        address: `10.0.${Math.floor(random() * 250)}.${Math.floor(random() * 250)}`,
      });
      return answer.ok;
    },
    async control() {
      desk.open();
      const hello = {
        method: 'POST',
        path: '/pairing',
        body: Buffer.from(JSON.stringify(bodies[0])),
        address: '10.0.0.9',
      };
      return (await pairing(hello)).ok;
    },
    share: 0.5,
  },
  {
    name: 'teacher file',
    feed: async (random) =>
      (await openTeacherFile(hostileJson(random, [JSON.parse(sealed)]).toString('utf8'), password)).ok,
    control: async () => (await openTeacherFile(sealed, password)).ok,
    share: 0.02,
  },
  {
    name: 'log of who did what',
    feed: (random) => verify(hostileBytes(random, [auditBytes])),
    control: () => verify(auditBytes),
    share: 0.05,
  },
];
