// Counts the VP8 frames of one RTP stream as a decoder could show them: in order, whole, from a key frame on. Knows
// no network: says what to ask for and lets the caller send it. It runs for every packet of every device, so it
// keeps no packet and allocates nothing.

/** Packets that are remembered behind the newest: more than a 1080p key frame and the round trip after it. */
const windowPackets = 2048;
/** A gap is asked for again after so long, and given up after so many tries. */
const nackIntervalMs = 50;
const maxNackTries = 10;
/** With a newer key frame at hand an older gap is not worth more waiting than that. */
const skipAfterMs = 200;
/** Packets asked for in one go. */
const maxNackPackets = 128;
const pliIntervalMs = 300;

const flagPresent = 1;
const flagStart = 2;
const flagKey = 4;
const flagMarker = 8;
const flagPadding = 16;

export type FrameCounts = {
  /** Frames that a decoder could have shown. */
  framesComplete: number;
  keyFrames: number;
  packets: number;
  /** Of whole RTP packets. */
  bytes: number;
  /** Packets given up. */
  packetsLost: number;
  nacksSent: number;
  plisSent: number;
  lastFrameAtMs: number;
};

export type Vp8Receiver = {
  readonly counts: FrameCounts;
  /** SSRC of the stream, 0 before the first packet. */
  readonly ssrc: () => number;
  /** Takes a packet; false when it is no RTP. */
  readonly take: (packet: Buffer, nowMs: number) => boolean;
  /** What to ask for now: call it after a packet that left a gap and every 50 ms while `isWaiting`. */
  readonly ask: (nowMs: number) => { readonly missing: readonly number[]; readonly wantsKeyFrame: boolean };
  readonly isWaiting: () => boolean;
  /** Loss since the last call and jitter, for the receiver report (RFC 3550 appendix A.3 and A.8). */
  readonly reception: () => {
    readonly fractionLost: number;
    readonly totalLost: number;
    readonly highestSequence: number;
    readonly jitter: number;
  };
};

const nothing = { missing: [], wantsKeyFrame: false } as const;

export const noFrames = (): FrameCounts => ({
  framesComplete: 0,
  keyFrames: 0,
  packets: 0,
  bytes: 0,
  packetsLost: 0,
  nacksSent: 0,
  plisSent: 0,
  lastFrameAtMs: 0,
});

class Receiver {
  readonly counts: FrameCounts;
  ssrc = 0;
  private readonly numbers = new Float64Array(windowPackets).fill(-1);
  private readonly flags = new Uint8Array(windowPackets);
  /** Numbers are sequence numbers counted up without wrapping. */
  private first = -1;
  private next = 0;
  private highest = 0;
  private isAwaitingKey = true;
  private isInFrame = false;
  private isKeyFrame = false;
  private gapSinceMs = -1;
  private lastNackMs = 0;
  private nackTries = 0;
  private lastPliMs = Number.NEGATIVE_INFINITY;
  private awaitingSinceMs = -1;
  private jitter = 0;
  private lastTransit = 0;
  private received = 0;
  private reportedExpected = 0;
  private reportedReceived = 0;

  constructor(counts: FrameCounts) {
    this.counts = counts;
  }

  take(packet: Buffer, nowMs: number): boolean {
    const length = packet.length;
    if (length < 12 || (packet[0] as number) >> 6 !== 2) return false;
    const sequence = packet.readUInt16BE(2);
    if (this.first < 0) {
      // A sender that has no picture yet measures the way with padding, under a number of its own.
      if ((flagsOf(packet, length) & flagPadding) !== 0) return true;
      this.startAt(packet, sequence, nowMs);
    } else if (packet.readUInt32BE(8) !== this.ssrc) return true;
    const number = this.highest + (((sequence - this.highest) << 16) >> 16);
    const slot = number % windowPackets;
    this.counts.packets += 1;
    this.counts.bytes += length;
    if (number < this.next || this.numbers[slot] === number) return true;
    this.received += 1;
    this.measureJitter(packet.readUInt32BE(4), nowMs);
    this.numbers[slot] = number;
    this.flags[slot] = flagsOf(packet, length);
    if (number > this.highest) this.highest = number;
    if (number - this.next >= windowPackets) this.skipTo(number, nowMs);
    if (number === this.next) this.advance(nowMs);
    else if (this.gapSinceMs < 0) {
      this.gapSinceMs = nowMs;
      this.nackTries = 0;
      this.lastNackMs = 0;
    }
    return true;
  }

  get isWaiting(): boolean {
    return this.gapSinceMs >= 0 || (this.isAwaitingKey && this.first >= 0);
  }

  ask(nowMs: number): ReturnType<Vp8Receiver['ask']> {
    if (this.gapSinceMs >= 0) this.giveUpOldGap(nowMs);
    const wantsKeyFrame = this.wantsKeyFrame(nowMs);
    const missing = this.gapSinceMs >= 0 && nowMs - this.lastNackMs >= nackIntervalMs ? this.missing() : [];
    if (missing.length > 0) {
      this.lastNackMs = nowMs;
      this.nackTries += 1;
      this.counts.nacksSent += 1;
    }
    return missing.length === 0 && !wantsKeyFrame ? nothing : { missing, wantsKeyFrame };
  }

  reception(): ReturnType<Vp8Receiver['reception']> {
    const expected = this.first < 0 ? 0 : this.highest - this.first + 1;
    const expectedNow = expected - this.reportedExpected;
    const lostNow = expectedNow - (this.received - this.reportedReceived);
    this.reportedExpected = expected;
    this.reportedReceived = this.received;
    return {
      fractionLost:
        expectedNow <= 0 || lostNow <= 0 ? 0 : Math.min(255, Math.floor((lostNow * 256) / expectedNow)),
      totalLost: expected - this.received,
      highestSequence: this.first < 0 ? 0 : this.highest - this.firstCycle(),
      jitter: this.jitter,
    };
  }

  private firstCycle(): number {
    return Math.floor(this.first / 0x10000) * 0x10000;
  }

  private startAt(packet: Buffer, sequence: number, nowMs: number): void {
    this.ssrc = packet.readUInt32BE(8);
    // One cycle up, so that a late packet from before the first one has no negative number.
    this.first = 0x10000 + sequence;
    this.highest = this.first;
    this.next = this.first;
    this.awaitingSinceMs = nowMs;
  }

  private measureJitter(timestamp: number, nowMs: number): void {
    const transit = (Math.round(nowMs * 90) - timestamp) | 0;
    if (this.received > 1) this.jitter += (Math.abs((transit - this.lastTransit) | 0) - this.jitter) / 16;
    this.lastTransit = transit;
  }

  /** Goes through all packets that follow without a gap. */
  private advance(nowMs: number): void {
    let slot = this.next % windowPackets;
    while (this.numbers[slot] === this.next) {
      this.consume(this.flags[slot] as number, nowMs);
      this.next += 1;
      slot = this.next % windowPackets;
    }
    if (this.next > this.highest) this.gapSinceMs = -1;
    else {
      this.gapSinceMs = nowMs;
      this.nackTries = 0;
    }
  }

  private consume(flags: number, nowMs: number): void {
    if ((flags & flagPadding) !== 0) return;
    if ((flags & flagStart) !== 0) {
      this.isKeyFrame = (flags & flagKey) !== 0;
      if (this.isKeyFrame) this.isAwaitingKey = false;
      this.isInFrame = !this.isAwaitingKey;
    }
    if ((flags & flagMarker) === 0 || !this.isInFrame) return;
    this.isInFrame = false;
    this.awaitingSinceMs = -1;
    this.counts.framesComplete += 1;
    if (this.isKeyFrame) this.counts.keyFrames += 1;
    this.counts.lastFrameAtMs = nowMs;
  }

  private giveUpOldGap(nowMs: number): void {
    const ageMs = nowMs - this.gapSinceMs;
    if (ageMs >= skipAfterMs) {
      for (let number = this.next + 1; number <= this.highest; number += 1) {
        const slot = number % windowPackets;
        const isKeyStart = ((this.flags[slot] as number) & flagKey) !== 0;
        if (this.numbers[slot] === number && isKeyStart) {
          this.skipTo(number, nowMs);
          this.advance(nowMs);
          return;
        }
      }
    }
    if (this.nackTries >= maxNackTries && nowMs - this.lastNackMs >= nackIntervalMs) {
      this.skipTo(this.highest + 1, nowMs);
      this.gapSinceMs = -1;
    }
  }

  /** Leaves everything before `number`: what follows cannot be decoded before the next key frame. */
  private skipTo(number: number, nowMs: number): void {
    for (let at = this.next; at < number; at += 1)
      if (this.numbers[at % windowPackets] !== at) this.counts.packetsLost += 1;
    this.next = number;
    this.isAwaitingKey = true;
    this.isInFrame = false;
    this.awaitingSinceMs = nowMs;
  }

  private wantsKeyFrame(nowMs: number): boolean {
    const isStuck = this.isAwaitingKey && this.awaitingSinceMs >= 0;
    if (!isStuck || nowMs - this.lastPliMs < pliIntervalMs) return false;
    this.lastPliMs = nowMs;
    this.counts.plisSent += 1;
    return true;
  }

  private missing(): readonly number[] {
    const missing: number[] = [];
    for (let number = this.next; number < this.highest && missing.length < maxNackPackets; number += 1)
      if (this.numbers[number % windowPackets] !== number) missing.push(number & 0xffff);
    return missing;
  }
}

const flagsOf = (packet: Buffer, length: number): number => {
  const first = packet[0] as number;
  const marker = (packet[1] as number) >= 0x80 ? flagMarker : 0;
  let at = 12 + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (at + 4 > length) return flagPresent | flagPadding;
    at += 4 + packet.readUInt16BE(at + 2) * 4;
  }
  const padding = (first & 0x20) === 0 ? 0 : (packet[length - 1] as number);
  if (at + padding >= length) return flagPresent | flagPadding;
  const descriptor = packet[at] as number;
  if ((descriptor & 0x17) !== 0x10) return flagPresent | marker;
  at += 1;
  if ((descriptor & 0x80) !== 0) {
    const extension = packet[at] as number;
    at += 1;
    if ((extension & 0x80) !== 0) at += ((packet[at] as number) & 0x80) !== 0 ? 2 : 1;
    if ((extension & 0x40) !== 0) at += 1;
    if ((extension & 0x30) !== 0) at += 1;
  }
  if (at >= length) return flagPresent | marker;
  // The lowest bit of a key frame is 0 (RFC 6386 section 9.1).
  return flagPresent | flagStart | marker | (((packet[at] as number) & 1) === 0 ? flagKey : 0);
};

/** One per connection; `counts` goes on from one to the next. */
export const createVp8Receiver = (counts: FrameCounts = noFrames()): Vp8Receiver => {
  const receiver = new Receiver(counts);
  return {
    counts: receiver.counts,
    ssrc: () => receiver.ssrc,
    take: (packet, nowMs) => receiver.take(packet, nowMs),
    ask: (nowMs) => receiver.ask(nowMs),
    isWaiting: () => receiver.isWaiting,
    reception: () => receiver.reception(),
  };
};
