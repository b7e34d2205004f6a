// One device's connection: offers, sends what it is given, hears the device's feedback. A broken connection
// is replaced by a new one of a higher generation; the device is told by the new offer.
import nodeDataChannel, { type Track } from 'node-datachannel';
import type { PeerId, PeerState, PeerStats, RelayErrorCode } from '../../shared/protocol/relay.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import { type Connection, createConnection, UnboundDescription } from './connection.ts';
import { createWishBudget } from './key-frame-gate.ts';
import { createLossWindow } from './loss-window.ts';
import { buildSenderReport, parseRtcp, type RtcpHandler, roundTripMs } from './rtcp.ts';
import { completePeerOffer, withoutNamedCandidates } from './sdp.ts';
import { type RelayStream, videoClockRate, videoPayloadType } from './stream.ts';

/** No device connected for that long: a new offer is tried. */
const connectTimeoutMs = 10_000;
const firstRetryMs = 1_000;
const longestRetryMs = 8_000;
/** The device may ask for a new offer, but not sooner than that after the last one. */
const restartIntervalMs = 500;
/** So much loss, in spite of repeated packets, for so long: the stream does not fit, the device waits for a key frame. */
const hopelessLoss = 0.3;
const hopelessSeconds = 2;
/** Packets sent again to one device per second; more would only fill its queue. */
const retransmitsPerSecond = 200;

export type PeerParts = {
  readonly peerId: PeerId;
  readonly stream: RelayStream;
  readonly udpPort: number;
  readonly bindAddress: string | null;
  readonly nextGeneration: () => number;
  readonly nowUnixMs: () => number;
  readonly send: (signal: Signal) => void;
  /** The state changed; read `state`, `generation` and `fingerprints` of the peer. */
  readonly onState: (peer: Peer) => void;
  readonly onKeyFrameWanted: (peer: Peer) => void;
  readonly onError: (code: RelayErrorCode, detail: string) => void;
};

const words = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 500);

export class Peer {
  readonly peerId: PeerId;
  state: PeerState = 'connecting';
  /** Packets flow from this number on; -1 until a key frame is there to begin with. */
  joinedAt = -1;
  /** Next packet that it still gets from the ring, see Replay; later ones wait for it. -1: it is up to date. */
  replayAt = -1;
  packets = 0;
  bytes = 0;
  nacks = 0;
  retransmitted = 0;
  plis = 0;
  skipped = 0;
  loss: number | null = null;
  jitterMs: number | null = null;
  rttMs: number | null = null;
  estimatedBitsPerSecond: number | null = null;

  private readonly parts: PeerParts;
  private readonly rtcp: RtcpHandler;
  private connection: Connection | null = null;
  private track: Track | null = null;
  private timer: NodeJS.Timeout | null = null;
  private retryMs = firstRetryMs;
  private lastOfferMs = Number.NEGATIVE_INFINITY;
  private readonly wishes = createWishBudget();
  private readonly lossWindow = createLossWindow();
  private badSeconds = 0;
  private retransmitsLeft = retransmitsPerSecond;

  constructor(parts: PeerParts) {
    this.parts = parts;
    this.peerId = parts.peerId;
    this.rtcp = {
      nack: (sequence) => this.retransmit(sequence),
      keyFrameWanted: () => {
        this.plis += 1;
        if (this.wishes.allows(performance.now())) parts.onKeyFrameWanted(this);
      },
      report: (ssrc, lost, highest, jitter, lastSr, delay) => {
        if (ssrc !== parts.stream.ssrc) return;
        this.jitterMs = (jitter / videoClockRate) * 1000;
        this.rttMs = roundTripMs(parts.nowUnixMs(), lastSr, delay) ?? this.rttMs;
        this.judge(this.lossWindow.take(lost, highest, performance.now()));
      },
      senderReport: () => {},
      estimatedBitrate: (bitsPerSecond) => {
        this.estimatedBitsPerSecond = bitsPerSecond;
      },
    };
  }

  get generation(): number {
    return this.connection?.generation ?? 0;
  }

  get fingerprints() {
    return this.connection?.fingerprints() ?? { local: null, remote: null };
  }

  /** Makes a new connection and offers it; whatever there was before is closed. */
  offer(): void {
    this.dispose();
    this.state = 'connecting';
    this.lastOfferMs = performance.now();
    this.wishes.reset();
    this.lossWindow.reset();
    this.badSeconds = 0;
    const { parts } = this;
    try {
      this.connection = this.connect();
    } catch (error) {
      parts.onError('native-failed', words(error));
      this.retryLater();
      return;
    }
    parts.onState(this);
    this.timer = setTimeout(() => this.fail(), connectTimeoutMs);
  }

  receive(signal: Signal): void {
    const { connection, parts } = this;
    if (connection === null || signal.generation !== connection.generation) {
      // The device may ask for an offer before it has seen one, and again after a refusal.
      const isAsked = signal.generation === 0 || (connection === null && this.state === 'insecure');
      if (signal.kind === 'restart' && isAsked) this.restart();
      return;
    }
    if (signal.kind === 'restart') this.restart();
    else if (signal.kind === 'bye') this.close();
    else if (signal.kind === 'answer') {
      try {
        connection.setRemote(withoutNamedCandidates(signal.sdp), 'answer');
      } catch (error) {
        parts.onError('bad-sdp', words(error));
        // A connection that is bound goes on after nonsense; one that waits for its answer has got it from somebody else.
        if (error instanceof UnboundDescription && (error.namesOther || this.state !== 'connected'))
          this.refuse();
      }
    } else if (signal.kind === 'candidate') {
      try {
        connection.addCandidate(signal.candidate, signal.sdpMid);
      } catch (error) {
        parts.onError('bad-candidate', words(error));
      }
    } else if (signal.kind === 'offer') parts.onError('unexpected-signal', 'a device does not offer');
  }

  /** Sends one packet of the stream. The native side copies it. */
  sendPacket(packet: Buffer): void {
    try {
      if (this.track?.sendMessageBinary(packet)) {
        this.packets += 1;
        this.bytes += packet.length;
      } else this.skipped += 1;
    } catch {
      // The track closed between two events; the state change that tells it is on its way.
      this.skipped += 1;
    }
  }

  /** Once a second: lets the device measure and us learn the round trip. */
  sendReport(): void {
    this.retransmitsLeft = retransmitsPerSecond;
    if (this.state !== 'connected' || this.track === null || this.packets === 0) return;
    const { stream, nowUnixMs } = this.parts;
    const report = buildSenderReport({
      ssrc: stream.ssrc,
      unixMs: nowUnixMs(),
      rtpTimestamp: stream.timestampNow(),
      packets: this.packets,
      bytes: this.bytes,
    });
    try {
      this.track.sendMessageBinary(report);
    } catch {
      this.skipped += 1;
    }
  }

  stats(): PeerStats {
    const { peerId, state, packets, bytes, nacks, retransmitted, plis, skipped } = this;
    const { loss, jitterMs, rttMs, estimatedBitsPerSecond } = this;
    return {
      ...{ peerId, state, packets, bytes, nacks, retransmitted, plis, skipped },
      ...{ loss, jitterMs, rttMs, estimatedBitsPerSecond },
    };
  }

  /** Ends it for good; again does nothing. */
  close(): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.parts.onState(this);
    this.dispose();
  }

  private connect(): Connection {
    const { parts } = this;
    const { stream, udpPort, bindAddress } = parts;
    const connection = createConnection({
      name: parts.peerId,
      config: {
        enableIceUdpMux: true,
        portRangeBegin: udpPort,
        portRangeEnd: udpPort,
        ...(bindAddress === null ? {} : { bindAddress }),
      },
      generation: parts.nextGeneration(),
      send: parts.send,
      finish: completePeerOffer,
      onState: (state) => {
        if (state === 'insecure') this.refuse();
        else if (state !== 'connected') this.fail();
      },
    });
    const video = new nodeDataChannel.Video('video', 'SendOnly');
    video.addVP8Codec(videoPayloadType);
    video.addSSRC(stream.ssrc, 'relay', 'presentation', 'presentation-video');
    const track = connection.native.addTrack(video);
    track.onMessage((message) => parseRtcp(message, this.rtcp));
    // The connection says "connected" a moment before it takes packets: only the open track counts.
    track.onOpen(() => {
      if (this.track === track) this.opened();
    });
    this.track = track;
    connection.native.setLocalDescription('offer');
    return connection;
  }

  private opened(): void {
    if (this.connection?.isGenuine() !== true) {
      this.refuse();
      return;
    }
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.retryMs = firstRetryMs;
    this.state = 'connected';
    this.parts.onState(this);
  }

  private fail(): void {
    if (this.state === 'closed') return;
    this.state = 'failed';
    this.leave();
    this.parts.onState(this);
    this.dispose();
    this.retryLater();
  }

  /** Whoever answers is not the device: nothing more until it is asked for, see [Note: media binding]. */
  private refuse(): void {
    if (this.state === 'closed') return;
    this.state = 'insecure';
    this.leave();
    this.parts.onState(this);
    this.dispose();
  }

  private retryLater(): void {
    this.timer = setTimeout(() => this.offer(), this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, longestRetryMs);
  }

  private restart(): void {
    if (this.state === 'closed' || performance.now() - this.lastOfferMs < restartIntervalMs) return;
    this.offer();
  }

  /** [Note: bad peer] Sending on would only keep its queue full: it gets nothing until the next key frame. */
  private judge(loss: number | null): void {
    if (loss === null) return;
    this.loss = loss;
    if (this.joinedAt < 0) return;
    this.badSeconds = loss >= hopelessLoss ? this.badSeconds + 1 : 0;
    if (this.badSeconds < hopelessSeconds) return;
    this.badSeconds = 0;
    this.lossWindow.reset();
    this.leave();
  }

  /** It gets nothing until it joins again. */
  private leave(): void {
    this.joinedAt = -1;
    this.replayAt = -1;
  }

  private retransmit(sequence: number): void {
    this.nacks += 1;
    const { stream } = this.parts;
    const number = stream.numberOf(sequence);
    // What was held back from this device is not sent on request either.
    if (this.joinedAt < 0 || number < this.joinedAt || this.retransmitsLeft <= 0) return;
    const packet = stream.at(number);
    if (packet === null) return;
    this.retransmitsLeft -= 1;
    this.retransmitted += 1;
    this.sendPacket(packet);
  }

  private dispose(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.leave();
    this.track = null;
    const { connection } = this;
    this.connection = null;
    connection?.close();
  }
}
