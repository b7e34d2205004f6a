// The file format of a recorded desktop and its reader: a table of frames, then the frames. Knows no codec.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ScreenQuality } from '../../shared/domain/device.ts';

export type SentQuality = Exclude<ScreenQuality, 'off'>;

/** One encoded frame; `data` is a view into the whole file's buffer, shared by every device of the process. */
export type Frame = { readonly isKey: boolean; readonly data: Buffer };

/** A loop of VP8 frames. The first is a key frame; `keyFrames` has the indices of all. */
export type Recording = {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly frames: readonly Frame[];
  readonly keyFrames: readonly number[];
};

/** One desktop in every quality that can leave a device. */
export type DesktopRecording = { readonly name: string } & Readonly<Record<SentQuality, Recording>>;

const magic = 'LPV1';
const headerBytes = 12;
const entryBytes = 4;
const keyBit = 0x8000_0000;

export type RecordingHead = {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
};

/** Head (magic, width, height, frames per second, number of frames), one 32-bit entry per frame, then the frames. */
export const writeRecording = (
  head: RecordingHead,
  frames: readonly { readonly isKey: boolean; readonly length: number }[],
  data: Buffer,
): Buffer => {
  const table = Buffer.alloc(headerBytes + frames.length * entryBytes);
  table.write(magic, 0, 'latin1');
  table.writeUInt16BE(head.width, 4);
  table.writeUInt16BE(head.height, 6);
  table.writeUInt16BE(head.framesPerSecond, 8);
  table.writeUInt16BE(frames.length, 10);
  for (const [i, frame] of frames.entries())
    table.writeUInt32BE((frame.length | (frame.isKey ? keyBit : 0)) >>> 0, headerBytes + i * entryBytes);
  return Buffer.concat([table, data]);
};

/** Throws on anything that `writeRecording` did not write. */
export const parseRecording = (file: Buffer): Recording => {
  if (file.length < headerBytes || file.toString('latin1', 0, 4) !== magic)
    throw new Error('not a recording');
  const frames: Frame[] = [];
  const keyFrames: number[] = [];
  const count = file.readUInt16BE(10);
  let at = headerBytes + count * entryBytes;
  for (let i = 0; i < count; i += 1) {
    const entry = file.readUInt32BE(headerBytes + i * entryBytes);
    const isKey = entry >= keyBit;
    const end = at + (entry & 0x7fff_ffff);
    if (end > file.length) throw new Error('recording is cut short');
    if (isKey) keyFrames.push(i);
    frames.push({ isKey, data: file.subarray(at, end) });
    at = end;
  }
  if (keyFrames[0] !== 0) throw new Error('recording does not start with a key frame');
  return {
    width: file.readUInt16BE(4),
    height: file.readUInt16BE(6),
    framesPerSecond: file.readUInt16BE(8),
    frames,
    keyFrames,
  };
};

/** Reads the recordings that `ensureRecordings` has made in `folder`. */
export const readRecordings = (folder: string): readonly DesktopRecording[] => {
  const names: unknown = JSON.parse(readFileSync(join(folder, 'desktops.json'), 'utf8'));
  if (!Array.isArray(names)) throw new Error('no list of desktops');
  const read = (name: string, quality: SentQuality) =>
    parseRecording(readFileSync(join(folder, `${name}.${quality}`)));
  return names.map((entry) => {
    const name = String(entry);
    return { name, blurred: read(name, 'blurred'), tile: read(name, 'tile'), focus: read(name, 'focus') };
  });
};
