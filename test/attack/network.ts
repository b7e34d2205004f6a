// A small network of its own for one run: a switch, a console, four devices and the attacker's laptop, each a network
// namespace; the laptop is this process's own stack. Names carry this process's id; what a dead run left is removed first.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

export type Host = {
  readonly name: string;
  readonly address: string;
  /** What stands before a command so that it runs on this host; empty without namespaces. */
  readonly prefix: readonly string[];
};

export type Capture = {
  /** Ends the capture; gives the file's path once tcpdump has written all. */
  readonly stop: () => Promise<string>;
};

export type Network = {
  /** False: everything runs on the loopback interface, where no address can be forged. */
  readonly isReal: boolean;
  readonly console: Host;
  readonly devices: readonly Host[];
  /** The attacker's address on the same network. */
  readonly attacker: string;
  /** Gives the attacker's laptop so many addresses more; none without namespaces. */
  readonly moreAddresses: (count: number) => readonly string[];
  /** Where the console's machine answers, too, while the attacker sits on its first address. */
  readonly consoleBehind: string;
  /**
   * The device takes the attacker for the console, as after forged ARP answers: packets to the console's address come
   * here. Gives the way back. Null without namespaces.
   */
  readonly sitBetween: (device: Host) => (() => void) | null;
  /** Writes all packets of the network to `path`, at most 64 MB and two minutes. Null where that is not permitted. */
  readonly capture: (path: string) => Promise<Capture | null>;
  readonly remove: () => void;
};

export const deviceCount = 4;
const maxCaptureMb = 64;
const maxCaptureSeconds = 120;
const namePattern = /^lp(\d+)-/;

const ip = (line: string): void => {
  execFileSync('ip', line.split(' '), { stdio: ['ignore', 'ignore', 'pipe'] });
};

/** What is gone already (another run tidies up, too) needs no removing. */
const removeIfThere = (line: string): void => {
  try {
    ip(line);
  } catch {
    // Gone meanwhile.
  }
};

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

/** Namespaces of runs that are no more; their cables go with them. */
const removeStale = (): void => {
  const names = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '');
  for (const name of names) {
    const pid = namePattern.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) removeIfThere(`netns del ${name}`);
  }
  for (const name of readdirSync('/sys/class/net')) {
    const pid = /^lp(\d+)x$/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid))) removeIfThere(`link del ${name}`);
  }
};

const startCapture = async (command: readonly string[], path: string): Promise<Capture | null> => {
  const [program = '', ...before] = command;
  const args = [
    '-U',
    '--immediate-mode',
    '-s',
    '0',
    '-w',
    path,
    '-C',
    String(maxCaptureMb),
    '-W',
    '1',
    '-Z',
    'root',
  ];
  const child = spawn('timeout', [String(maxCaptureSeconds), program, ...before, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const isListening = await new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false));
    child.once('exit', () => resolve(false));
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      if (said.includes('listening on')) resolve(true);
    });
  });
  if (!isListening) return null;
  return {
    async stop() {
      child.kill('SIGINT');
      await ended;
      // One file only, but tcpdump numbers it once it knows of a limit.
      return existsSync(path) ? path : `${path}0`;
    },
  };
};

const loopback = (why: string): Network => {
  console.log(
    `attack room: no network namespaces here (${why}): everything runs on 127.0.0.1, nobody can be impersonated by address`,
  );
  const host = (name: string): Host => ({ name, address: '127.0.0.1', prefix: [] });
  return {
    isReal: false,
    console: host('console'),
    devices: Array.from({ length: deviceCount }, (_, index) => host(`device ${index + 1}`)),
    attacker: '127.0.0.1',
    moreAddresses: () => [],
    consoleBehind: '127.0.0.1',
    sitBetween: () => null,
    capture: (path) => startCapture(['tcpdump', '-i', 'lo'], path),
    remove() {},
  };
};

const build = (): Network => {
  const run = `lp${process.pid}`;
  const net = `10.213.${process.pid % 250}`;
  const hub = `${run}-h`;
  const made: string[] = [];
  const remove = (): void => {
    // First the attacker's end: a namespace lives on until the last process in it has ended.
    if (made.length > 0) removeIfThere(`link del ${run}x`);
    for (const name of made.splice(0)) removeIfThere(`netns del ${name}`);
  };
  const space = (name: string): void => {
    ip(`netns add ${name}`);
    made.push(name);
    ip(`-n ${name} link set lo up`);
  };
  /** A cable from the switch to a host; `target` null is this process's own stack. */
  const plug = (target: string | null, letter: string, address: string): void => {
    const [near, far] = [`${run}${letter}`, `${run}${letter}h`];
    ip(`link add ${near} type veth peer name ${far} netns ${hub}`);
    if (target !== null) ip(`link set ${near} netns ${target}`);
    const there = target === null ? '' : `-n ${target} `;
    ip(`${there}addr add ${address}/24 brd + dev ${near}`);
    ip(`${there}link set ${near} up multicast on`);
    if (target !== null) ip(`${there}route add 224.0.0.0/4 dev ${near}`);
    ip(`-n ${hub} link set ${far} master switch up`);
  };
  const host = (letter: string, last: number): Host => {
    const name = `${run}-${letter}`;
    const address = `${net}.${last}`;
    space(name);
    plug(name, letter, address);
    return { name, address, prefix: ['ip', 'netns', 'exec', name] };
  };
  process.once('exit', remove);
  try {
    space(hub);
    ip(`-n ${hub} link add switch type bridge mcast_snooping 0`);
    ip(`-n ${hub} link set switch up`);
    const consoleHost = host('c', 1);
    const devices = Array.from({ length: deviceCount }, (_, index) => host(String(index + 1), 11 + index));
    const attacker = `${net}.66`;
    plug(null, 'x', attacker);
    const consoleBehind = `${net}.2`;
    // Whoever is not named in `sitBetween` goes on seeing the true console: nothing is said by ARP.
    writeFileSync(`/proc/sys/net/ipv4/conf/${run}x/arp_ignore`, '1');
    writeFileSync(`/proc/sys/net/ipv4/conf/${run}x/arp_announce`, '2');
    const attackerCard = readFileSync(`/sys/class/net/${run}x/address`, 'utf8').trim();
    const sitBetween = (device: Host): (() => void) => {
      const cable = `${run}${device.name.split('-')[1] ?? ''}`;
      ip(`-n ${consoleHost.name} addr replace ${consoleBehind}/24 dev ${run}c`);
      ip(`addr add ${consoleHost.address}/32 dev lo`);
      ip(
        `-n ${device.name} neigh replace ${consoleHost.address} lladdr ${attackerCard} dev ${cable} nud permanent`,
      );
      return () => {
        ip(`addr del ${consoleHost.address}/32 dev lo`);
        ip(`-n ${device.name} neigh del ${consoleHost.address} dev ${cable}`);
      };
    };
    return {
      isReal: true,
      console: consoleHost,
      devices,
      attacker,
      moreAddresses: (count) =>
        Array.from({ length: count }, (_, index) => {
          const address = `${net}.${100 + index}`;
          ip(`addr add ${address}/24 dev ${run}x`);
          return address;
        }),
      consoleBehind,
      sitBetween,
      capture: (path) => startCapture(['ip', 'netns', 'exec', hub, 'tcpdump', '-i', 'switch'], path),
      remove,
    };
  } catch (cause) {
    remove();
    throw cause;
  }
};

/** The network of this run. Falls back to loopback, and says so, where namespaces are not permitted. */
export const makeNetwork = (): Network => {
  try {
    removeStale();
    return build();
  } catch (cause) {
    return loopback(cause instanceof Error ? (cause.message.split('\n')[1] ?? cause.message) : String(cause));
  }
};
