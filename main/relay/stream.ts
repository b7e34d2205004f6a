// The one stream that all devices get: takes the presenter's packets, gives them one SSRC and gapless numbers
// for good, whatever becomes of the presenter's connection, and keeps the last ones for whoever asks again.
// Every device gets the same bytes, so rewriting costs once per packet. Sends nothing itself.
import {
  emptyRtpView,
  emptyVp8View,
  parseRtp,
  parseVp8,
  rtpHeaderBytes,
  sequenceDelta,
  withExtension,
  writePictureId,
} from './rtp.ts';

/** [Note: ring] One copy of the last packets for all devices; a power of two, about 2.5 s at 4 Mb/s. */
export const ringPackets = 1024;
export const videoPayloadType = 96;
export const videoClockRate = 90_000;
/** Header extension that asks the receiver to show frames at once (playout delay 0 to 0). */
export const playoutDelayId = 5;

/** What became of a pushed packet. */
export type Pushed = 'forward' | 'duplicate' | 'awaiting-key-frame' | 'malformed';

export class RelayStream {
  readonly ssrc: number;
  frames = 0;
  keyFrames = 0;
  /** Number of the newest packet, counted up without wrapping; one less than the first before any came. */
  highest: number;
  /** Number of the first packet of the newest key frame, -1 before any. */
  keyFrameStart = -1;
  /** The packet of the last `push` that gave 'forward', its number and whether a key frame begins with it. */
  packet: Buffer = Buffer.alloc(0);
  number = 0;
  isKeyFrameStart = false;
  /** Presenter's numbers before `highestInput` that have not come; taken by whoever asks for them again. */
  highestInput = 0;

  private readonly slots: (Buffer | null)[] = new Array<Buffer | null>(ringPackets).fill(null);
  private readonly slotNumbers = new Float64Array(ringPackets).fill(-1);
  private readonly rtp = emptyRtpView();
  private readonly vp8 = emptyVp8View();
  private readonly nowMs: () => number;
  private isAwaitingKeyFrame = true;
  private inputSsrc = -1;
  private offset = 0;
  private firstInput = 0;
  private timestampOffset = 0;
  private pictureIdOffset = 0;
  private tl0Offset = 0;
  private lastTimestamp: number;
  private lastArrivalMs = 0;
  private lastPictureId: number;
  private lastTl0 = 0;

  /** `random` gives whole numbers below its argument; `nowMs` is a monotonic clock. */
  constructor(random: (below: number) => number, nowMs: () => number) {
    this.nowMs = nowMs;
    this.ssrc = 1 + random(0x7fff_fffe);
    this.highest = random(0x7fff) + 0xffff;
    this.lastTimestamp = random(0x7fff_ffff);
    this.lastPictureId = random(0x7fff);
  }

  /** The next packets come from another encoder: they are held back until its first key frame. */
  expectNewSource(): void {
    this.isAwaitingKeyFrame = true;
    this.inputSsrc = -1;
  }

  get isWaiting(): boolean {
    return this.isAwaitingKeyFrame;
  }

  /** RTP timestamp of this moment, for sender reports. */
  timestampNow(): number {
    const elapsedMs = this.lastArrivalMs === 0 ? 0 : this.nowMs() - this.lastArrivalMs;
    return (this.lastTimestamp + Math.round((elapsedMs * videoClockRate) / 1000)) >>> 0;
  }

  /** Takes one packet of the presenter, which it keeps and rewrites. On 'forward' read `packet` and `number`. */
  push(input: Buffer): Pushed {
    const { rtp, vp8 } = this;
    if (!parseRtp(input, rtp)) return 'malformed';
    const isMedia = rtp.payloadLength > 0 && parseVp8(input, rtp.payloadOffset, rtp.payloadLength, vp8);
    if (!isMedia && rtp.payloadLength > 0) return 'malformed';
    if (rtp.ssrc !== this.inputSsrc) {
      this.isAwaitingKeyFrame = true;
      this.inputSsrc = rtp.ssrc;
      this.highestInput = rtp.sequence + 0x1_0000;
    }
    const inputNumber = this.highestInput + sequenceDelta(rtp.sequence, this.highestInput & 0xffff);
    if (inputNumber > this.highestInput) this.highestInput = inputNumber;
    if (this.isAwaitingKeyFrame) {
      if (!isMedia || !vp8.isKeyFrame) return 'awaiting-key-frame';
      this.splice(inputNumber);
    }
    if (inputNumber < this.firstInput) return 'awaiting-key-frame';
    const number = inputNumber + this.offset;
    const slot = number % ringPackets;
    if (this.slotNumbers[slot] === number || number <= this.highest - ringPackets) return 'duplicate';
    this.keep(input, number, slot, isMedia);
    return 'forward';
  }

  /** The full number of the packet that a device means by its 16-bit sequence number. */
  numberOf(sequence: number): number {
    return this.highest + sequenceDelta(sequence, this.highest & 0xffff);
  }

  /** The packet with that number if it is still kept, else null. */
  at(number: number): Buffer | null {
    if (number < 0) return null;
    const slot = number % ringPackets;
    return this.slotNumbers[slot] === number ? (this.slots[slot] ?? null) : null;
  }

  /** Packets since the newest key frame began, 0 when there is none or one of them is missing. */
  replayLength(): number {
    if (this.keyFrameStart < 0) return 0;
    const count = this.highest - this.keyFrameStart + 1;
    if (count > ringPackets) return 0;
    for (let number = this.keyFrameStart; number <= this.highest; number += 1) {
      if (this.at(number) === null) return 0;
    }
    return count;
  }

  /** Sets all offsets so that this key frame follows what was sent last without a seam. */
  private splice(inputNumber: number): void {
    const { rtp, vp8 } = this;
    this.isAwaitingKeyFrame = false;
    this.firstInput = inputNumber;
    this.offset = this.highest + 1 - inputNumber;
    // At least one frame of 30 per second later, at most what the clock says.
    const elapsed = Math.max(videoClockRate / 30, (this.timestampNow() - this.lastTimestamp) | 0);
    this.timestampOffset = (this.lastTimestamp + elapsed - rtp.timestamp) | 0;
    this.pictureIdOffset = (this.lastPictureId + 1 - vp8.pictureId) & 0x7fff;
    this.tl0Offset = (this.lastTl0 + 1 - vp8.tl0PictureIndex) & 0xff;
  }

  private keep(input: Buffer, number: number, slot: number, isMedia: boolean): void {
    const { rtp, vp8 } = this;
    const timestamp = (rtp.timestamp + this.timestampOffset) >>> 0;
    input.writeUInt16BE(number & 0xffff, 2);
    input.writeUInt32BE(timestamp, 4);
    input.writeUInt32BE(this.ssrc, 8);
    input[1] = (rtp.hasMarker ? 0x80 : 0) | videoPayloadType;
    const isNewest = number > this.highest;
    if (isMedia) {
      const pictureId = (vp8.pictureId + this.pictureIdOffset) & 0x7fff;
      const tl0 = (vp8.tl0PictureIndex + this.tl0Offset) & 0xff;
      writePictureId(input, vp8, pictureId);
      if (vp8.tl0PictureIndexOffset >= 0) input[vp8.tl0PictureIndexOffset] = tl0;
      if (isNewest) {
        this.lastPictureId = pictureId;
        this.lastTl0 = tl0;
      }
      if (vp8.isKeyFrame) this.keyFrames += 1;
      if (rtp.hasMarker) this.frames += 1;
    }
    if (isNewest) {
      this.highest = number;
      this.lastTimestamp = timestamp;
      this.lastArrivalMs = this.nowMs();
    }
    const hasExtension = ((input[0] as number) & 0x10) !== 0 || rtp.payloadOffset !== rtpHeaderBytes;
    this.packet =
      isMedia && vp8.isFrameStart && !hasExtension ? withExtension(input, playoutDelayId, 0) : input;
    this.isKeyFrameStart = isMedia && vp8.isKeyFrame;
    if (this.isKeyFrameStart && number > this.keyFrameStart) this.keyFrameStart = number;
    this.number = number;
    this.slots[slot] = this.packet;
    this.slotNumbers[slot] = number;
  }
}
