import { beforeAll, describe, expect, it } from 'vitest';
import { ensureRecordings, orders } from './record-desktops.ts';
import { type DesktopRecording, parseRecording, readRecordings, writeRecording } from './recording.ts';

describe('a recording', () => {
  const head = { width: 64, height: 36, framesPerSecond: 1 };
  const file = writeRecording(
    head,
    [
      { isKey: true, length: 3 },
      { isKey: false, length: 2 },
    ],
    Buffer.from([1, 2, 3, 4, 5]),
  );

  it('comes back as it was written', () => {
    const recording = parseRecording(file);
    expect(recording).toMatchObject({ ...head, keyFrames: [0] });
    expect(recording.frames.map(({ isKey, data }) => [isKey, ...data])).toEqual([
      [true, 1, 2, 3],
      [false, 4, 5],
    ]);
  });

  it('is refused when it is cut short or something else', () => {
    expect(() => parseRecording(file.subarray(0, -1))).toThrow('cut short');
    expect(() => parseRecording(Buffer.from('something else'))).toThrow('not a recording');
  });
});

describe('the recorded desktops', () => {
  let recordings: readonly DesktopRecording[];
  beforeAll(async () => {
    recordings = readRecordings(await ensureRecordings());
  }, 120_000);

  it('are several and different ones', () => {
    expect(recordings.length).toBeGreaterThanOrEqual(6);
    const keyFrames = recordings.map(({ tile }) => tile.frames[0]?.data.toString('base64'));
    expect(new Set(keyFrames).size).toBe(recordings.length);
  });

  it('keep to the bit rates of the wall and are VP8 of the size they say (RFC 6386 section 9.1)', () => {
    const limits = { blurred: 30_000, tile: 300_000, focus: 4_000_000 } as const;
    for (const recording of recordings) {
      for (const quality of ['blurred', 'tile', 'focus'] as const) {
        const { frames, framesPerSecond, width, height } = recording[quality];
        const bytes = frames.reduce((sum, { data }) => sum + data.length, 0);
        expect((bytes * 8 * framesPerSecond) / frames.length, `${recording.name} ${quality}`).toBeLessThan(
          limits[quality],
        );
        expect([width, height]).toEqual([orders[quality].width, orders[quality].height]);
        const key = frames[0]?.data ?? Buffer.alloc(10);
        expect([(key[0] ?? 1) & 1, key.readUIntBE(3, 3)]).toEqual([0, 0x9d012a]);
        expect([key.readUInt16LE(6) & 0x3fff, key.readUInt16LE(8) & 0x3fff]).toEqual([width, height]);
        for (const { isKey, data } of frames) expect(((data[0] ?? 0) & 1) === 0).toBe(isKey);
      }
    }
  });
});
