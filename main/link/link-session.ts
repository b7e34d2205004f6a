// One device's connection as the console holds it: hello, messages in order and in measure, orders and their answers.
// It does not know other connections; who may stay is the server's decision.
import { randomBytes } from 'node:crypto';
import { WebSocket } from 'ws';
import type { DeviceFacts, DeviceReport } from '../../shared/domain/device.ts';
import type { DeviceId } from '../../shared/domain/ids.ts';
import {
  AgentMessage,
  AnyHello,
  type CommandBody,
  type ConsoleMessage,
  clockDifferenceToldMs,
  type LinkRefusal,
  maxConsoleFrameBytes,
  protocolVersions,
} from '../../shared/protocol/link.ts';
import { fail, type Result } from '../../shared/result/result.ts';
import type { Clock } from '../lib/clock.ts';
import { parseFrame } from './frame.ts';
import { type CommandFailure, createOrderBook, type OrderBook, type OrderSigner } from './order-book.ts';
import type {
  DeviceMessage,
  GoneReason,
  SendableMessage,
  SessionControl,
  SessionLimits,
  SessionOptions,
  SessionOwner,
  Welcome,
} from './session-types.ts';
import { createSignalFilter } from './signal-filter.ts';
import { createTokenBucket, type TokenBucket } from './token-bucket.ts';

/** Close code of the private range (RFC 6455 section 7.4.2); the reason carries the refusal's code. */
export const refusedCloseCode = 4_000;
const defaultCommandTimeoutMs = 5_000;
const closeGraceMs = 250;

/** The highest version both speak, null if there is none. */
export function commonVersion(theirs: { readonly min: number; readonly max: number }): number | null {
  const version = Math.min(theirs.max, protocolVersions.max);
  return version >= Math.max(theirs.min, protocolVersions.min) ? version : null;
}

/** Is this the hello of a version that we do not speak, and whose other keys we therefore cannot know? */
function isOfOtherVersion(frame: Buffer): boolean {
  const hello = parseFrame(AnyHello, frame);
  return hello.ok && commonVersion(hello.value.versions) === null;
}

class Session implements SessionControl {
  readonly deviceId: DeviceId;
  readonly authorityKeyId: string | null;
  readonly address: string;
  readonly connectedAt: number;
  clockDifferenceMs: number | null = null;
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #limits: SessionLimits;
  readonly #owner: SessionOwner;
  readonly #messages: TokenBucket;
  readonly #bytes: TokenBucket;
  readonly #signer: OrderSigner;
  readonly #filter: ReturnType<typeof createSignalFilter>;
  readonly #acceptedMs: number;
  #facts: DeviceFacts | null = null;
  #report: DeviceReport | null = null;
  #orders: OrderBook | null = null;
  readonly #probes = new Map<string, (isAlive: boolean) => void>();
  #state: 'await-hello' | 'await-owner' | 'open' | 'closed' = 'await-hello';
  #lastHeardMs: number;
  #lastPingMs: number;

  constructor(options: SessionOptions) {
    const { socket, clock, limits } = options;
    this.deviceId = options.deviceId;
    this.authorityKeyId = options.authorityKeyId;
    this.address = options.address;
    this.connectedAt = clock.wallMs();
    this.#socket = socket;
    this.#clock = clock;
    this.#limits = limits;
    this.#signer = options.signer;
    this.#filter = createSignalFilter({
      peerAddress: options.address,
      clock,
      onLoss: (loss) => options.owner.onSignalLoss(loss, this),
    });
    this.#owner = options.owner;
    this.#acceptedMs = clock.nowMs();
    this.#lastHeardMs = this.#acceptedMs;
    this.#lastPingMs = this.#acceptedMs;
    this.#messages = createTokenBucket(limits.messages, this.#acceptedMs);
    this.#bytes = createTokenBucket(limits.bytes, this.#acceptedMs);
    socket.on('message', (data, isBinary) => this.#onFrame(data, isBinary));
    socket.on('ping', () => this.#heard(0));
    socket.on('pong', (payload) => {
      if (this.#heard(0)) this.#probes.get(payload.toString('hex'))?.(true);
    });
    socket.on('error', (cause) => this.#onSocketError(cause));
    socket.on('close', () => this.#end('closed'));
  }

  get facts(): DeviceFacts {
    if (this.#facts === null) throw new Error('session is not open yet');
    return this.#facts;
  }

  get report(): DeviceReport {
    if (this.#report === null) throw new Error('session is not open yet');
    return this.#report;
  }

  isAlive = (): boolean => this.#state !== 'closed';

  isOpen = (): boolean => this.#state === 'open';

  send = (message: SendableMessage): boolean => this.isOpen() && this.#write(message);

  tell = (message: ConsoleMessage): boolean => this.isOpen() && this.#write(message);

  open = (welcome: Welcome): boolean => {
    if (this.#state !== 'await-owner') return false;
    this.#state = 'open';
    return this.#write(welcome);
  };

  probe = (timeoutMs: number): Promise<boolean> => {
    if (this.#state === 'closed' || this.#socket.readyState !== WebSocket.OPEN) return Promise.resolve(false);
    const payload = randomBytes(8);
    const key = payload.toString('hex');
    return new Promise((resolve) => {
      const stopTimer = this.#clock.after(timeoutMs, () => settle(false));
      const settle = (isAlive: boolean) => {
        stopTimer();
        this.#probes.delete(key);
        resolve(isAlive);
      };
      this.#probes.set(key, settle);
      this.#socket.ping(payload);
    });
  };

  turnAway = (code: LinkRefusal, detail?: string): void => {
    if (this.#state === 'closed') return;
    this.#owner.onRefused(code, this, detail);
    this.close(code, 'refused');
  };

  command = (
    body: CommandBody,
    timeoutMs = defaultCommandTimeoutMs,
  ): Promise<Result<void, CommandFailure>> => {
    if (!this.isOpen() || this.#orders === null) return Promise.resolve(fail('gone', 'retry'));
    const { signed, answer } = this.#orders.add(body, timeoutMs);
    this.#write({ type: 'command', ...signed });
    return answer;
  };

  refuse = (code: LinkRefusal): void => this.close(code, 'refused');

  close = (code: LinkRefusal, reason: GoneReason): void => {
    if (this.#state === 'closed') return;
    this.#write({ type: 'refused', code });
    this.#socket.close(refusedCloseCode, code);
    // Whoever was refused may go on sending; nobody listens to it for longer than a moment.
    this.#clock.after(closeGraceMs, () => this.#socket.terminate());
    this.#end(reason);
  };

  tick = (): void => {
    const nowMs = this.#clock.nowMs();
    if (this.#state === 'closed') return;
    if (this.#state === 'await-hello') {
      if (nowMs - this.#acceptedMs >= this.#limits.helloTimeoutMs) {
        this.turnAway('too-slow');
        return;
      }
    }
    this.#orders?.sweep();
    if (nowMs - this.#lastHeardMs >= this.#limits.heartbeatTimeoutMs) {
      this.#socket.terminate();
      this.#end('silent');
      return;
    }
    if (nowMs - this.#lastPingMs >= this.#limits.heartbeatIntervalMs) {
      this.#lastPingMs = nowMs;
      this.#socket.ping();
    }
  };

  #write(message: ConsoleMessage): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    if (this.#socket.bufferedAmount > this.#limits.maxWaitingBytes) {
      this.#owner.onRefused('too-slow', this, 'does not read');
      this.#socket.terminate();
      this.#end('refused');
      return false;
    }
    const text = JSON.stringify(message);
    if (Buffer.byteLength(text) > maxConsoleFrameBytes)
      throw new Error(`message of type ${message.type} is too long`);
    this.#socket.send(text);
    return true;
  }

  /** Takes note that the device lives; false if it sends more than its measure. */
  #heard(bytes: number): boolean {
    if (this.#state === 'closed') return false;
    const nowMs = this.#clock.nowMs();
    this.#lastHeardMs = nowMs;
    if (this.#messages.take(nowMs) && this.#bytes.take(nowMs, bytes)) return true;
    this.turnAway('flood');
    return false;
  }

  #onFrame(data: WebSocket.RawData, isBinary: boolean): void {
    // `ws` gives a Buffer as long as nobody asks for another binary type.
    if (!Buffer.isBuffer(data)) throw new Error('frame is no Buffer');
    if (!this.#heard(data.length)) return;
    const parsed = isBinary ? fail('not-json', 'none', 'binary') : parseFrame(AgentMessage, data);
    if (parsed.ok) this.#onMessage(parsed.value);
    else if (this.#state === 'await-hello' && isOfOtherVersion(data)) this.turnAway('version');
    else this.turnAway(parsed.error.code, parsed.error.detail);
  }

  #onMessage(message: AgentMessage): void {
    if (message.type === 'hello') this.#onHello(message);
    else if (this.#state !== 'open') this.turnAway('wrong-order', message.type);
    else if (message.type === 'result') this.#onResult(message);
    else if (message.type === 'renew') this.#owner.onRenew(this, Buffer.from(message.request, 'base64'));
    else this.#onNews(message);
  }

  #onNews(message: DeviceMessage): void {
    if (message.type === 'facts') this.#facts = message.facts;
    if (message.type === 'report') this.#report = message.report;
    if (message.type !== 'signal') this.#owner.onMessage(this, message);
    else {
      const signal = this.#filter(message.channel, message.signal);
      if (signal !== null) this.#owner.onMessage(this, { ...message, signal });
    }
  }

  #onHello(hello: Extract<AgentMessage, { type: 'hello' }>): void {
    if (this.#state !== 'await-hello') {
      this.turnAway('wrong-order', 'hello');
      return;
    }
    const version = commonVersion(hello.versions);
    if (version === null) {
      this.turnAway('version', `${hello.versions.min}-${hello.versions.max}`);
      return;
    }
    this.#facts = hello.facts;
    this.#report = hello.report;
    this.#orders = createOrderBook({
      signer: this.#signer,
      device: this.deviceId,
      session: hello.nonce,
      clock: this.#clock,
    });
    const aheadMs = hello.wallMs - this.#clock.wallMs();
    this.clockDifferenceMs = Math.abs(aheadMs) > clockDifferenceToldMs ? aheadMs : null;
    this.#state = 'await-owner';
    this.#owner.onHello(this, version);
  }

  #onResult(result: Extract<AgentMessage, { type: 'result' }>): void {
    const { seq, refusal, report } = result;
    if (seq === null && refusal === null) {
      this.turnAway('bad-message', 'result of nothing');
      return;
    }
    // Before the answer: whoever waits for it finds the device as it is now.
    this.#onNews({ type: 'report', report });
    if (seq === null) this.#owner.onOrderRefused(refusal ?? 'failed', this);
    else if (this.#orders?.answered(seq, refusal) !== true) {
      this.turnAway('wrong-order', 'result of no command');
    }
  }

  #onSocketError(cause: Error): void {
    if (this.#state === 'closed') return;
    const code = 'code' in cause ? String(cause.code) : '';
    if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.#owner.onRefused('too-big', this);
    else if (code.startsWith('WS_ERR_')) this.#owner.onRefused('bad-frame', this, code);
    else return;
    this.#clock.after(closeGraceMs, () => this.#socket.terminate());
    this.#end('refused');
  }

  #end(reason: GoneReason): void {
    if (this.#state === 'closed') return;
    const wasOpen = this.#state === 'open';
    this.#state = 'closed';
    this.#orders?.close();
    for (const settle of this.#probes.values()) settle(false);
    if (wasOpen) this.#owner.onGone(this, reason);
  }
}

export function createSession(options: SessionOptions): SessionControl {
  return new Session(options);
}
