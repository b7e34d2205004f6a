// A whole admin for tests, without electron: real commands on a temporary folder, and the console and device that what
// they make is for.
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { SignedRoster } from '../../../shared/protocol/roster.ts';
import { ok } from '../../../shared/result/result.ts';
import { silentLog } from '../../lib/log.ts';
import { linkServerName, readCertificate } from '../../trust/certificate-profile.ts';
import type { ConsoleIdentity } from '../../trust/identity-store.ts';
import { createRosterKeeper, type RosterKeeper } from '../../trust/roster.ts';
import { createKeyPair } from '../../trust/school-authority.ts';
import { fileModeBox, type SecretBox } from '../../trust/secret-box.ts';
import { importTeacherFile } from '../../trust/teacher-import.ts';
import type { AdminParts, LogVerdict } from './command.ts';
import { runAdmin } from './run-admin.ts';

/** Stands for the secret store of an OS: turns every bit around. */
const turned = (bytes: Uint8Array) => bytes.map((byte) => byte ^ 0xff);
const systemBox: SecretBox = {
  kind: 'system',
  seal: async (secret) => ok(turned(secret)),
  open: async (sealed) => ok(turned(sealed)),
};
export const dayMs = 86_400_000;
export const password = 'vier Woerter und mehr';

/** What a test may set; begun anew for each. */
export const rig = {
  folder: '',
  /** Unix milliseconds of every command. */
  nowMs: 0,
  /** What a person would type, in order. */
  typed: [] as string[],
  verdict: { ok: true, entries: 0, keyFingerprint: 'ab' } as LogVerdict,
};
export const beginRig = (): void => {
  rig.folder = mkdtempSync(join(tmpdir(), 'lehrpult-admin-'));
  rig.nowMs = Date.now();
  rig.typed = [];
};
export const endRig = (): void => rmSync(rig.folder, { recursive: true });

export const run = async (line: readonly string[], profile = 'admin', changes: Partial<AdminParts> = {}) => {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runAdmin(line, {
    profile: join(rig.folder, profile),
    box: systemBox,
    wallMs: () => rig.nowMs,
    language: 'de',
    write: async (text) => void out.push(text),
    writeError: async (text) => void err.push(text),
    readSecret: async () => rig.typed.shift() ?? '',
    verifyAuditLog: () => rig.verdict,
    ...changes,
  });
  return { code, out: out.join(''), err: err.join('') };
};
/** Runs with --json and gives the facts. */
export const facts = async (...line: string[]) => {
  const { code, out } = await run([...line, '--json']);
  return { code, ...JSON.parse(out) };
};
export const at = (name: string): string => join(rig.folder, name);
export const rosterAt = (name: string): SignedRoster =>
  SignedRoster.parse(JSON.parse(readFileSync(at(name), 'utf8')));

export const addTeacher = async (name: string, room: string, file: string) => {
  rig.typed = [password];
  const made = await facts('add-teacher', '--room', room, '--name', name, '--out', at(file));
  if (made.code !== 0) throw new Error(made.message);
  return made;
};
/** Opens the file as that teacher's PC does. */
export const takeAt = async (pc: string, file: string, word = password) =>
  importTeacherFile(
    join(at(pc), 'school.json'),
    fileModeBox,
    readFileSync(at(file), 'utf8'),
    word,
    rig.nowMs,
  );
export const consoleOf = async (pc: string, file: string, word = password): Promise<ConsoleIdentity> => {
  const taken = await takeAt(pc, file, word);
  if (!taken.ok) throw new Error(`${taken.error.code} ${taken.error.detail}`);
  return taken.value;
};
export const keeperOf = ({ authorityPem }: { authorityPem: string }): RosterKeeper =>
  createRosterKeeper({ authorityPem, stored: null, save: () => {}, log: silentLog() });

export type Device = {
  readonly authorityPem: string;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
};
export const deviceOf = async (console: ConsoleIdentity): Promise<Device> => {
  const { privateKeyPem, publicKeyDer } = await createKeyPair();
  const certificatePem = await console.school.issueAgent(publicKeyDer, rig.nowMs);
  return { authorityPem: console.authorityPem, certificatePem, privateKeyPem };
};

/** One TLS 1.3 handshake with both certificates; gives what each side reads of the other, or null if it was refused. */
export async function meet(console: ConsoleIdentity, device: Device) {
  const server = createServer({
    minVersion: 'TLSv1.3',
    ca: console.authorityPem,
    key: console.privateKeyPem,
    cert: console.certificatePem,
    requestCert: true,
    rejectUnauthorized: true,
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const atServer = new Promise<ReturnType<typeof readCertificate> | null>((resolve) => {
    server.on('secureConnection', (socket) => {
      resolve(readCertificate(socket.getPeerCertificate().raw));
      socket.destroy();
    });
    server.on('tlsClientError', () => resolve(null));
  });
  const socket = connect({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    servername: linkServerName,
    minVersion: 'TLSv1.3',
    rejectUnauthorized: true,
    ca: device.authorityPem,
    key: device.privateKeyPem,
    cert: device.certificatePem,
  });
  const atClient = new Promise<ReturnType<typeof readCertificate> | null>((resolve) => {
    socket.on('secureConnect', () => resolve(readCertificate(socket.getPeerCertificate().raw)));
    socket.on('error', () => resolve(null));
  });
  const seen = { teacher: await atClient, device: await atServer };
  socket.destroy();
  server.close();
  return seen;
}
