// Reads and rewrites RTP headers (RFC 3550) and VP8 payload descriptors (RFC 7741) in place.
// Works on bytes only: knows no peers, no connections and no time.

export const rtpHeaderBytes = 12;

/** Fields of one packet; one object is filled again and again so that the hot path allocates nothing. */
export type RtpView = {
  sequence: number;
  timestamp: number;
  ssrc: number;
  payloadType: number;
  hasMarker: boolean;
  /** Offset of the payload, and its length without padding. */
  payloadOffset: number;
  payloadLength: number;
};

export const emptyRtpView = (): RtpView => ({
  sequence: 0,
  timestamp: 0,
  ssrc: 0,
  payloadType: 0,
  hasMarker: false,
  payloadOffset: 0,
  payloadLength: 0,
});

/** True for RTCP on a port shared with RTP (RFC 5761 section 4). */
export const isRtcp = (packet: Uint8Array): boolean => {
  const type = packet[1] ?? 0;
  return type >= 192 && type <= 223;
};

/** Fills `view` from `packet`; false when the bytes are no well-formed RTP packet. */
export const parseRtp = (packet: Buffer, view: RtpView): boolean => {
  const length = packet.length;
  if (length < rtpHeaderBytes) return false;
  const first = packet[0] as number;
  if (first >> 6 !== 2) return false;
  const second = packet[1] as number;
  let offset = rtpHeaderBytes + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) {
    if (offset + 4 > length) return false;
    offset += 4 + packet.readUInt16BE(offset + 2) * 4;
  }
  const padding = (first & 0x20) === 0 ? 0 : (packet[length - 1] as number);
  if (offset + padding > length) return false;
  view.hasMarker = (second & 0x80) !== 0;
  view.payloadType = second & 0x7f;
  view.sequence = packet.readUInt16BE(2);
  view.timestamp = packet.readUInt32BE(4);
  view.ssrc = packet.readUInt32BE(8);
  view.payloadOffset = offset;
  view.payloadLength = length - offset - padding;
  return true;
};

/** What the VP8 descriptor says; offsets are -1 where the field is absent. */
export type Vp8View = {
  isFrameStart: boolean;
  isKeyFrame: boolean;
  pictureIdOffset: number;
  hasLongPictureId: boolean;
  pictureId: number;
  tl0PictureIndexOffset: number;
  tl0PictureIndex: number;
};

export const emptyVp8View = (): Vp8View => ({
  isFrameStart: false,
  isKeyFrame: false,
  pictureIdOffset: -1,
  hasLongPictureId: false,
  pictureId: 0,
  tl0PictureIndexOffset: -1,
  tl0PictureIndex: 0,
});

/** Fills `view` from the payload at `offset`; false when it is cut short. */
export const parseVp8 = (packet: Buffer, offset: number, length: number, view: Vp8View): boolean => {
  const end = offset + length;
  let at = offset;
  if (at >= end) return false;
  const first = packet[at++] as number;
  view.isFrameStart = (first & 0x10) !== 0 && (first & 0x07) === 0;
  view.isKeyFrame = false;
  view.pictureIdOffset = -1;
  view.tl0PictureIndexOffset = -1;
  if ((first & 0x80) !== 0) {
    if (at >= end) return false;
    const extension = packet[at++] as number;
    if ((extension & 0x80) !== 0) {
      if (at >= end) return false;
      const id = packet[at] as number;
      view.pictureIdOffset = at;
      view.hasLongPictureId = (id & 0x80) !== 0;
      if (view.hasLongPictureId && at + 1 >= end) return false;
      view.pictureId = view.hasLongPictureId ? ((id & 0x7f) << 8) | (packet[at + 1] as number) : id & 0x7f;
      at += view.hasLongPictureId ? 2 : 1;
    }
    if ((extension & 0x40) !== 0) {
      if (at >= end) return false;
      view.tl0PictureIndexOffset = at;
      view.tl0PictureIndex = packet[at++] as number;
    }
    if ((extension & 0x30) !== 0) at += 1;
  }
  if (at >= end) return false;
  // The first payload byte's lowest bit is 0 in a key frame (RFC 6386 section 9.1).
  view.isKeyFrame = view.isFrameStart && ((packet[at] as number) & 0x01) === 0;
  return true;
};

export const writePictureId = (packet: Buffer, view: Vp8View, pictureId: number): void => {
  const at = view.pictureIdOffset;
  if (at < 0) return;
  if (view.hasLongPictureId) {
    packet[at] = 0x80 | ((pictureId >> 8) & 0x7f);
    packet[at + 1] = pictureId & 0xff;
  } else {
    packet[at] = pictureId & 0x7f;
  }
};

/** Difference of two 16-bit sequence numbers, -32768 to 32767 (RFC 1982). */
export const sequenceDelta = (a: number, b: number): number => ((a - b) << 16) >> 16;

/**
 * Copies `packet` with one one-byte-form header extension element of three bytes in front of the payload
 * (RFC 8285 section 4.2). For packets without an extension of their own.
 */
export const withExtension = (packet: Buffer, id: number, value: number): Buffer => {
  const headerBytes = rtpHeaderBytes + ((packet[0] as number) & 0x0f) * 4;
  const copy = Buffer.allocUnsafe(packet.length + 8);
  packet.copy(copy, 0, 0, headerBytes);
  copy[0] = (copy[0] as number) | 0x10;
  copy.writeUInt32BE(0xbede0001, headerBytes);
  copy.writeUInt8((id << 4) | 2, headerBytes + 4);
  copy.writeUIntBE(value, headerBytes + 5, 3);
  packet.copy(copy, headerBytes + 8, headerBytes);
  return copy;
};
