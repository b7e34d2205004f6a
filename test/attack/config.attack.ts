// T34, T36: nothing that can be configured turns authentication, TLS or the indicator off, and no two installations share
// a secret. Sources and the built program are searched as well.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { openAuditKey } from '../../main/features/audit/audit-key.ts';
import { saveAgentIdentity } from '../../main/trust/identity-store.ts';
import { createRoomAuthority } from '../../main/trust/school-authority.ts';
import { fileModeBox } from '../../main/trust/secret-box.ts';
import { Policy } from '../../shared/settings/policy.ts';
import {
  deviceOf,
  helloText,
  makeSchool,
  newRoom,
  startConsole,
  teacherOf,
} from '../contract/link/classroom.ts';
import { attack } from './attack-table.ts';
import { callsOf, startProcess } from './calls.ts';
import type { ConfigCalls, ConfigCase } from './config-process.ts';
import { isWelcomed, openLink } from './peers.ts';

const root = resolve(import.meta.dirname, '../..');

/** What must not be written anywhere that runs at a school, with an example that each pattern has to find. */
const forbidden: readonly (readonly [RegExp, string])[] = [
  [/rejectUnauthorized['"]?\s*:\s*(?:false|!1|0\b)/, 'tls({ rejectUnauthorized: false })'],
  [/NODE_TLS_REJECT_UNAUTHORIZED/, 'process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0"'],
  [
    /checkServerIdentity['"]?\s*:\s*\(\)\s*=>\s*(?:undefined|null|void 0|\{\s*\})/,
    'tls({ checkServerIdentity: () => undefined })',
  ],
  [/requestCert['"]?\s*:\s*(?:false|!1)/, 'server({ requestCert: false })'],
  [/(?:minVersion|maxVersion)['"]?\s*:\s*['"`]TLSv1(?:\.[012])?['"`]/, 'tls({ minVersion: "TLSv1.2" })'],
  [/setCertificateVerifyProc\s*\(/, 'session.setCertificateVerifyProc(() => 0)'],
  [
    /appendSwitch\(\s*['"`](?:ignore-certificate|disable-web-security|no-sandbox|allow-running|remote-debugging)/,
    "appendSwitch('no-sandbox')",
  ],
  [
    /nodeIntegration(?:InWorker|InSubFrames)?['"]?\s*:\s*(?:true|!0)/,
    'webPreferences: { nodeIntegration: true }',
  ],
  [/(?:contextIsolation|webSecurity|sandbox)['"]?\s*:\s*(?:false|!1)/, 'webPreferences: { sandbox: false }'],
  [
    /(?:allowRunningInsecureContent|webviewTag|experimentalFeatures)['"]?\s*:\s*(?:true|!0)/,
    'x = { webviewTag: true }',
  ],
  [/setUsePlainTextEncryption\s*\(/, 'safeStorage.setUsePlainTextEncryption(true)'],
  [/LEHRPULT_[A-Z_]*(?:INSECURE|UNSAFE|NO_TLS|NO_AUTH|SKIP)/, 'process.env.LEHRPULT_INSECURE'],
];

/** One handshake inside the process with a certificate that names nobody and is its only authority. */
const excused: Readonly<Record<string, number>> = { 'main/link/chain-check.ts': 1, 'out/main/main.js': 1 };
const isExcused = (name: string, pattern: RegExp, text: string): boolean =>
  pattern.source.startsWith('checkServerIdentity') &&
  [...text.matchAll(new RegExp(pattern, 'g'))].length <= (excused[name] ?? 0);

/** Of the sources only what runs: comments may say what is forbidden. */
const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|[^:'"`])\/\/[^\n]*/g, '$1');

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile() && /\.(?:ts|tsx|js|cjs|mjs|html|json)$/.test(path))
    .filter((path) => !path.endsWith('.test.ts'));

attack({
  id: 'T36a',
  title: 'insecure settings in sources and build',
  control: () => forbidden.every(([pattern, example]) => pattern.test(withoutComments(example))),
  async attempts(tally) {
    const folders = ['main', 'renderer', 'shared', 'out'].map((name) => join(root, name)).filter(existsSync);
    const files = folders.flatMap(filesOf);
    tally.figure('files', String(files.length));
    for (const path of files) {
      const text = withoutComments(readFileSync(path, 'utf8'));
      const name = path.slice(root.length + 1);
      for (const [pattern] of forbidden)
        await tally.attempt(
          `${name}: ${pattern.source}`,
          () => pattern.test(text) && !isExcused(name, pattern, text),
        );
    }
  },
});

const madeUp = [
  ...[
    'insecure',
    'isInsecure',
    'allowInsecure',
    'rejectUnauthorized',
    'disableTls',
    'tls',
    'auth',
    'requireAuth',
  ],
  ...[
    'showIndicator',
    'indicator',
    'hideIndicator',
    'silent',
    'audit',
    'logging',
    'debug',
    'devTools',
    'trustAll',
  ],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'authorityPem',
    'certificatePem',
    'minVersion',
    'sandbox',
    'allowAll',
  ],
];
const value = fc.oneof(
  fc.constantFrom(
    true,
    false,
    0,
    1,
    -1,
    null,
    '',
    '0',
    'off',
    'false',
    'none',
    '*',
    '0.0.0.0',
    '127.0.0.1',
    30,
    365,
  ),
  fc.jsonValue({ maxDepth: 3 }),
);
const policyText = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .dictionary(fc.constantFrom(...Object.keys(Policy.shape), ...madeUp), value)
      .map((each) => JSON.stringify(each)),
  },
  { weight: 1, arbitrary: fc.jsonValue().map((each) => JSON.stringify(each)) },
  { weight: 1, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.constant('{"__proto__":{"allowHttpLinks":true,"insecure":true}}') },
);
const word = fc.constantFrom(
  ...[
    '--insecure',
    '--no-tls',
    '--no-indicator',
    '--role=console',
    '--role=agent',
    '--role=root',
    '--policy=/dev/null',
  ],
  ...[
    '--ignore-certificate-errors',
    '--no-sandbox',
    '--trust-all',
    '--debug',
    '--inspect',
    '--tls-min-v1.0',
    '--',
  ],
);
const cases = (seed: number, count: number): ConfigCase[] =>
  fc.sample(fc.record({ text: policyText, line: fc.array(word, { maxLength: 4 }) }), {
    seed,
    numRuns: count,
  });

/** Each list is the environment of one process. */
const environments = (rogueCaPath: string, configPath: string): readonly (readonly string[])[] => [
  [],
  ['NODE_TLS_REJECT_UNAUTHORIZED=0'],
  ['NODE_TLS_REJECT_UNAUTHORIZED=0', 'NODE_OPTIONS=--tls-min-v1.0 --insecure-http-parser'],
  [`NODE_EXTRA_CA_CERTS=${rogueCaPath}`, `SSL_CERT_FILE=${rogueCaPath}`, 'NODE_OPTIONS=--use-openssl-ca'],
  [`OPENSSL_CONF=${configPath}`, 'NODE_OPTIONS=--openssl-shared-config'],
  ['LEHRPULT_INSECURE=1', 'LEHRPULT_NO_AUTH=1', 'LEHRPULT_NO_INDICATOR=1', 'LEHRPULT_DEV=1', 'DEBUG=*'],
  [
    'NODE_ENV=development',
    'CI=1',
    'ELECTRON_RUN_AS_NODE=1',
    'ELECTRON_IS_DEV=1',
    'VITE_DEV_SERVER_URL=http://x',
  ],
  [
    'NODE_ENV=test',
    'VITEST=true',
    'TLS_MIN_VERSION=1.0',
    'HTTPS_PROXY=http://127.0.0.1:9',
    'http_proxy=http://127.0.0.1:9',
  ],
];

const folder = mkdtempSync(join(tmpdir(), 'lehrpult-config-attack-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const casesPerProcess = 280;
let controls = 0;

const school = await makeSchool();
const other = await makeSchool();
const room = newRoom();
const otherRoom = newRoom();
const teacher = await teacherOf(school, room);
const device = await deviceOf(school, room);
const foreign = await deviceOf(other, otherRoom);
const foreignTeacher = await teacherOf(other, otherRoom);

const content = async (): Promise<Parameters<ConfigCalls['run']>[0]['content']> => {
  const authority = await createRoomAuthority(school, room.id, Date.now());
  return {
    roomId: room.id,
    roomName: room.name,
    teacherName: 'Frau Muster',
    authorityPem: teacher.authorityPem,
    certificatePem: teacher.certificatePem,
    roomAuthorityPem: authority.certificatePem,
    roster: school.roster(),
    secrets: {
      teacherKeyPem: teacher.privateKeyPem,
      roomAuthorityKeyPem: authority.privateKeyPem,
      schoolKeyPem: null,
    },
  };
};

const runIn = async (environment: readonly string[], seed: number) => {
  const running = startProcess(join(import.meta.dirname, 'config-process.ts'), ['env', ...environment]);
  try {
    return await callsOf<ConfigCalls>(running.child).run({
      content: await content(),
      device: { ...device, roster: school.roster() },
      foreign,
      foreignTeacher,
      cases: cases(seed, casesPerProcess),
      runEvery: 40,
    });
  } finally {
    await running.end();
  }
};

attack({
  id: 'T36b',
  title: 'policies, command lines and environments',
  timeoutMs: 300_000,
  async control() {
    // A right device gets in and is told that it is watched: without that nothing was tried.
    const outcome = await runIn([], 1);
    controls = outcome.controls;
    return controls > 0;
  },
  async attempts(tally) {
    const rogueCa = join(folder, 'rogue.pem');
    const configuration = join(folder, 'openssl.cnf');
    writeFileSync(rogueCa, other.certificatePem);
    writeFileSync(
      configuration,
      'nodejs_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMinProtocol = TLSv1\nVerifyMode = None\nCipherString = ALL:@SECLEVEL=0\n',
    );
    const seed = Date.now() % 2 ** 31;
    tally.figure('seed', String(seed));
    let connections = 0;
    for (const [index, environment] of environments(rogueCa, configuration).entries()) {
      const outcome = await runIn(environment, seed + index);
      tally.count(
        outcome.read + outcome.connections,
        outcome.wrong.map((each) => `${environment.join(' ')} ${each}`),
      );
      connections += outcome.connections;
      controls += outcome.controls;
    }
    tally.figure('policies', String(casesPerProcess * environments('', '').length));
    tally.figure('connections', String(connections));
    tally.figure('right ones', String(controls));
  },
});

attack({
  id: 'T34',
  title: 'two installations share nothing secret',
  async control() {
    const desk = await startConsole(teacher, room);
    try {
      return await isWelcomed(await openLink({ host: '127.0.0.1', port: desk.port }, device), helloText());
    } finally {
      await desk.server.close();
    }
  },
  async attempts(tally) {
    const secrets = new Map<string, string>();
    const installs = 12;
    for (let index = 0; index < installs; index += 1) {
      const own = await makeSchool();
      const ownRoom = newRoom();
      const ownDevice = await deviceOf(own, ownRoom);
      const auditKey = await openAuditKey(join(folder, `audit-${index}.json`), fileModeBox);
      if (!auditKey.ok) throw new Error(auditKey.error.code);
      const found = [
        own.certificatePem,
        (await teacherOf(own, ownRoom)).privateKeyPem,
        ownDevice.privateKeyPem,
        (await createRoomAuthority(own, ownRoom.id, Date.now())).privateKeyPem,
        auditKey.value.privateKeyPem,
      ];
      for (const [kind, secret] of found.entries()) {
        const print = createHash('sha256').update(secret).digest('hex');
        await tally.attempt(`installation ${index}, secret ${kind}`, () => secrets.has(print));
        secrets.set(print, `${index}`);
      }
      await saveAgentIdentity(join(folder, `device-${index}.json`), fileModeBox, ownDevice);
      // Its whole configuration at another school's console.
      const desk = await startConsole(teacher, room);
      const target = { host: '127.0.0.1', port: desk.port };
      for (const shown of [ownDevice, { ...ownDevice, authorityPem: device.authorityPem }])
        await tally.attempt(`device of installation ${index}`, async () =>
          isWelcomed(await openLink(target, shown), helloText()),
        );
      await desk.server.close();
    }
  },
});
