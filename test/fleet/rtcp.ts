// RTCP as the simulated devices speak it: reads sender reports and key frame requests, builds reports and requests
// (RFC 3550, RFC 4585). Written apart from the relay's, so that a misreading in one shows in the other.

const packetTypes = { senderReport: 200, receiverReport: 201, transportFeedback: 205, payloadFeedback: 206 };

export const isRtcp = (packet: Buffer): boolean => {
  const type = packet[1] ?? 0;
  return type >= 192 && type <= 223;
};

/** Walks through a compound packet; ends at the first part that does not fit. */
const forEachPart = (
  packet: Buffer,
  visit: (type: number, count: number, at: number, end: number) => void,
): void => {
  let at = 0;
  while (at + 4 <= packet.length) {
    const end = at + 4 + packet.readUInt16BE(at + 2) * 4;
    if (end > packet.length) return;
    visit(packet[at + 1] ?? 0, (packet[at] ?? 0) & 0x1f, at, end);
    at = end;
  }
};

/** True when it holds a PLI or FIR (RFC 4585 section 6.3.1, RFC 5104 section 4.3.1). */
export const asksForKeyFrame = (packet: Buffer): boolean => {
  let isAsked = false;
  forEachPart(packet, (type, format) => {
    if (type === packetTypes.payloadFeedback && (format === 1 || format === 4)) isAsked = true;
  });
  return isAsked;
};

/** Middle 32 bits of the NTP time of the last sender report inside, null without one. */
export const senderReportTime = (packet: Buffer): number | null => {
  let time: number | null = null;
  forEachPart(packet, (type, _count, at, end) => {
    if (type === packetTypes.senderReport && end - at >= 28) time = packet.readUInt32BE(at + 10);
  });
  return time;
};

const start = (words: number, count: number, type: number, senderSsrc: number): Buffer => {
  const packet = Buffer.alloc((words + 1) * 4);
  packet[0] = 0x80 | count;
  packet[1] = type;
  packet.writeUInt16BE(words, 2);
  packet.writeUInt32BE(senderSsrc, 4);
  return packet;
};

export type ReceptionReport = {
  readonly mediaSsrc: number;
  /** Share lost since the last report, 0 to 255 of 256. */
  readonly fractionLost: number;
  readonly totalLost: number;
  readonly highestSequence: number;
  /** In units of the RTP clock. */
  readonly jitter: number;
  /** As `senderReportTime` gave it, 0 for none; delay in 1/65536 s. */
  readonly lastSenderReport: number;
  readonly delaySinceLastSenderReport: number;
};

export const buildReceiverReport = (senderSsrc: number, report: ReceptionReport): Buffer => {
  const packet = start(7, 1, packetTypes.receiverReport, senderSsrc);
  packet.writeUInt32BE(report.mediaSsrc, 8);
  packet[12] = report.fractionLost;
  packet.writeIntBE(Math.max(-0x80_0000, Math.min(0x7f_ffff, report.totalLost)), 13, 3);
  packet.writeUInt32BE(report.highestSequence >>> 0, 16);
  packet.writeUInt32BE(Math.round(report.jitter) >>> 0, 20);
  packet.writeUInt32BE(report.lastSenderReport >>> 0, 24);
  packet.writeUInt32BE(report.delaySinceLastSenderReport >>> 0, 28);
  return packet;
};

export const buildPli = (senderSsrc: number, mediaSsrc: number): Buffer => {
  const packet = start(2, 1, packetTypes.payloadFeedback, senderSsrc);
  packet.writeUInt32BE(mediaSsrc, 8);
  return packet;
};

/** Generic NACK (RFC 4585 section 6.2.1) for rising 16-bit sequence numbers; 16 followers share an entry. */
export const buildNack = (senderSsrc: number, mediaSsrc: number, missing: readonly number[]): Buffer => {
  const entries: { first: number; mask: number }[] = [];
  for (const sequence of missing) {
    const last = entries.at(-1);
    const distance = last === undefined ? 0 : (sequence - last.first) & 0xffff;
    if (last !== undefined && distance >= 1 && distance <= 16) last.mask |= 1 << (distance - 1);
    else entries.push({ first: sequence, mask: 0 });
  }
  const packet = start(2 + entries.length, 1, packetTypes.transportFeedback, senderSsrc);
  packet.writeUInt32BE(mediaSsrc, 8);
  for (const [i, { first, mask }] of entries.entries()) {
    packet.writeUInt16BE(first, 12 + i * 4);
    packet.writeUInt16BE(mask, 14 + i * 4);
  }
  return packet;
};
