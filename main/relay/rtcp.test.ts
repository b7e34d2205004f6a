import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildNack,
  buildPli,
  buildReceiverReport,
  buildRemb,
  buildSenderReport,
  middleNtp,
  ntpFromUnixMs,
  parseRtcp,
  roundTripMs,
} from './rtcp.ts';

const readAll = (packet: Buffer) => {
  const seen: unknown[] = [];
  const isWhole = parseRtcp(packet, {
    nack: (sequence) => seen.push(['nack', sequence]),
    keyFrameWanted: () => seen.push(['key']),
    report: (...report) => seen.push(['report', ...report]),
    senderReport: (ssrc, _seconds, _fraction, timestamp) => seen.push(['sender', ssrc, timestamp]),
    estimatedBitrate: (bits) => seen.push(['remb', bits]),
  });
  return { seen, isWhole };
};

describe('rtcp', () => {
  it('reads every lost packet of a mask, across the wrap', () => {
    const packet = buildNack(1, 2, [65_534]);
    packet.writeUInt16BE(0b101, 14);
    expect(readAll(packet).seen).toEqual([
      ['nack', 65_534],
      ['nack', 65_535],
      ['nack', 1],
    ]);
  });

  it('reads a compound of all that it builds', () => {
    const report = { senderSsrc: 1, mediaSsrc: 2, highestSequence: 70_000, lastSr: 5, delaySinceLastSr: 6 };
    const sender = { ssrc: 9, unixMs: 1_700_000_000_000, rtpTimestamp: 90, packets: 1, bytes: 2 };
    const { seen, isWhole } = readAll(
      Buffer.concat([
        buildSenderReport(sender),
        buildReceiverReport(report),
        buildRemb(1, 2, 4_000_000),
        buildPli(1, 2),
      ]),
    );
    expect(isWhole).toBe(true);
    expect(seen).toEqual([
      ['sender', 9, 90],
      ['report', 2, 0, 70_000, 0, 5, 6],
      ['remb', 4_000_000],
      ['key'],
    ]);
  });

  it('stops at what is cut short and keeps what came before', () => {
    const whole = Buffer.concat([buildPli(1, 2), buildNack(1, 2, [5])]);
    expect(readAll(whole.subarray(0, whole.length - 2))).toEqual({ seen: [['key']], isWhole: false });
  });

  it('survives any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const packet = Buffer.from(bytes);
        if (packet.length > 0) packet[0] = 0x80 | ((packet[0] as number) & 0x1f);
        readAll(packet);
      }),
    );
  });

  it('measures the round trip', () => {
    const sentMs = 1_700_000_000_123;
    const { seconds, fraction } = ntpFromUnixMs(sentMs);
    const heldFor = Math.round(0.05 * 65_536);
    expect(roundTripMs(sentMs + 80, middleNtp(seconds, fraction), heldFor)).toBeCloseTo(30, 0);
    expect(roundTripMs(sentMs, 0, 0)).toBeNull();
  });
});
