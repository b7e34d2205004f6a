// The program without its windows under a hostile environment: reads policies, opens a desk and a device with some of them,
// and says where authentication, TLS or the indicator was not as it has to be. Its environment is the parent's to choose.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AgentPorts, createAgent } from '../../main/app/agent.ts';
import type { ConsoleLinkHandlers } from '../../main/app/console.ts';
import { openDesk } from '../../main/app/console-link.ts';
import { readStartOptions } from '../../main/app/start-options.ts';
import { systemClock } from '../../main/lib/clock.ts';
import { createLog } from '../../main/lib/log.ts';
import { mutualServerOptions } from '../../main/link/tls-settings.ts';
import type { AgentIdentity, TeacherIdentity } from '../../main/trust/identity.ts';
import { type ConsoleContent, identityOf } from '../../main/trust/identity-store.ts';
import { LessonId } from '../../shared/domain/ids.ts';
import { Policy } from '../../shared/settings/policy.ts';
import { helloText, keeperOf } from '../contract/link/classroom.ts';
import { serveCalls } from './calls.ts';
import { isWelcomed, openLink, startImpostor, within } from './peers.ts';

export type ConfigCase = { readonly text: string; readonly line: readonly string[] };
export type ConfigTry = {
  readonly content: ConsoleContent;
  readonly device: AgentIdentity;
  /** Good at another school. */
  readonly foreign: AgentIdentity;
  readonly foreignTeacher: TeacherIdentity;
  readonly cases: readonly ConfigCase[];
  /** Of so many cases one runs with sockets, screen and all. */
  readonly runEvery: number;
};
export type ConfigOutcome = { read: number; connections: number; controls: number; wrong: string[] };

const folder = mkdtempSync(join(tmpdir(), 'lehrpult-config-'));
const log = createLog({ sink: () => {} });

const silentPorts = (seen: string[]): AgentPorts => {
  const none = () => () => {};
  return {
    screen: {
      setQuality: (quality) => void seen.push(`quality ${quality}`),
      deliver: () => {},
      onSignal: none,
      onState: none,
      reset: () => {},
      showIndicator: (watched) => void seen.push(`indicator ${watched === null ? 'off' : watched.by}`),
      close: () => {},
    },
    viewer: {
      show: () => {},
      hide: () => {},
      deliver: () => {},
      onSignal: none,
      onState: none,
      close: () => {},
    },
    cover: { cover: () => 1, uncover: () => {}, onCovered: none },
    browser: { open: async () => null },
  };
};

/** A device of this school that dials that address; resolves with whether it came online. */
const dial = (device: AgentIdentity, address: string, seen: string[]) => {
  let onOnline: (isOnline: boolean) => void = () => {};
  const settled = new Promise<boolean>((resolve) => {
    onOnline = resolve;
  });
  const agent = createAgent({
    membership: { identity: device, roster: keeperOf(device.authorityPem, device.roster) },
    addresses: () => [address],
    ports: silentPorts(seen),
    leases: { load: () => null, save: () => {} },
    facts: () => ({ name: 'PC 01', os: 'linux', appVersion: '0.1.0', displays: [] }),
    clock: systemClock,
    log,
    onRefused: () => {},
    onCertificate: () => {},
    onChange() {
      const { state } = agent.linkStatus();
      if (state === 'online') onOnline(true);
      else if (state === 'waiting') onOnline(false);
    },
  });
  return { agent, settled: within(8_000, settled, false) };
};

/** One start of desk and device with this policy; adds to `outcome` what is wrong. */
const runCase = async (
  policy: Policy,
  start: ConfigTry,
  name: string,
  outcome: ConfigOutcome,
): Promise<void> => {
  const profile = mkdtempSync(join(folder, 'profile-'));
  const { rosterFile: _elsewhere, ...rest } = policy;
  const identity = await identityOf(start.content);
  const desk = await openDesk({
    profile,
    // The attacker's machine has no other network to be heard on.
    policy: { ...rest, linkPort: 0, listenAddress: '127.0.0.1', useDiscovery: false },
    identity,
    log,
    onPairing: () => {},
  });
  let onConnected = (): void => {};
  const connected = new Promise<void>((resolve) => {
    onConnected = resolve;
  });
  const handlers = new Proxy({} as ConsoleLinkHandlers, {
    get: (_target, key) => (key === 'onConnected' ? onConnected : () => false),
  });
  const link = desk.connect(handlers);
  await desk.listen(() => {});
  const port = Number(desk.addresses()[0]?.split(':').at(-1));
  const target = { host: '127.0.0.1', port };
  const { authorityPem } = start.device;
  const intruders = [
    ['no certificate', { authorityPem }],
    ['another school’s device', { ...start.foreign, authorityPem }],
    ['another school’s teacher', { ...start.foreignTeacher, authorityPem }],
  ] as const;
  for (const [who, shown] of intruders) {
    outcome.connections += 1;
    if (await isWelcomed(await openLink(target, shown), helloText()))
      outcome.wrong.push(`${name}: ${who} got in`);
  }
  const rogue = await startImpostor(
    { host: '127.0.0.1', port: 0 },
    mutualServerOptions(start.foreignTeacher),
  );
  outcome.connections += 1;
  const fooled = dial(start.device, `127.0.0.1:${rogue.port}`, []);
  if (await fooled.settled) outcome.wrong.push(`${name}: the device believed another school’s console`);
  if (rogue.heard.length > 0) outcome.wrong.push(`${name}: the device spoke to another school’s console`);
  fooled.agent.close();
  await rogue.close();

  const seen: string[] = [];
  const genuine = dial(start.device, `127.0.0.1:${port}`, seen);
  if (await genuine.settled) {
    await connected;
    link.setLesson(LessonId.parse('11111111-1111-4111-8111-111111111111'));
    const watched = await link.command(start.device.deviceId, { verb: 'watch', quality: 'tile' });
    const first = seen.indexOf('quality tile');
    const shown = seen.findLastIndex((each, index) => index < first && each.startsWith('indicator'));
    const isShown = shown >= 0 && seen[shown] !== 'indicator off';
    if (watched.ok && first >= 0 && isShown) outcome.controls += 1;
    else outcome.wrong.push(`${name}: frames without an indicator (${seen.join(', ')})`);
  } else outcome.wrong.push(`${name}: the right device did not get in`);
  genuine.agent.close();
  await desk.close();
};

const calls = {
  async run(start: ConfigTry): Promise<ConfigOutcome> {
    const outcome: ConfigOutcome = { read: 0, connections: 0, controls: 0, wrong: [] };
    const path = join(folder, 'policy.json');
    for (const [index, { text, line }] of start.cases.entries()) {
      writeFileSync(path, text);
      const options = readStartOptions([...line, '--policy', path], null);
      outcome.read += 1;
      const name = `policy ${text.slice(0, 200)}`;
      if (!Policy.safeParse(options.policy).success) outcome.wrong.push(`${name}: outside the schema`);
      const unknown = Object.keys(options.policy).filter((key) => !Object.hasOwn(Policy.shape, key));
      if (unknown.length > 0) outcome.wrong.push(`${name}: ${unknown.join(', ')} got in`);
      if (index % start.runEvery === 0) await runCase(options.policy, start, name, outcome);
    }
    return outcome;
  },
};
export type ConfigCalls = typeof calls;

serveCalls(calls, async () => rmSync(folder, { recursive: true, force: true }));
