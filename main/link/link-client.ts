// The agent's end of the link: finds the console of its room, stays connected, lets through what the gate allows.
// It decides nothing about lock, screen or presentation; handlers do.
import { X509Certificate } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { SecureContext } from 'node:tls';
import type { DeviceFacts, DeviceReport } from '../../shared/domain/device.ts';
import type { AgentMessage } from '../../shared/protocol/link.ts';
import { defaultLinkPort } from '../../shared/settings/policy.ts';
import { type BackoffPlan, freshBackoff, nextBackoff, slowestBackoff } from '../lib/backoff.ts';
import { type CancelTimer, type Clock, systemClock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { AgentIdentity } from '../trust/identity.ts';
import type { RosterKeeper } from '../trust/roster.ts';
import { type ConsoleConnection, openConnection } from './console-connection.ts';
import { type Dialled, dialConsole } from './console-dialer.ts';
import {
  type ConsoleTalk,
  createConsoleTalk,
  type LinkClientHandlers,
  type RefusedCommand,
  type WelcomeFacts,
} from './console-talk.ts';
import type { LinkProblem, LinkStatus } from './link-status.ts';
import { clientContext, issuedMs } from './tls-settings.ts';

export type {
  CommandHandlers,
  LinkClientHandlers,
  RefusedCommand,
} from './console-talk.ts';
export type { LinkStatus } from './link-status.ts';

export type SendableNews = Exclude<AgentMessage, { type: 'hello' } | { type: 'result' }>;

export type LinkClientOptions = {
  /** null: not enrolled; nothing is dialled. */
  readonly identity: AgentIdentity | null;
  /** Who teaches; null only while not enrolled. */
  readonly roster: RosterKeeper | null;
  /** Where the console may be, best first: last good, configured, discovered. Asked before each try; at most 16 are used. */
  readonly addresses: () => readonly string[];
  readonly facts: () => DeviceFacts;
  readonly report: () => DeviceReport;
  readonly handlers: LinkClientHandlers;
  /** A command was not carried out, by the gate's or a handler's decision. */
  readonly onRefused?: (refused: RefusedCommand) => void;
  /** A new certificate for the same key, with its chain, came from the console: save it. The link itself uses it from now on. */
  readonly onCertificate?: (certificatePem: string) => void;
  readonly log: Log;
  readonly clock?: Clock;
  /** [0, 1). */
  readonly random?: () => number;
  readonly localAddress?: string;
};

export type LinkClientEvents = { status: [status: LinkStatus] };

export type LinkClient = {
  readonly events: EventEmitter<LinkClientEvents>;
  readonly status: () => LinkStatus;
  readonly start: () => void;
  /** Ends the connection and dials no more; `start` begins afresh. */
  readonly stop: () => void;
  /** False while not online: the next hello carries facts and report anyway. */
  readonly send: (message: SendableNews) => boolean;
  /** There is reason to believe that the console can be reached again (discovery, network change): do not wait long. */
  readonly nudge: () => void;
};

/**
 * [Note: back-off] Waits are 0..bound at random; the bound rises from 0.5 s to 8 s. It rises slowly (5 % per try) so that
 * it stays about a tenth of the time the console has been away: after 5 s away it is about 1 s, after 30 s about 3.5 s,
 * and 95 of 100 agents are back within 3 s of the console.
 */
export const linkBackoff: BackoffPlan = { baseMs: 500, capMs: 8_000, growth: 1.05 };
/** A connection that lasted so long was a good one: the next wait starts small. */
const stableAfterMs = 10_000;
const nudgeBoundMs = 500;
const minNudgeIntervalMs = 2_000;
const maxAddresses = 16;

/** Answers that do not change by asking soon again. */
const firmAnswers: readonly LinkProblem[] = [
  'replaced',
  'not-enrolled',
  'version',
  'wrong-room',
  'expired-certificate',
  'clock-or-certificate',
  'revoked',
  'cloned',
];

class Client implements LinkClient {
  readonly events = new EventEmitter<LinkClientEvents>();
  readonly #options: LinkClientOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #log: Log;
  #identity: AgentIdentity | null;
  #context: SecureContext | null = null;
  /** Teachers whom our roster does not list: passed over until no other console is found, so that another can win. */
  readonly #passedOver = new Set<string>();
  #status: LinkStatus = { state: 'stopped' };
  #backoff = freshBackoff;
  #connection: ConsoleConnection | null = null;
  #talk: ConsoleTalk | null = null;
  #onlineSinceMs = 0;
  #lastNudgeMs = Number.NEGATIVE_INFINITY;
  #retryAtMs = 0;
  #stopDial: () => void = () => undefined;
  #stopTimer: CancelTimer = () => undefined;

  constructor(options: LinkClientOptions) {
    this.#options = options;
    this.#identity = options.identity;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.#log = options.log;
  }

  status = (): LinkStatus => this.#status;

  start = (): void => {
    if (this.#status.state !== 'stopped') return;
    if (this.#identity === null) {
      this.#setStatus({ state: 'unenrolled' });
      return;
    }
    this.#backoff = freshBackoff;
    this.#dial();
  };

  stop = (): void => {
    this.#stopDial();
    this.#stopTimer();
    this.#connection?.close();
    this.#endTalk();
    if (this.#status.state !== 'stopped') this.#setStatus({ state: 'stopped' });
  };

  send = (message: SendableNews): boolean =>
    this.#status.state === 'online' && this.#connection !== null && this.#connection.send(message);

  nudge = (): void => {
    if (this.#status.state !== 'waiting' && this.#status.state !== 'searching') return;
    const nowMs = this.#clock.nowMs();
    // Hints can be forged by anybody: they may hurry us a little, not make us dial without end.
    if (nowMs - this.#lastNudgeMs < minNudgeIntervalMs) return;
    this.#lastNudgeMs = nowMs;
    const delayMs = this.#random() * nudgeBoundMs;
    if (nowMs + delayMs < this.#retryAtMs) this.#dialAfter(delayMs);
  };

  #setStatus(status: LinkStatus): void {
    this.#status = status;
    this.events.emit('status', status);
  }

  #dialAfter(delayMs: number): void {
    this.#stopTimer();
    this.#retryAtMs = this.#clock.nowMs() + delayMs;
    this.#stopTimer = this.#clock.after(delayMs, () => this.#dial());
  }

  #dial(): void {
    const { roster } = this.#options;
    const identity = this.#identity;
    if (identity === null || roster === null) throw new Error('dialling without identity');
    const addresses = [...new Set(this.#options.addresses())].slice(0, maxAddresses);
    if (addresses.length === 0) {
      if (this.#status.state !== 'searching') this.#setStatus({ state: 'searching' });
      this.#waitOnce();
      return;
    }
    this.#setStatus({ state: 'connecting', addresses });
    this.#context ??= clientContext(identity);
    const passedOver = new Set(this.#passedOver);
    this.#stopDial = dialConsole({
      addresses,
      defaultPort: defaultLinkPort,
      context: this.#context,
      wish: {
        roomId: identity.roomId,
        refuses: (keyId) => passedOver.has(keyId) || roster.isRevoked(keyId),
      },
      issuedMs: issuedMs(identity.certificatePem),
      clock: this.#clock,
      ...(this.#options.localAddress === undefined ? {} : { localAddress: this.#options.localAddress }),
      onDone: (result) => {
        if (!result.ok) {
          // Nobody else is there: the next try asks them all again, for a newer roster may list them.
          this.#passedOver.clear();
          this.#failed(result.problem);
          return;
        }
        this.#converse(result, identity, roster);
      },
    });
  }

  #converse(dialled: Dialled, identity: AgentIdentity, roster: RosterKeeper): void {
    const { handlers, facts, report, onRefused } = this.#options;
    const connection = openConnection({
      socket: dialled.socket,
      clock: this.#clock,
      hello: () => ({ facts: facts(), report: report() }),
      onMessage: (message) => talk.receive(message),
      onEnd: (problem) => {
        if (problem === 'revoked') this.#passedOver.add(connection.issuer.keyId);
        this.#failed(problem);
      },
    });
    const talk = createConsoleTalk({
      connection,
      identity,
      roster,
      handlers,
      report,
      clock: this.#clock,
      log: this.#log,
      onCertificate: (certificatePem) => this.#renewed(identity, certificatePem),
      onWelcome: (welcome) => this.#onWelcome(welcome, dialled.address),
      onRefused: (refused) => onRefused?.(refused),
    });
    this.#connection = connection;
    this.#talk = talk;
  }

  #endTalk(): void {
    this.#talk?.close();
    this.#talk = null;
    this.#connection = null;
  }

  #renewed(identity: AgentIdentity, certificatePem: string): void {
    this.#identity = { ...identity, certificatePem };
    // The connection that is there goes on; the next one shows the new certificate.
    this.#context = null;
    this.#log.info('link.certificate-renewed');
    this.#options.onCertificate?.(certificatePem);
  }

  #waitOnce(): number {
    const next = nextBackoff(linkBackoff, this.#backoff, this.#random);
    this.#backoff = next.state;
    this.#dialAfter(next.delayMs);
    return next.delayMs;
  }

  #failed(found: LinkProblem): void {
    this.#endTalk();
    // A console does not say that it takes our certificate for expired; we see it by our own clock.
    const isOutOfDate = found === 'not-welcomed' && !this.#isCertificateValid();
    const problem = isOutOfDate ? 'clock-or-certificate' : found;
    const wasStable =
      this.#status.state === 'online' && this.#clock.nowMs() - this.#onlineSinceMs >= stableAfterMs;
    if (wasStable) this.#backoff = freshBackoff;
    if (firmAnswers.includes(problem)) this.#backoff = slowestBackoff(linkBackoff);
    const retryInMs = this.#waitOnce();
    this.#log.info('link.waiting', { problem, retryInMs });
    this.#setStatus({ state: 'waiting', problem, retryInMs });
  }

  #isCertificateValid(): boolean {
    if (this.#identity === null) return false;
    const { validFromDate, validToDate } = new X509Certificate(this.#identity.certificatePem);
    const wallMs = this.#clock.wallMs();
    return validFromDate.getTime() <= wallMs && wallMs <= validToDate.getTime();
  }

  #onWelcome(welcome: WelcomeFacts, address: string): void {
    const { roomName, teacherName, clockDifferenceMs } = welcome;
    this.#onlineSinceMs = this.#clock.nowMs();
    this.#passedOver.clear();
    this.#log.info('link.online', { address });
    this.#options.handlers.welcome(welcome);
    const since = this.#clock.wallMs();
    this.#setStatus({ state: 'online', address, roomName, teacherName, since, clockDifferenceMs });
  }
}

export function createLinkClient(options: LinkClientOptions): LinkClient {
  return new Client(options);
}
