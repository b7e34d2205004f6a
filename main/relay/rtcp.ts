// Reads the RTCP feedback that devices send and builds what the relay sends (RFC 3550, RFC 4585, RFC 5104).
// Pure: bytes in, calls on a handler out.

/** 1900-01-01 to 1970-01-01 in seconds: NTP's epoch against Unix's. */
const ntpEpochOffsetS = 2_208_988_800;

/** Called for each item of a compound packet, in order. */
export type RtcpHandler = {
  /** One lost packet, as a 16-bit sequence number. */
  readonly nack: (sequence: number) => void;
  /** The device needs a key frame (PLI or FIR). */
  readonly keyFrameWanted: () => void;
  /**
   * A report about stream `ssrc`: all packets lost so far (repeated ones count against it, so it may be negative),
   * the highest number received, jitter in clock ticks; `lastSr` and `delaySinceLastSr` as on the wire.
   */
  readonly report: (
    ssrc: number,
    lost: number,
    highestSequence: number,
    jitter: number,
    lastSr: number,
    delaySinceLastSr: number,
  ) => void;
  /** The sender's clock: NTP time (middle 32 bits too) and the RTP timestamp at that moment. */
  readonly senderReport: (
    ssrc: number,
    ntpSeconds: number,
    ntpFraction: number,
    rtpTimestamp: number,
  ) => void;
  readonly estimatedBitrate: (bitsPerSecond: number) => void;
};

const readReports = (
  packet: Buffer,
  from: number,
  count: number,
  end: number,
  handler: RtcpHandler,
): void => {
  for (let i = 0, at = from; i < count && at + 24 <= end; i += 1, at += 24) {
    handler.report(
      packet.readUInt32BE(at),
      packet.readIntBE(at + 5, 3),
      packet.readUInt32BE(at + 8),
      packet.readUInt32BE(at + 12),
      packet.readUInt32BE(at + 16),
      packet.readUInt32BE(at + 20),
    );
  }
};

const readNacks = (packet: Buffer, from: number, end: number, handler: RtcpHandler): void => {
  for (let at = from; at + 4 <= end; at += 4) {
    const first = packet.readUInt16BE(at);
    handler.nack(first);
    let mask = packet.readUInt16BE(at + 2);
    for (let next = 1; mask !== 0; next += 1, mask >>= 1) {
      if ((mask & 1) !== 0) handler.nack((first + next) & 0xffff);
    }
  }
};

const readRemb = (packet: Buffer, at: number, end: number, handler: RtcpHandler): void => {
  if (at + 8 > end || packet.readUInt32BE(at) !== 0x52454d42) return;
  const exponent = (packet[at + 5] as number) >> 2;
  const mantissa = (((packet[at + 5] as number) & 0x03) << 16) | packet.readUInt16BE(at + 6);
  handler.estimatedBitrate(mantissa * 2 ** exponent);
};

/**
 * Reads a compound packet. Returns false at the first part that is not well-formed; what came before counts.
 */
export const parseRtcp = (packet: Buffer, handler: RtcpHandler): boolean => {
  for (let at = 0; at < packet.length; ) {
    if (at + 8 > packet.length || (packet[at] as number) >> 6 !== 2) return false;
    const end = at + 4 + packet.readUInt16BE(at + 2) * 4;
    if (end > packet.length) return false;
    const count = (packet[at] as number) & 0x1f;
    const type = packet[at + 1];
    if (type === 200 && end - at >= 28) {
      handler.senderReport(
        packet.readUInt32BE(at + 4),
        packet.readUInt32BE(at + 8),
        packet.readUInt32BE(at + 12),
        packet.readUInt32BE(at + 16),
      );
      readReports(packet, at + 28, count, end, handler);
    } else if (type === 201) readReports(packet, at + 8, count, end, handler);
    else if (type === 205 && count === 1) readNacks(packet, at + 12, end, handler);
    else if (type === 206 && (count === 1 || count === 4)) handler.keyFrameWanted();
    else if (type === 206 && count === 15) readRemb(packet, at + 12, end, handler);
    at = end;
  }
  return true;
};

const header = (packet: Buffer, count: number, type: number, ssrc: number): void => {
  packet[0] = 0x80 | count;
  packet[1] = type;
  packet.writeUInt16BE(packet.length / 4 - 1, 2);
  packet.writeUInt32BE(ssrc, 4);
};

export const buildPli = (senderSsrc: number, mediaSsrc: number): Buffer => {
  const packet = Buffer.alloc(12);
  header(packet, 1, 206, senderSsrc);
  packet.writeUInt32BE(mediaSsrc, 8);
  return packet;
};

/** Asks for single packets again; `sequences` has 1 to 60 of them. */
export const buildNack = (senderSsrc: number, mediaSsrc: number, sequences: readonly number[]): Buffer => {
  const packet = Buffer.alloc(12 + sequences.length * 4);
  header(packet, 1, 205, senderSsrc);
  packet.writeUInt32BE(mediaSsrc, 8);
  for (const [index, sequence] of sequences.entries()) packet.writeUInt16BE(sequence, 12 + index * 4);
  return packet;
};

export type ReceiverReport = {
  readonly senderSsrc: number;
  readonly mediaSsrc: number;
  readonly highestSequence: number;
  /** Middle 32 bits of the last sender report's NTP time, and the delay since in 1/65536 s. */
  readonly lastSr: number;
  readonly delaySinceLastSr: number;
};

/** A report without loss: the loopback to the presenter must never make its encoder go down. */
export const buildReceiverReport = (report: ReceiverReport): Buffer => {
  const packet = Buffer.alloc(32);
  header(packet, 1, 201, report.senderSsrc);
  packet.writeUInt32BE(report.mediaSsrc, 8);
  packet.writeUInt32BE(report.highestSequence >>> 0, 16);
  packet.writeUInt32BE(report.lastSr >>> 0, 24);
  packet.writeUInt32BE(report.delaySinceLastSr >>> 0, 28);
  return packet;
};

/** "I can take that much": lets the presenter's bandwidth estimate rise at once. */
export const buildRemb = (senderSsrc: number, mediaSsrc: number, bitsPerSecond: number): Buffer => {
  const packet = Buffer.alloc(24);
  header(packet, 15, 206, senderSsrc);
  packet.write('REMB', 12, 'latin1');
  let exponent = 0;
  let mantissa = Math.floor(bitsPerSecond);
  for (; mantissa > 0x3ffff; exponent += 1) mantissa = Math.floor(mantissa / 2);
  packet[16] = 1;
  packet[17] = (exponent << 2) | (mantissa >> 16);
  packet.writeUInt16BE(mantissa & 0xffff, 18);
  packet.writeUInt32BE(mediaSsrc, 20);
  return packet;
};

export type SenderReport = {
  readonly ssrc: number;
  readonly unixMs: number;
  readonly rtpTimestamp: number;
  readonly packets: number;
  readonly bytes: number;
};

/** A sender report with the mandatory CNAME after it (RFC 3550 section 6.1). */
export const buildSenderReport = (report: SenderReport): Buffer => {
  const packet = Buffer.alloc(28 + 16);
  const head = packet.subarray(0, 28);
  header(head, 0, 200, report.ssrc);
  const ntp = ntpFromUnixMs(report.unixMs);
  packet.writeUInt32BE(ntp.seconds, 8);
  packet.writeUInt32BE(ntp.fraction, 12);
  packet.writeUInt32BE(report.rtpTimestamp >>> 0, 16);
  packet.writeUInt32BE(report.packets >>> 0, 20);
  packet.writeUInt32BE(report.bytes >>> 0, 24);
  const sdes = packet.subarray(28);
  header(sdes, 1, 202, report.ssrc);
  sdes[8] = 1;
  sdes[9] = 5;
  sdes.write('relay', 10, 'latin1');
  return packet;
};

export const ntpFromUnixMs = (unixMs: number): { seconds: number; fraction: number } => {
  const seconds = Math.floor(unixMs / 1000);
  const fraction = Math.floor(((unixMs - seconds * 1000) / 1000) * 2 ** 32);
  return { seconds: (seconds + ntpEpochOffsetS) % 2 ** 32, fraction };
};

/** Middle 32 bits of the NTP time, as reports quote it. */
export const middleNtp = (seconds: number, fraction: number): number =>
  (((seconds & 0xffff) << 16) | (fraction >>> 16)) >>> 0;

/** Round trip from a receiver's report, null when it quotes no sender report (RFC 3550 section 6.4.1). */
export const roundTripMs = (nowUnixMs: number, lastSr: number, delaySinceLastSr: number): number | null => {
  if (lastSr === 0) return null;
  const now = ntpFromUnixMs(nowUnixMs);
  const rtt = (middleNtp(now.seconds, now.fraction) - lastSr - delaySinceLastSr) | 0;
  return rtt < 0 ? 0 : (rtt / 65_536) * 1000;
};
