// Reads what a listener on the wire has: the streams in a capture (pcap), and whether words stand in them in any form that
// a person with a laptop would find.
import { constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';

export type Stream = { readonly name: string; readonly bytes: Buffer };

type Segment = { readonly sequence: number; readonly bytes: Buffer };

const etherIpv4 = 0x0800;
const etherIpv6 = 0x86dd;

/** Address and payload of an Ethernet frame's IP packet; null for anything else. */
const packetOf = (frame: Buffer): { from: string; to: string; protocol: number; payload: Buffer } | null => {
  if (frame.length < 34) return null;
  const type = frame.readUInt16BE(12);
  const ip = frame.subarray(14);
  if (type === etherIpv4) {
    const headerLength = (ip.readUInt8(0) & 15) * 4;
    const payload = ip.subarray(headerLength, ip.readUInt16BE(2));
    const address = (at: number): string => [...ip.subarray(at, at + 4)].join('.');
    return { from: address(12), to: address(16), protocol: ip.readUInt8(9), payload };
  }
  if (type !== etherIpv6 || ip.length < 40) return null;
  const address = (at: number): string => ip.subarray(at, at + 16).toString('hex');
  return { from: address(8), to: address(24), protocol: ip.readUInt8(6), payload: ip.subarray(40) };
};

/** TCP streams put together in each direction, and every UDP packet by itself. Throws on a file that is no capture. */
export const readStreams = (pcap: Buffer): readonly Stream[] => {
  if (pcap.readUInt32LE(0) !== 0xa1b2c3d4) throw new Error('no capture in this byte order');
  const flows = new Map<string, Segment[]>();
  const streams: Stream[] = [];
  for (let at = 24; at + 16 <= pcap.length; ) {
    const length = pcap.readUInt32LE(at + 8);
    const packet = packetOf(pcap.subarray(at + 16, at + 16 + length));
    at += 16 + length;
    if (packet === null || packet.payload.length < 8) continue;
    const { from, to, protocol, payload } = packet;
    const name = `${from}:${payload.readUInt16BE(0)} > ${to}:${payload.readUInt16BE(2)}`;
    if (protocol === 17) streams.push({ name: `udp ${name}`, bytes: payload.subarray(8) });
    if (protocol !== 6 || payload.length < 20) continue;
    const bytes = payload.subarray((payload.readUInt8(12) >> 4) * 4);
    if (bytes.length === 0) continue;
    const segments = flows.get(name) ?? [];
    segments.push({ sequence: payload.readUInt32BE(4), bytes });
    flows.set(name, segments);
  }
  for (const [name, segments] of flows) {
    const first = segments[0]?.sequence ?? 0;
    const placed = segments
      .map(({ sequence, bytes }) => ({ at: (sequence - first) | 0, bytes }))
      .toSorted((a, b) => a.at - b.at);
    const parts: Buffer[] = [];
    let end = Number.NEGATIVE_INFINITY;
    for (const { at, bytes } of placed) {
      const isNew = at + bytes.length > end;
      if (isNew) parts.push(at < end ? bytes.subarray(end - at) : bytes);
      if (isNew) end = at + bytes.length;
    }
    streams.push({ name: `tcp ${name}`, bytes: Buffer.concat(parts) });
  }
  return streams;
};

/** A word as it may stand on the wire. Base64 in its three positions, without the characters its neighbours touch. */
const formsOf = (word: string): readonly (readonly [form: string, bytes: Buffer])[] => {
  const utf8 = Buffer.from(word, 'utf8');
  const base64At = (shift: number): string => {
    const text = Buffer.concat([Buffer.alloc(shift), utf8])
      .toString('base64')
      .replace(/=+$/, '');
    const start = shift === 0 ? 0 : shift + 1;
    const whole = Math.floor(((shift + utf8.length) * 8) / 6);
    return text.slice(start, whole);
  };
  const base64 = [0, 1, 2].map(base64At);
  const utf16 = Buffer.from(word, 'utf16le');
  return [
    ['utf-8', utf8],
    ['utf-16le', utf16],
    ['utf-16be', Buffer.from(utf16).swap16()],
    ...base64.map((text) => ['base64', Buffer.from(text)] as const),
    ...base64.map(
      (text) => ['base64url', Buffer.from(text.replaceAll('+', '-').replaceAll('/', '_'))] as const,
    ),
    ['hex', Buffer.from(utf8.toString('hex'))],
    ['HEX', Buffer.from(utf8.toString('hex').toUpperCase())],
    ['percent', Buffer.from(encodeURIComponent(word))],
  ];
};

const partly = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 4 * 2 ** 20 };
const unpackers = [
  { magic: Buffer.from([0x1f, 0x8b, 0x08]), unpack: (bytes: Buffer) => gunzipSync(bytes, partly) },
  ...[0x01, 0x5e, 0x9c, 0xda].map((level) => ({
    magic: Buffer.from([0x78, level]),
    unpack: (bytes: Buffer) => inflateSync(bytes, partly),
  })),
];

/** What lies compressed in a stream: whatever begins like gzip or zlib and unpacks, and the whole as raw deflate. */
const unpacked = (bytes: Buffer): readonly Buffer[] => {
  const found: Buffer[] = [];
  const tryIt = (unpack: () => Buffer): void => {
    try {
      found.push(unpack());
    } catch {
      // It only began like it.
    }
  };
  for (const { magic, unpack } of unpackers)
    for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1))
      tryIt(() => unpack(bytes.subarray(at, at + 2 ** 20)));
  tryIt(() => inflateRawSync(bytes, partly));
  return found;
};

export type Found = { readonly word: string; readonly form: string; readonly stream: string };

/** Each word in each form in each stream, packed ones too. */
export const findWords = (streams: readonly Stream[], words: readonly string[]): readonly Found[] => {
  const needles = words.flatMap((word) => formsOf(word).map(([form, bytes]) => ({ word, form, bytes })));
  const found: Found[] = [];
  const search = (stream: string, haystack: Buffer, prefix: string): void => {
    for (const { word, form, bytes } of needles)
      if (haystack.includes(bytes)) found.push({ word, form: prefix + form, stream });
  };
  for (const { name, bytes } of streams) {
    search(name, bytes, '');
    for (const inner of unpacked(bytes)) search(name, inner, 'packed ');
  }
  return found;
};
