// Measures the link: `node test/contract/link/measure.ts [agents]`. Console and agents run in two processes, on 127.0.0.1.
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { AgentIdentity } from '../../../main/trust/identity.ts';
import {
  deviceOf,
  makeSchool,
  newLesson,
  newRoom,
  reached,
  startAgent,
  startConsole,
  teacherOf,
} from './classroom.ts';

const outageMs = 5_000;
const count = Number(process.argv[2] ?? 60);
const percentile = (values: readonly number[], part: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ??
  Number.NaN;
const rounded = (value: number): number => Math.round(value * 100) / 100;
const cpuMs = (since?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1_000;
};
const waitFor = (test: () => boolean): Promise<number> =>
  new Promise((resolve) => {
    const startMs = performance.now();
    const timer = setInterval(() => {
      if (!test()) return;
      clearInterval(timer);
      resolve(performance.now() - startMs);
    }, 5);
  });

type Order = { readonly identities: readonly AgentIdentity[]; readonly address: string };

/** The other process: all agents. */
async function runAgents(): Promise<void> {
  // The link's timers keep no process alive; this does while agents wait.
  process.on('message', () => undefined);
  const [order] = (await once(process, 'message')) as [Order];
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const cpu = process.cpuUsage();
  const agents = order.identities.map((identity) => startAgent(identity, [order.address]));
  await Promise.all(agents.map(({ client }) => reached(client, 'online')));
  process.send?.({ onlineCpuMs: cpuMs(cpu) });
  const commands = process.cpuUsage();
  await once(process, 'message');
  process.send?.({ commandsCpuMs: cpuMs(commands) });
  await once(process, 'message');
  globalThis.gc?.();
  process.send?.({ rssPerAgentKb: (process.memoryUsage().rss - before) / 1_024 / agents.length });
}

async function runConsole(): Promise<void> {
  const school = await makeSchool();
  const room = newRoom();
  const teacher = await teacherOf(school, room);
  const identities = await Promise.all(Array.from({ length: count }, () => deviceOf(school, room)));
  const first = await startConsole(teacher, room);
  let { server } = first;
  server.setLesson(newLesson());
  const agents = fork(import.meta.filename, ['--agents'], { execArgv: ['--expose-gc'] });
  await once(agents, 'spawn');
  const answers = () => once(agents, 'message').then(([message]) => message as Record<string, number>);

  const consoleCpu = process.cpuUsage();
  const consoleRss = process.memoryUsage().rss;
  const online = answers();
  const sentMs = performance.now();
  agents.send({ identities, address: first.address } satisfies Order);
  const { onlineCpuMs } = await online;
  const allOnlineMs = performance.now() - sentMs;
  const consoleOnlineCpuMs = cpuMs(consoleCpu);

  const times: number[] = [];
  const commandsCpu = process.cpuUsage();
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(
      server.sessions().map(async (session) => {
        const startMs = performance.now();
        await session.command({
          verb: 'lock',
          lockId: randomUUID() as never,
          text: 'x'.repeat(100),
          graceMs: 120_000,
          capMs: 600_000,
        });
        times.push(performance.now() - startMs);
      }),
    );
  }
  const consoleCommandsCpuMs = cpuMs(commandsCpu);
  const cpuAnswer = answers();
  agents.send('cpu');
  const { commandsCpuMs } = await cpuAnswer;
  const idleCpu = process.cpuUsage();
  const idleStartMs = performance.now();
  await waitFor(() => performance.now() - idleStartMs > 4_000);
  const idleCpuPercent = (cpuMs(idleCpu) / 4_000) * 100;
  const memory = answers();
  agents.send('memory');
  const { rssPerAgentKb } = await memory;
  const consoleRssPerAgentKb = (process.memoryUsage().rss - consoleRss) / 1_024 / count;

  await server.close();
  const closedMs = performance.now();
  await waitFor(() => performance.now() - closedMs > outageMs);
  ({ server } = await startConsole(teacher, room, { port: first.port }));
  const backMs = performance.now();
  const lates: number[] = [];
  server.events.on('connected', () => lates.push(performance.now() - backMs));
  await waitFor(() => lates.length >= count);
  console.log({
    agents: count,
    allOnlineMs: rounded(allOnlineMs),
    cpuPerConnectionMs: {
      console: rounded(consoleOnlineCpuMs / count),
      agent: rounded((onlineCpuMs ?? 0) / count),
    },
    commandMs: { p50: rounded(percentile(times, 0.5)), p99: rounded(percentile(times, 0.99)) },
    cpuPerCommandMs: {
      console: rounded(consoleCommandsCpuMs / times.length),
      agent: rounded((commandsCpuMs ?? 0) / times.length),
    },
    idleConsoleCpuPercent: rounded(idleCpuPercent),
    rssKb: { perAgent: Math.round(rssPerAgentKb ?? 0), perSession: Math.round(consoleRssPerAgentKb) },
    backAfter5sMs: {
      p50: rounded(percentile(lates, 0.5)),
      p95: rounded(percentile(lates, 0.95)),
      last: rounded(percentile(lates, 1)),
    },
  });
  agents.kill();
  await server.close();
}

await (process.argv.includes('--agents') ? runAgents() : runConsole());
