import { describe, expect, it } from 'vitest';
import type { Frame } from './recording.ts';
import { createVp8Receiver, type Vp8Receiver } from './vp8-receiver.ts';
import { Vp8Packetiser } from './vp8-rtp.ts';

const frame = (isKey: boolean, packets = 3): Frame => {
  const data = Buffer.alloc(packets * 1_100, 7);
  data[0] = isKey ? 0x10 : 0x11;
  return { isKey, data };
};

/** Packets of a key frame and so many others, three packets each. */
const stream = (frames: number, keyFrames: readonly number[] = [0]): Buffer[] => {
  // The numbers wrap within the first packets.
  const packetiser = new Vp8Packetiser({ ssrc: 77, payloadType: 96, random: () => 0.9999 });
  const packets: Buffer[] = [];
  for (let i = 0; i < frames; i += 1) {
    packetiser.begin(frame(keyFrames.includes(i)), i * 66);
    for (let packet = packetiser.next(); packet !== null; packet = packetiser.next())
      packets.push(Buffer.from(packet));
  }
  return packets;
};
const feed = (receiver: Vp8Receiver, packets: readonly Buffer[], nowMs = 0): void => {
  for (const packet of packets) receiver.take(packet, nowMs);
};
const sequenceOf = (packet: Buffer | undefined): number => packet?.readUInt16BE(2) ?? -1;

describe('the frame counter', () => {
  it('counts every frame of a stream without loss', () => {
    const receiver = createVp8Receiver();
    feed(receiver, stream(50, [0, 20]));
    expect(receiver.counts).toMatchObject({ framesComplete: 50, keyFrames: 2, packets: 150, packetsLost: 0 });
    expect(receiver.isWaiting()).toBe(false);
    expect(receiver.reception()).toMatchObject({ fractionLost: 0, totalLost: 0 });
  });

  it('waits for a lost packet, asks for it by number and then counts all', () => {
    const receiver = createVp8Receiver();
    const packets = stream(10);
    feed(
      receiver,
      packets.filter((_, i) => i !== 7 && i !== 8),
      1_000,
    );
    expect(receiver.counts.framesComplete).toBe(2);
    expect(receiver.ask(1_010)).toEqual({
      missing: [sequenceOf(packets[7]), sequenceOf(packets[8])],
      wantsKeyFrame: false,
    });
    expect(receiver.ask(1_020).missing).toEqual([]);
    expect(receiver.ask(1_061).missing).toHaveLength(2);
    feed(receiver, packets.slice(7, 9), 1_070);
    expect(receiver.counts).toMatchObject({ framesComplete: 10, packetsLost: 0 });
    expect(receiver.isWaiting()).toBe(false);
  });

  it('takes packets in any order and only once', () => {
    const receiver = createVp8Receiver();
    const packets = stream(9);
    const [head = Buffer.alloc(0), ...rest] = packets;
    feed(receiver, [head, ...rest.reverse(), ...packets]);
    expect(receiver.counts.framesComplete).toBe(9);
  });

  it('gives a gap up after ten requests, asks for a key frame and counts nothing before it', () => {
    const receiver = createVp8Receiver();
    const packets = stream(20, [0, 15]);
    feed(
      receiver,
      packets.slice(0, 30).filter((_, i) => i !== 10),
      1_000,
    );
    let nowMs = 1_000;
    let isKeyFrameWanted = false;
    for (; !isKeyFrameWanted && nowMs < 5_000; nowMs += 50)
      isKeyFrameWanted = receiver.ask(nowMs).wantsKeyFrame;
    expect(nowMs).toBeLessThan(1_700);
    expect(receiver.counts).toMatchObject({ framesComplete: 3, packetsLost: 1, nacksSent: 10 });
    feed(receiver, packets.slice(30), nowMs);
    expect(receiver.counts).toMatchObject({ framesComplete: 3 + 5, keyFrames: 2 });
    expect(receiver.isWaiting()).toBe(false);
  });

  it('leaves a gap behind once a newer key frame is there', () => {
    const receiver = createVp8Receiver();
    feed(
      receiver,
      stream(20, [0, 12]).filter((_, i) => i !== 10),
      1_000,
    );
    receiver.ask(1_000);
    expect(receiver.counts.framesComplete).toBe(3);
    receiver.ask(1_200);
    expect(receiver.counts).toMatchObject({ framesComplete: 3 + 8, keyFrames: 2, packetsLost: 1 });
  });

  it('asks for a key frame when it joins in the middle, not more often than every 300 ms', () => {
    const receiver = createVp8Receiver();
    feed(receiver, stream(5).slice(4), 1_000);
    const asked = [1_000, 1_100, 1_250, 1_310].map((nowMs) => receiver.ask(nowMs).wantsKeyFrame);
    expect(asked).toEqual([true, false, false, true]);
    expect(receiver.counts.framesComplete).toBe(0);
  });

  it('reports the share that was lost since the last report (RFC 3550 appendix A.3)', () => {
    const receiver = createVp8Receiver();
    const packets = stream(40);
    feed(
      receiver,
      packets.slice(0, 60).filter((_, i) => i % 4 !== 3 || i > 55),
    );
    expect(receiver.reception()).toMatchObject({ fractionLost: Math.floor((14 * 256) / 60), totalLost: 14 });
    feed(receiver, packets.slice(60));
    expect(receiver.reception().fractionLost).toBe(0);
  });

  it('survives a jump larger than its window', () => {
    const receiver = createVp8Receiver();
    const packets = stream(1_500, [0, 1_400]);
    feed(receiver, packets.slice(0, 30));
    feed(receiver, packets.slice(4_200));
    expect(receiver.counts).toMatchObject({ framesComplete: 10 + 100, keyFrames: 2 });
  });

  it('does not take padding for a frame', () => {
    const receiver = createVp8Receiver();
    const packets = stream(2);
    const padding = Buffer.alloc(40);
    padding[0] = 0xa0;
    padding[1] = 96;
    padding.writeUInt16BE((sequenceOf(packets.at(-1)) + 1) & 0xffff, 2);
    padding.writeUInt32BE(77, 8);
    padding[39] = 28;
    feed(receiver, [...packets, padding]);
    expect(receiver.counts.framesComplete).toBe(2);
    expect(receiver.isWaiting()).toBe(false);
  });
});
