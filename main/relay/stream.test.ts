import { describe, expect, it } from 'vitest';
import { emptyRtpView, emptyVp8View, parseRtp, parseVp8 } from './rtp.ts';
import { RelayStream, ringPackets } from './stream.ts';

type Made = {
  ssrc?: number;
  sequence: number;
  timestamp?: number;
  key?: boolean;
  start?: boolean;
  marker?: boolean;
  pictureId?: number;
};

/** A VP8 packet as Chromium sends it: 15-bit picture id, TL0PICIDX and layer byte. */
const make = ({ ssrc = 7, sequence, timestamp = 0, key, start, marker, pictureId = 0 }: Made): Buffer => {
  const packet = Buffer.alloc(12 + 6 + 20);
  packet[0] = 0x80;
  packet[1] = (marker ? 0x80 : 0) | 100;
  packet.writeUInt16BE(sequence & 0xffff, 2);
  packet.writeUInt32BE(timestamp >>> 0, 4);
  packet.writeUInt32BE(ssrc, 8);
  packet[12] = 0x80 | (start ? 0x10 : 0);
  packet[13] = 0xe0;
  packet.writeUInt16BE(0x8000 | pictureId, 14);
  packet[16] = pictureId & 0xff;
  packet[17] = 0;
  packet[18] = key ? 0 : 1;
  packet.writeUInt32BE(sequence, 20);
  return packet;
};

const read = (packet: Buffer) => {
  const rtp = emptyRtpView();
  const vp8 = emptyVp8View();
  expect(parseRtp(packet, rtp)).toBe(true);
  expect(parseVp8(packet, rtp.payloadOffset, rtp.payloadLength, vp8)).toBe(true);
  return { ...rtp, ...vp8, mark: packet.readUInt32BE(rtp.payloadOffset + 8) };
};

const newStream = () => {
  let nowMs = 1_000;
  const stream = new RelayStream(
    (below) => below >> 1,
    () => nowMs,
  );
  return {
    stream,
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
};
const frame = (sequence: number, more: Partial<Made> = {}): Buffer =>
  make({ sequence, start: true, marker: true, ...more });

describe('relay stream', () => {
  it('holds everything back until a key frame', () => {
    const { stream } = newStream();
    expect(stream.push(frame(1))).toBe('awaiting-key-frame');
    expect(stream.push(frame(2, { key: true }))).toBe('forward');
    expect(stream.push(frame(3))).toBe('forward');
  });

  it('numbers on without a gap across the wrap of 16 bits', () => {
    const { stream } = newStream();
    const numbers: number[] = [];
    for (let sequence = 65_530; sequence < 65_545; sequence += 1) {
      stream.push(frame(sequence, { key: sequence === 65_530 }));
      numbers.push(stream.number);
    }
    expect(numbers.map((number) => number - (numbers[0] ?? 0))).toEqual([...Array(15).keys()]);
  });

  it('lets another source follow without a seam', () => {
    const { stream, pass } = newStream();
    stream.push(frame(10, { key: true, pictureId: 30, timestamp: 5_000 }));
    stream.push(frame(11, { pictureId: 31, timestamp: 8_000 }));
    const before = read(stream.packet);
    pass(500);
    stream.expectNewSource();
    expect(stream.push(frame(60_000, { ssrc: 9, pictureId: 900, timestamp: 3_000_000_000 }))).toBe(
      'awaiting-key-frame',
    );
    expect(stream.push(frame(60_001, { ssrc: 9, key: true, pictureId: 901, timestamp: 3_000_003_000 }))).toBe(
      'forward',
    );
    const after = read(stream.packet);
    expect(after.ssrc).toBe(before.ssrc);
    expect(after.sequence).toBe((before.sequence + 1) & 0xffff);
    expect(after.pictureId).toBe((before.pictureId + 1) & 0x7fff);
    expect((after.timestamp - before.timestamp) >>> 0).toBe(45_000);
    stream.push(frame(60_002, { ssrc: 9, pictureId: 902, timestamp: 3_000_006_000 }));
    expect((read(stream.packet).timestamp - after.timestamp) >>> 0).toBe(3_000);
  });

  it('gives a late packet its own place and a repeated one none', () => {
    const { stream } = newStream();
    stream.push(frame(1, { key: true }));
    const first = stream.number;
    stream.push(frame(3));
    expect(stream.replayLength()).toBe(0);
    expect(stream.push(frame(2))).toBe('forward');
    expect(stream.number).toBe(first + 1);
    expect(stream.push(frame(2))).toBe('duplicate');
    expect(stream.replayLength()).toBe(3);
  });

  it('recalls exactly the bytes that were sent, as long as the ring is long', () => {
    const { stream } = newStream();
    stream.push(frame(0, { key: true }));
    const first = stream.packet;
    const sequence = stream.number & 0xffff;
    const recall = (wanted: number) => stream.at(stream.numberOf(wanted));
    for (let next = 1; next < ringPackets; next += 1) stream.push(frame(next));
    expect(recall(sequence)).toBe(first);
    stream.push(frame(ringPackets));
    expect(recall(sequence)).toBeNull();
    expect(recall((stream.number + 5) & 0xffff)).toBeNull();
  });

  it('keeps padding in the count so that no number is missing', () => {
    const { stream } = newStream();
    stream.push(frame(1, { key: true }));
    const padding = Buffer.alloc(16);
    padding.set([0xa0, 100]);
    padding.writeUInt16BE(2, 2);
    padding.writeUInt32BE(7, 8);
    padding[15] = 4;
    expect(stream.push(padding)).toBe('forward');
    expect(stream.push(frame(3))).toBe('forward');
    expect(stream.replayLength()).toBe(3);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['a cut header', Buffer.alloc(11, 0x80)],
    ['another version', Buffer.alloc(40)],
    ['an extension beyond the end', Buffer.concat([Buffer.from([0x90, 96]), Buffer.alloc(12, 0xff)])],
    ['padding beyond the end', Buffer.concat([Buffer.from([0xa0, 96]), Buffer.alloc(11, 0xff)])],
    [
      'a cut descriptor',
      Buffer.concat([Buffer.from([0x80, 96]), Buffer.alloc(10), Buffer.from([0x90, 0xe0, 0x80])]),
    ],
  ])('drops %s', (_name, packet) => {
    expect(newStream().stream.push(packet)).toBe('malformed');
  });
});
