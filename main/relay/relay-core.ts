// Puts source, stream and peers together and speaks with main. Everything from main is parsed here, once;
// what is malformed does nothing but an error event.
import { createSocket } from 'node:dgram';
import {
  type FromRelay,
  maxRelayPeers,
  type PeerId,
  type RelayErrorCode,
  ToRelay,
} from '../../shared/protocol/relay.ts';
import type { ControlPort } from './control-port.ts';
import { createKeyFrameGate } from './key-frame-gate.ts';
import { Peer } from './peer.ts';
import { Replay } from './replay.ts';
import { Source } from './source.ts';
import { RelayStream } from './stream.ts';

/**
 * A joiner gets the packets since the last key frame if they are no more than that; else a new one is asked for. Two
 * seconds' worth: longer than a class of thirty waits between two key frames, so that all who join in one go need one.
 */
const replayLimitPackets = 700;
const reportIntervalMs = 1_000;
const usualStatsIntervalMs = 1_000;
/** Generations of one process: `run` * that + count, see [Note: generation]. */
const generationsPerRun = 65_536;

type Start = Extract<ToRelay, { type: 'start' }>;
type Clock = {
  readonly nowMs: () => number;
  readonly after: (delayMs: number, callback: () => void) => () => void;
};

const realClock: Clock = {
  nowMs: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

/** A UDP port that is free now: the asked one, or any for 0. Null when the asked one is taken. */
const probePort = (port: number, address: string | null): Promise<number | null> =>
  new Promise((resolve) => {
    const socket = createSocket(address?.includes(':') === false ? 'udp4' : 'udp6');
    socket.once('error', () => {
      socket.close();
      resolve(null);
    });
    socket.bind({ port, ...(address === null ? {} : { address }) }, () => {
      const { port: bound } = socket.address();
      socket.close(() => resolve(bound));
    });
  });

export class Relay {
  private readonly port: ControlPort;
  private readonly onShutdown: () => void;
  private readonly stream = new RelayStream((below) => Math.floor(Math.random() * below), realClock.nowMs);
  private readonly peers = new Map<PeerId, Peer>();
  /** Peers that get packets, as an array because it is walked for every packet. */
  private live: Peer[] = [];
  private readonly replay = new Replay(this.stream, realClock);
  private readonly source: Source;
  private readonly gate = createKeyFrameGate(() => this.source.requestKeyFrame(), realClock);
  private started: Start | null = null;
  private udpPort = 0;
  private generationCount = 0;
  private isPaused = false;
  private errors = 0;
  private readonly reportTimer: NodeJS.Timeout;
  private statsTimer: NodeJS.Timeout | undefined;

  constructor(port: ControlPort, onShutdown: () => void) {
    this.port = port;
    this.onShutdown = onShutdown;
    this.source = new Source({
      send: (signal) => port.post({ type: 'source-signal', signal }),
      onState: (state, generation, fingerprints) => {
        port.post({ type: 'source-state', state, generation, fingerprints });
        if (state === 'connected') this.wantKeyFrame();
      },
      onPacket: (packet) => this.onPacket(packet),
      onNewConnection: () => this.stream.expectNewSource(),
      onLoss: () => this.wantKeyFrame(),
      onError: (code, detail) => this.report(code, null, detail),
    });
    this.reportTimer = setInterval(() => this.sendReports(), reportIntervalMs);
    port.onMessage((raw) => this.receive(raw));
    port.onClose(() => this.shutdown());
  }

  private receive(raw: unknown): void {
    const parsed = ToRelay.safeParse(raw);
    if (!parsed.success) {
      this.report('bad-message', null, parsed.error.issues[0]?.message ?? '');
      return;
    }
    const message = parsed.data;
    if (message.type === 'shutdown') this.shutdown();
    else if (message.type === 'start') void this.start(message);
    else if (this.udpPort === 0) this.report('not-started', null, message.type);
    else this.obey(message);
  }

  private obey(message: Exclude<ToRelay, { type: 'start' | 'shutdown' }>): void {
    if (message.type === 'source-signal') this.source.receive(message.signal);
    else if (message.type === 'source-close') this.source.close();
    else if (message.type === 'set-paused') this.setPaused(message.isPaused);
    else if (message.type === 'peer-add') this.addPeer(message.peerId);
    else if (message.type === 'peer-remove') this.peers.get(message.peerId)?.close();
    else {
      const peer = this.peers.get(message.peerId);
      if (peer === undefined) this.report('unknown-peer', message.peerId, message.signal.kind);
      else peer.receive(message.signal);
    }
  }

  private async start(message: Start): Promise<void> {
    if (this.started !== null) {
      this.report('already-started', null, '');
      return;
    }
    this.started = message;
    const udpPort = await probePort(message.udpPort, message.bindAddress);
    if (udpPort === null) {
      this.started = null;
      this.report('port-in-use', null, String(message.udpPort));
      return;
    }
    this.udpPort = udpPort;
    this.statsTimer = setInterval(() => this.postStats(), message.statsIntervalMs ?? usualStatsIntervalMs);
    this.port.post({ type: 'ready', udpPort, pid: process.pid, run: message.run });
  }

  private addPeer(peerId: PeerId): void {
    const known = this.peers.get(peerId);
    if (known !== undefined) {
      known.offer();
      return;
    }
    if (this.peers.size >= maxRelayPeers) {
      this.report('too-many-peers', peerId, String(maxRelayPeers));
      return;
    }
    const peer = new Peer({
      peerId,
      stream: this.stream,
      udpPort: this.udpPort,
      bindAddress: this.started?.bindAddress ?? null,
      nextGeneration: () => {
        this.generationCount += 1;
        return (this.started?.run ?? 0) * generationsPerRun + this.generationCount;
      },
      nowUnixMs: () => performance.timeOrigin + performance.now(),
      send: (signal) => this.port.post({ type: 'peer-signal', peerId, signal }),
      onState: (changed) => this.onPeerState(changed),
      onKeyFrameWanted: (asking) => this.onKeyFrameWanted(asking),
      onError: (code, detail) => this.report(code, peerId, detail),
    });
    this.peers.set(peerId, peer);
    peer.offer();
  }

  private onPeerState(peer: Peer): void {
    const { peerId, state, generation, fingerprints } = peer;
    if (state === 'connected') this.join(peer);
    else this.live = this.live.filter((other) => other !== peer);
    if (state === 'closed') this.peers.delete(peerId);
    this.gate.setPeerCount(this.live.length);
    this.port.post({ type: 'peer-state', peerId, state, generation, fingerprints });
  }

  /** Gives a joiner a picture: from the ring when that is cheap, else by a new key frame. */
  private join(peer: Peer): void {
    if (!this.live.includes(peer)) this.live.push(peer);
    if (this.isPaused || this.stream.replayLength() <= replayLimitPackets) this.replay.begin(peer);
    if (peer.joinedAt < 0) this.wantKeyFrame();
  }

  private onKeyFrameWanted(peer: Peer): void {
    // Nothing new leaves while paused; a repeated packet is dropped by whoever has it.
    if (this.isPaused) this.replay.begin(peer);
    else this.wantKeyFrame();
  }

  private wantKeyFrame(): void {
    if (!this.isPaused) this.gate.want();
  }

  private onPacket(input: Buffer): void {
    if (this.isPaused) return;
    const { stream, live } = this;
    const pushed = stream.push(input);
    if (pushed === 'awaiting-key-frame') this.wantKeyFrame();
    if (pushed !== 'forward') return;
    const { packet, number, isKeyFrameStart } = stream;
    if (isKeyFrameStart) this.gate.arrived();
    for (let index = 0; index < live.length; index += 1) {
      const peer = live[index] as Peer;
      if (peer.joinedAt < 0) {
        if (!isKeyFrameStart) {
          peer.skipped += 1;
          continue;
        }
        peer.joinedAt = number;
      }
      // What lies ahead of a replay comes with it.
      if (number < peer.joinedAt || (peer.replayAt >= 0 && number >= peer.replayAt)) continue;
      peer.sendPacket(packet);
    }
  }

  private setPaused(isPaused: boolean): void {
    if (this.isPaused === isPaused) return;
    this.isPaused = isPaused;
    if (isPaused) {
      this.gate.forget();
      return;
    }
    this.stream.expectNewSource();
    this.gate.want();
  }

  private sendReports(): void {
    this.source.sendReport();
    for (const peer of this.live) peer.sendReport();
  }

  private postStats(): void {
    const { source, stream } = this;
    if (source.state === 'none' && this.peers.size === 0) return;
    const { state, packets, bytes, plisSent, nacksSent, lost } = source;
    const { frames, keyFrames } = stream;
    this.port.post({
      type: 'stats',
      isPaused: this.isPaused,
      errors: this.errors,
      source: { state, packets, bytes, frames, keyFrames, plisSent, nacksSent, lost },
      peers: [...this.peers.values()].map((peer) => peer.stats()),
    });
  }

  private report(code: RelayErrorCode, peerId: PeerId | null, detail: string): void {
    this.errors += 1;
    const event: FromRelay = { type: 'error', code, peerId, detail: detail.slice(0, 500) };
    this.port.post(event);
  }

  private shutdown(): void {
    clearInterval(this.reportTimer);
    clearInterval(this.statsTimer);
    this.gate.forget();
    this.replay.close();
    for (const peer of [...this.peers.values()]) peer.close();
    this.source.close();
    this.onShutdown();
  }
}
