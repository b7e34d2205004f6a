// Cuts VP8 frames into RTP packets (RFC 7741, RFC 3550). Numbers run on without a seam whatever is played.
import type { Frame } from './recording.ts';

export const clockRate = 90_000;
/** Largest packet without SRTP's tag; with UDP, IPv6 and a tunnel it stays under 1,280 bytes. */
export const maxPacketBytes = 1_200;
const headerBytes = 12;
const descriptorBytes = 4;
const maxChunkBytes = maxPacketBytes - headerBytes - descriptorBytes;

/** Every packet of the process is built here: whoever gets one copies it before the next is made. */
const scratch = Buffer.alloc(maxPacketBytes);

type PacketiserOptions = {
  readonly ssrc: number;
  readonly payloadType: number;
  /** Gives [0, 1); where sequence number and picture id begin (RFC 3550 section 5.1). */
  readonly random: () => number;
};

export class Vp8Packetiser {
  readonly ssrc: number;
  private readonly payloadType: number;
  private sequence: number;
  private pictureId: number;
  private readonly timestampBase: number;
  private timestamp: number;
  private data: Buffer = Buffer.alloc(0);
  private at = 0;
  private chunkBytes = 0;

  constructor({ ssrc, payloadType, random }: PacketiserOptions) {
    this.ssrc = ssrc;
    this.payloadType = payloadType;
    this.sequence = Math.floor(random() * 0x10000);
    this.pictureId = Math.floor(random() * 0x8000);
    this.timestampBase = Math.floor(random() * 0x1_0000_0000);
    this.timestamp = this.timestampBase;
  }

  /** True while the frame has packets that were not taken. */
  get isSending(): boolean {
    return this.at < this.data.length;
  }

  /** The frame's packets that were not taken are never sent; their numbers go to the next frame. */
  drop(): void {
    this.at = this.data.length;
  }

  /** Begins a frame that was seen `timeMs` after the stream's start. What is left of the one before is dropped. */
  begin(frame: Frame, timeMs: number): void {
    const wanted = (this.timestampBase + Math.round((timeMs * clockRate) / 1000)) >>> 0;
    // Two frames of one moment would be one frame to the receiver.
    this.timestamp = ((wanted - this.timestamp) | 0) > 0 ? wanted : (this.timestamp + 1) >>> 0;
    this.pictureId = (this.pictureId + 1) & 0x7fff;
    this.data = frame.data;
    this.at = 0;
    // Equal parts lose less than full ones with a small rest (RFC 7741 section 4.4 leaves the size free).
    this.chunkBytes = Math.ceil(frame.data.length / Math.ceil(frame.data.length / maxChunkBytes));
  }

  /** The frame's next packet, valid until the next call for any stream; null when the frame is out. */
  next(): Buffer | null {
    const { data, at } = this;
    if (at >= data.length) return null;
    const end = Math.min(data.length, at + this.chunkBytes);
    scratch[0] = 0x80;
    scratch[1] = (end === data.length ? 0x80 : 0) | this.payloadType;
    scratch.writeUInt16BE(this.sequence, 2);
    scratch.writeUInt32BE(this.timestamp, 4);
    scratch.writeUInt32BE(this.ssrc, 8);
    // X, and S in the first packet; then I with the 15-bit picture id (RFC 7741 section 4.2).
    scratch[12] = at === 0 ? 0x90 : 0x80;
    scratch[13] = 0x80;
    scratch.writeUInt16BE(0x8000 | this.pictureId, 14);
    const length = headerBytes + descriptorBytes + data.copy(scratch, headerBytes + descriptorBytes, at, end);
    this.sequence = (this.sequence + 1) & 0xffff;
    this.at = end;
    return scratch.subarray(0, length);
  }
}
