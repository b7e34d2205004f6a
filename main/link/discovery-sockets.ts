// The multicast sockets of discovery: one per network interface, opened and closed as interfaces come and go. It reads no
// record; it bounds how many packets anybody gets to read.
import { networkInterfaces } from 'node:os';
import multicastDns, { type MulticastDNS, type QueryPacket, type ResponsePacket } from 'multicast-dns';
import type { CancelTimer, Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { serviceType } from './discovery-records.ts';

export type DiscoveryOptions = {
  readonly clock: Clock;
  readonly log: Log;
  /** IPv4 addresses of the interfaces to use; default: all that are up, looked at again every 10 s. */
  readonly interfaces?: readonly string[];
  /** UDP port; default 5353. Another one keeps tests to themselves. */
  readonly udpPort?: number;
};

export type DiscoveryPacket = QueryPacket | ResponsePacket;
export type OutgoingAnswer = Parameters<MulticastDNS['respond']>[0];

export type SocketOwner = {
  readonly onPacket: (packet: DiscoveryPacket, senderAddress: string, localAddress: string) => void;
  /** An interface can be used: say or ask what is to be said or asked. */
  readonly onReady: () => void;
  /** Whether multicast works on at least one interface; comes when that changes. */
  readonly onReachable: (isReachable: boolean, detail: string) => void;
};

const interfacesEveryMs = 10_000;
/** Packets read per second; what comes above it is dropped unread. */
const maxPacketsPerSecond = 200;
const defaultUdpPort = 5_353;

function localAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((entries) => entries ?? [])
    .filter((entry) => entry.family === 'IPv4' && !entry.internal)
    .map((entry) => entry.address);
}

export class DiscoverySockets {
  readonly #options: DiscoveryOptions;
  readonly #owner: SocketOwner;
  readonly #open = new Map<string, MulticastDNS>();
  /** Interfaces on which multicast went well last time. */
  readonly #working = new Set<string>();
  readonly #stopTimer: CancelTimer;
  #isClosed = false;
  #isReachable: boolean | null = null;
  #second = 0;
  #packets = 0;
  #malformed = 0;

  constructor(options: DiscoveryOptions, owner: SocketOwner) {
    this.#options = options;
    this.#owner = owner;
    this.#stopTimer = options.clock.every(interfacesEveryMs, () => this.#refresh());
    // Not at once, so that whoever made this can listen first.
    queueMicrotask(() => this.#refresh());
  }

  /** Packets that were no DNS. */
  get malformed(): number {
    return this.#malformed;
  }

  /** Answers on one interface, or on all with what `make` gives for each. */
  async answer(make: (localAddress: string) => OutgoingAnswer, onlyOn?: string): Promise<void> {
    const targets = [...this.#open].filter(([address]) => onlyOn === undefined || address === onlyOn);
    await Promise.all(
      targets.map(
        ([address, socket]) =>
          new Promise<void>((resolve) => {
            socket.respond(make(address), (cause) => {
              this.#note(address, cause);
              resolve();
            });
          }),
      ),
    );
  }

  ask(): void {
    for (const [address, socket] of this.#open) {
      socket.query({ questions: [{ name: serviceType, type: 'PTR' }] }, (cause) =>
        this.#note(address, cause),
      );
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopTimer();
    const sockets = [...this.#open.values()];
    this.#open.clear();
    await Promise.all(
      sockets.map((socket) => new Promise<void>((resolve) => socket.destroy(() => resolve()))),
    );
  }

  #refresh(): void {
    if (this.#isClosed) return;
    const wanted = this.#options.interfaces ?? localAddresses();
    for (const address of this.#open.keys()) if (!wanted.includes(address)) this.#drop(address);
    for (const address of wanted) if (!this.#open.has(address)) this.#openOn(address);
    if (this.#open.size === 0) this.#report('no interface');
  }

  #openOn(address: string): void {
    const port = this.#options.udpPort ?? defaultUdpPort;
    const socket = multicastDns({
      interface: address,
      bind: '0.0.0.0',
      port,
      reuseAddr: true,
      loopback: true,
    });
    this.#open.set(address, socket);
    socket.on('ready', () => {
      if (this.#isClosed) return;
      this.#owner.onReady();
    });
    // `warning`: a packet that is no DNS, or an interface that takes no multicast. `error`: the port cannot be had.
    socket.on('warning', (cause) => {
      if ('syscall' in cause) this.#note(address, cause);
      else this.#malformed += 1;
    });
    socket.on('error', (cause) => {
      if (this.#open.get(address) === socket) this.#drop(address);
      this.#note(address, cause);
    });
    const onPacket = (packet: DiscoveryPacket, sender: { readonly address: string }) => {
      if (!this.#isClosed && this.#mayRead()) this.#owner.onPacket(packet, sender.address, address);
    };
    socket.on('query', onPacket);
    socket.on('response', onPacket);
  }

  #drop(address: string): void {
    this.#open.get(address)?.destroy();
    this.#open.delete(address);
    this.#working.delete(address);
  }

  /** Takes note of how multicast went on an interface. */
  #note(address: string, cause: Error | null | undefined): void {
    if (this.#isClosed) return;
    if (cause === null || cause === undefined) this.#working.add(address);
    else this.#working.delete(address);
    this.#report(cause?.message ?? address);
  }

  #report(detail: string): void {
    const isReachable = this.#working.size > 0;
    if (this.#isReachable === isReachable) return;
    this.#isReachable = isReachable;
    this.#options.log.info('discovery.reachable', { isReachable, detail });
    this.#owner.onReachable(isReachable, detail);
  }

  #mayRead(): boolean {
    const second = Math.floor(this.#options.clock.nowMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#packets = 0;
    }
    this.#packets += 1;
    return this.#packets <= maxPacketsPerSecond;
  }
}

/** Does something after each of these waits, and then again and again after the last. */
export function repeat(clock: Clock, waitsMs: readonly number[], action: () => void): CancelTimer {
  let stop: CancelTimer = () => undefined;
  const next = (index: number) => {
    stop = clock.after(waitsMs[Math.min(index, waitsMs.length - 1)] ?? 60_000, () => {
      action();
      next(index + 1);
    });
  };
  next(0);
  return () => stop();
}
