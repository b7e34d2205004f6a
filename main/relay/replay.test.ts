import { describe, expect, it } from 'vitest';
import { type Joiner, Replay } from './replay.ts';
import { RelayStream } from './stream.ts';

/** One VP8 packet that is a whole frame. */
const frame = (sequence: number, isKey = false): Buffer => {
  const packet = Buffer.alloc(40);
  packet.set([0x80, 0x80 | 100]);
  packet.writeUInt16BE(sequence, 2);
  packet.writeUInt32BE(7, 8);
  packet.set([0x90, 0xe0, 0x80, sequence & 0xff, 0, 0, isKey ? 0 : 1], 12);
  return packet;
};

const newRoom = (packets: number) => {
  const stream = new RelayStream(
    () => 100,
    () => 0,
  );
  let push = 0;
  const pushNext = (): void => void stream.push(frame(push, push++ === 0));
  for (let index = 0; index < packets; index += 1) pushNext();
  let timer: (() => void) | null = null;
  const replay = new Replay(stream, {
    after: (_delayMs, callback) => {
      timer = callback;
      return () => {
        timer = null;
      };
    },
  });
  const tick = (): boolean => {
    const due = timer;
    timer = null;
    due?.();
    return due !== null;
  };
  const join = () => {
    const sent: number[] = [];
    const peer: Joiner = {
      joinedAt: -1,
      replayAt: -1,
      sendPacket: (packet) => void sent.push(packet.readUInt16BE(2)),
    };
    replay.begin(peer);
    return { peer, sent };
  };
  return { stream, pushNext, tick, join };
};

describe('replay', () => {
  it('gives a joiner everything from the key frame on, in order, in slices', () => {
    const { stream, tick, join } = newRoom(100);
    const { peer, sent } = join();
    expect(sent).toHaveLength(40);
    while (tick());
    expect(sent).toEqual(Array.from({ length: 100 }, (_, index) => (stream.keyFrameStart + index) & 0xffff));
    expect(peer.replayAt).toBe(-1);
  });

  it('goes on with what came meanwhile, without a gap', () => {
    const { pushNext, tick, join } = newRoom(50);
    const { peer, sent } = join();
    for (let index = 0; index < 20; index += 1) pushNext();
    while (tick());
    expect(sent).toHaveLength(70);
    expect(new Set(sent.slice(1).map((number, index) => number - (sent[index] ?? 0)))).toEqual(new Set([1]));
    expect(peer.replayAt).toBe(-1);
  });

  it('never sends more than the network takes at once to a whole class, and serves all in turn', () => {
    const { tick, join } = newRoom(200);
    const all = Array.from({ length: 30 }, join);
    const total = (): number => all.reduce((sum, { sent }) => sum + sent.length, 0);
    for (let before = total(); tick(); before = total()) expect(total() - before).toBeLessThanOrEqual(500);
    expect(all.map(({ sent }) => sent.length)).toEqual(all.map(() => 200));
  });

  it('stops for a device that leaves', () => {
    const { tick, join } = newRoom(100);
    const { peer, sent } = join();
    peer.replayAt = -1;
    while (tick());
    expect(sent).toHaveLength(40);
  });

  it('does nothing without a complete key frame', () => {
    const { peer, sent } = newRoom(0).join();
    expect([peer.joinedAt, sent]).toEqual([-1, []]);
  });
});
