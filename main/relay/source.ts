// The presenter's connection: answers its offer, hands its packets on, asks again for lost ones and for key frames.
import type { Track } from 'node-datachannel';
import type { Fingerprints, RelayErrorCode, SourceState } from '../../shared/protocol/relay.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import { type Connection, type ConnectionState, createConnection, UnboundDescription } from './connection.ts';
import {
  buildNack,
  buildPli,
  buildReceiverReport,
  buildRemb,
  middleNtp,
  parseRtcp,
  type RtcpHandler,
} from './rtcp.ts';
import { isRtcp } from './rtp.ts';
import { reduceSourceOffer, withStartBitrate } from './sdp.ts';

/**
 * [Note: presenter bitrate] The loopback carries anything, so the presenter's estimate starts at its upper end. It is
 * twice the encoder's own limit (set by the page) and no more: Chromium paces a key frame at 2.5 times the estimate,
 * and everything it sends leaves this machine once per device.
 */
const startKbps = 8_000;
const maxKbps = 8_000;
const offeredBitsPerSecond = 20_000_000;
/** Our own SSRC towards the presenter; nothing is ever sent with it but feedback. */
const feedbackSsrc = 1;
const nackIntervalMs = 30;
const nackTries = 4;
/** More missing packets at once than that are not asked for one by one. */
const nackLimit = 60;

export type SourceParts = {
  readonly send: (signal: Signal) => void;
  readonly onState: (state: SourceState, generation: number, fingerprints: Fingerprints) => void;
  readonly onPacket: (packet: Buffer) => void;
  /** A new connection takes over: what comes now is another stream. */
  readonly onNewConnection: () => void;
  /** Packets are gone for good. */
  readonly onLoss: () => void;
  readonly onError: (code: RelayErrorCode, detail: string) => void;
};

const words = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).slice(0, 500);
const nobody: Fingerprints = { local: null, remote: null };

export class Source {
  state: SourceState = 'none';
  packets = 0;
  bytes = 0;
  plisSent = 0;
  nacksSent = 0;
  lost = 0;

  private readonly parts: SourceParts;
  private readonly rtcp: RtcpHandler;
  private readonly missing = new Map<number, number>();
  private connection: Connection | null = null;
  private track: Track | null = null;
  private payloadType = 0;
  private generation = -1;
  private ssrc = 0;
  private highest = -1;
  private nackTimer: NodeJS.Timeout | null = null;
  private lastSr = 0;
  private lastSrAtMs = 0;

  constructor(parts: SourceParts) {
    this.parts = parts;
    this.rtcp = {
      nack: () => {},
      keyFrameWanted: () => {},
      report: () => {},
      estimatedBitrate: () => {},
      senderReport: (ssrc, seconds, fraction) => {
        if (ssrc !== this.ssrc) return;
        this.lastSr = middleNtp(seconds, fraction);
        this.lastSrAtMs = performance.now();
      },
    };
  }

  receive(signal: Signal): void {
    if (signal.kind === 'offer' && signal.generation > this.generation)
      this.answer(signal.sdp, signal.generation);
    else if (this.connection === null || signal.generation !== this.generation) return;
    else if (signal.kind === 'offer') this.renegotiate(signal.sdp);
    else if (signal.kind === 'candidate') this.addCandidate(signal.candidate, signal.sdpMid);
    else if (signal.kind === 'bye') this.end();
    else if (signal.kind !== 'end-of-candidates') {
      this.parts.onError('unexpected-signal', 'the presenter offers, the relay answers');
    }
  }

  requestKeyFrame(): void {
    if (this.ssrc === 0) return;
    if (this.write(buildPli(feedbackSsrc, this.ssrc))) this.plisSent += 1;
  }

  /** Once a second: tells the presenter that all is well, so that its encoder keeps its bitrate. */
  sendReport(): void {
    if (this.state !== 'connected' || this.ssrc === 0) return;
    const delay = this.lastSr === 0 ? 0 : Math.round(((performance.now() - this.lastSrAtMs) / 1000) * 65_536);
    this.write(
      Buffer.concat([
        buildReceiverReport({
          senderSsrc: feedbackSsrc,
          mediaSsrc: this.ssrc,
          highestSequence: Math.max(0, this.highest),
          lastSr: this.lastSr,
          delaySinceLastSr: delay,
        }),
        buildRemb(feedbackSsrc, this.ssrc, offeredBitsPerSecond),
      ]),
    );
  }

  /** Ends the connection. The next offer may come from another page, so its generation counts from anywhere. */
  close(): void {
    this.generation = -1;
    if (this.state === 'none') return;
    this.dispose();
    this.change('none', nobody);
  }

  /** The page said good-bye; what it still sends under that generation is stale. */
  private end(): void {
    this.dispose();
    this.change('none', nobody);
  }

  private answer(sdp: string, generation: number): void {
    const offer = reduceSourceOffer(sdp);
    if (offer === null) {
      this.parts.onError('bad-sdp', 'the presenter must offer exactly one VP8 stream');
      return;
    }
    this.dispose();
    this.generation = generation;
    this.payloadType = offer.payloadType;
    try {
      const connection = createConnection({
        name: 'source',
        config: {},
        generation,
        send: this.parts.send,
        finish: (own) => withStartBitrate(own, this.payloadType, startKbps, maxKbps),
        onState: (state) => this.onConnectionState(state),
      });
      this.connection = connection;
      connection.native.onTrack((track) => this.attach(track));
      this.change('connecting', nobody);
      connection.setRemote(offer.sdp, 'offer');
    } catch (error) {
      this.parts.onError('bad-sdp', words(error));
      this.onConnectionState(error instanceof UnboundDescription ? 'insecure' : 'failed');
    }
  }

  private renegotiate(sdp: string): void {
    const offer = reduceSourceOffer(sdp);
    try {
      if (offer === null) throw new Error('the presenter must offer exactly one VP8 stream');
      this.connection?.setRemote(offer.sdp, 'offer');
    } catch (error) {
      this.parts.onError('bad-sdp', words(error));
      if (error instanceof UnboundDescription && error.namesOther) this.onConnectionState('insecure');
    }
  }

  private addCandidate(candidate: string, mid: string | null): void {
    try {
      this.connection?.addCandidate(candidate, mid);
    } catch (error) {
      this.parts.onError('bad-candidate', words(error));
    }
  }

  private attach(track: Track): void {
    this.track = track;
    this.parts.onNewConnection();
    const { connection } = this;
    track.onMessage((message) => {
      // A picture counts only from the one whom the link has named, see [Note: media binding].
      if (connection === null || connection !== this.connection || !connection.isGenuine()) return;
      if (isRtcp(message)) parseRtcp(message, this.rtcp);
      else if (message.length >= 12 && ((message[1] as number) & 0x7f) === this.payloadType)
        this.take(message);
    });
  }

  private take(packet: Buffer): void {
    this.packets += 1;
    this.bytes += packet.length;
    const ssrc = packet.readUInt32BE(8);
    const sequence = packet.readUInt16BE(2);
    if (ssrc !== this.ssrc) {
      this.ssrc = ssrc;
      this.highest = -1;
      this.missing.clear();
    }
    this.noteSequence(sequence);
    this.parts.onPacket(packet);
  }

  /** Keeps the list of packets that are missing; all numbers count up without wrapping. */
  private noteSequence(sequence: number): void {
    if (this.highest < 0) {
      this.highest = sequence + 0x1_0000;
      return;
    }
    const number = this.highest + (((sequence - this.highest) << 16) >> 16);
    if (number <= this.highest) {
      this.missing.delete(number);
      return;
    }
    const gap = number - this.highest - 1;
    if (gap > nackLimit) {
      this.lost += gap;
      this.missing.clear();
      this.parts.onLoss();
    } else for (let next = this.highest + 1; next < number; next += 1) this.missing.set(next, 0);
    this.highest = number;
    if (gap > 0 && gap <= nackLimit) this.askAgain();
  }

  private askAgain(): void {
    const wanted: number[] = [];
    for (const [number, tries] of this.missing) {
      if (tries >= nackTries) {
        this.missing.delete(number);
        this.lost += 1;
        this.parts.onLoss();
      } else {
        this.missing.set(number, tries + 1);
        if (wanted.length < nackLimit) wanted.push(number & 0xffff);
      }
    }
    if (wanted.length > 0 && this.write(buildNack(feedbackSsrc, this.ssrc, wanted))) this.nacksSent += 1;
    if (this.missing.size > 0 && this.nackTimer === null) {
      this.nackTimer = setTimeout(() => {
        this.nackTimer = null;
        this.askAgain();
      }, nackIntervalMs);
    }
  }

  private write(packet: Buffer): boolean {
    try {
      return this.track?.sendMessageBinary(packet) ?? false;
    } catch {
      // The track closed between two events; the state change that tells it is on its way.
      return false;
    }
  }

  private onConnectionState(state: ConnectionState): void {
    if (state === 'connected') {
      this.change('connected', this.connection?.fingerprints() ?? nobody);
      return;
    }
    this.dispose();
    this.change(state === 'insecure' ? 'insecure' : 'lost', nobody);
  }

  private change(state: SourceState, fingerprints: Fingerprints): void {
    this.state = state;
    this.parts.onState(state, Math.max(0, this.generation), fingerprints);
  }

  private dispose(): void {
    if (this.nackTimer !== null) clearTimeout(this.nackTimer);
    this.nackTimer = null;
    this.missing.clear();
    this.track = null;
    this.ssrc = 0;
    this.highest = -1;
    const { connection } = this;
    this.connection = null;
    connection?.close();
  }
}
