import { describe, expect, it } from 'vitest';
import type { Frame } from './recording.ts';
import { maxPacketBytes, Vp8Packetiser } from './vp8-rtp.ts';

const frame = (length: number, isKey = false): Frame => {
  const data = Buffer.alloc(length, 7);
  data[0] = isKey ? 0x10 : 0x11;
  return { isKey, data };
};
const make = (random = () => 0.5) => new Vp8Packetiser({ ssrc: 0xdeadbeef, payloadType: 96, random });

/** Packets are valid only until the next one is made. */
const packetsOf = (packetiser: Vp8Packetiser, sent: Frame, timeMs: number): Buffer[] => {
  packetiser.begin(sent, timeMs);
  const packets: Buffer[] = [];
  for (let packet = packetiser.next(); packet !== null; packet = packetiser.next())
    packets.push(Buffer.from(packet));
  return packets;
};
const pictureId = (packet: Buffer): number => packet.readUInt16BE(14) & 0x7fff;
const first = (packets: readonly Buffer[]): Buffer => packets[0] ?? Buffer.alloc(0);

describe('VP8 in RTP', () => {
  it('carries every byte of the frame in order', () => {
    const data = Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * 31) & 0xff));
    const packets = packetsOf(make(), { isKey: true, data }, 0);
    expect(Buffer.concat(packets.map((packet) => packet.subarray(16))).equals(data)).toBe(true);
    expect(packets).toHaveLength(5);
  });

  it('marks the first packet with S and the last with the marker (RFC 7741 sections 4.1 and 4.2)', () => {
    const packets = packetsOf(make(), frame(3_000), 0);
    expect(packets.map((packet) => (packet[12] ?? 0) & 0x10)).toEqual([0x10, 0, 0]);
    expect(packets.map((packet) => (packet[1] ?? 0) >> 7)).toEqual([0, 0, 1]);
    expect(packets.every((packet) => ((packet[12] ?? 0) & 0x07) === 0)).toBe(true);
    expect(packets.every((packet) => packet[13] === 0x80 && ((packet[14] ?? 0) & 0x80) === 0x80)).toBe(true);
  });

  it('keeps packets small and of nearly one size', () => {
    for (const length of [1, 1_183, 1_184, 1_185, 9_999, 120_000]) {
      const sizes = packetsOf(make(), frame(length), 0).map((packet) => packet.length);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(maxPacketBytes);
      expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(sizes.length + 1);
    }
  });

  it('counts sequence numbers and picture ids on across their wrap, whatever is played', () => {
    const packetiser = make(() => 0.99999);
    const all = Array.from({ length: 400 }, (_, i) =>
      packetsOf(packetiser, frame(i % 3 === 0 ? 4_000 : 50), i * 66),
    );
    const sequences = all.flat().map((packet) => packet.readUInt16BE(2));
    for (const [i, sequence] of sequences.entries())
      if (i > 0) expect(sequence).toBe(((sequences[i - 1] ?? 0) + 1) & 0xffff);
    const ids = all.map((packets) => pictureId(first(packets)));
    for (const [i, id] of ids.entries()) if (i > 0) expect(id).toBe(((ids[i - 1] ?? 0) + 1) & 0x7fff);
    expect(new Set(sequences).has(0)).toBe(true);
    expect(new Set(ids).has(0)).toBe(true);
  });

  it('gives one timestamp to a frame, rising with time even for two frames of one moment', () => {
    const packetiser = make(() => 0.999_999);
    const stamps = [0, 200, 200, 1_200].map((timeMs) => {
      const packets = packetsOf(packetiser, frame(3_000), timeMs);
      expect(new Set(packets.map((packet) => packet.readUInt32BE(4))).size).toBe(1);
      return first(packets).readUInt32BE(4);
    });
    const steps = stamps.slice(1).map((stamp, i) => (stamp - (stamps[i] ?? 0)) | 0);
    expect(steps).toEqual([18_000 - 1, 1, 90_000 - 1]);
  });

  it('leaves no hole in the numbers when a frame is dropped half-way', () => {
    const packetiser = make();
    packetiser.begin(frame(5_000), 0);
    const sequence = Buffer.from(packetiser.next() ?? []).readUInt16BE(2);
    packetiser.drop();
    expect(packetiser.next()).toBeNull();
    expect(first(packetsOf(packetiser, frame(100, true), 10)).readUInt16BE(2)).toBe(sequence + 1);
  });
});
