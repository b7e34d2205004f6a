// DNS-SD records of a console (RFC 6763): made for advertising, read with suspicion when found. Pure.
import type { ResponsePacket } from 'multicast-dns';
import { RoomId } from '../../shared/domain/ids.ts';
import { protocolVersions } from '../../shared/protocol/link.ts';
import { formatAddress } from './address.ts';

type Answer = NonNullable<ResponsePacket['answers']>[number];

export const serviceType = '_lehrpult._tcp.local';
const recordLifetimeSeconds = 120;
const maxTextBytes = 256;
const maxRecordsPerPacket = 64;

/** A hint that a console may be there; anybody on the network can send one. */
export type ConsoleHint = { readonly roomId: RoomId; readonly address: string };

export type Advertised = {
  readonly roomId: RoomId;
  readonly port: number;
  /** IPv4 addresses of the interface that the answer goes out on. */
  readonly addresses: readonly string[];
};

const nameOf = (roomId: RoomId): string => `${roomId}.${serviceType}`;
const hostOf = (roomId: RoomId): string => `lehrpult-${roomId.slice(0, 8)}.local`;

/** All records in one answer. No names of persons or rooms: an id, a port, the versions. `isGone`: lifetime 0, "goodbye". */
export function consoleRecords(console: Advertised, isGone = false): Answer[] {
  const ttl = isGone ? 0 : recordLifetimeSeconds;
  const name = nameOf(console.roomId);
  const target = hostOf(console.roomId);
  const txt = [`room=${console.roomId}`, `v=${protocolVersions.min}-${protocolVersions.max}`];
  return [
    { type: 'PTR', name: serviceType, ttl, data: name },
    { type: 'SRV', name, ttl, data: { port: console.port, target, priority: 0, weight: 0 } },
    { type: 'TXT', name, ttl, data: txt },
    ...console.addresses.map((data): Answer => ({ type: 'A', name: target, ttl, data })),
  ];
}

export type ReadHints = { readonly hints: readonly ConsoleHint[]; readonly malformed: number };

function textOf(data: unknown): string | null {
  const parts: readonly unknown[] = Array.isArray(data) ? data : [data];
  const bytes = parts.map((part) => (Buffer.isBuffer(part) ? part : Buffer.from(String(part))));
  if (bytes.reduce((sum, part) => sum + part.length, 0) > maxTextBytes) return null;
  return bytes.map((part) => part.toString('latin1')).join('\n');
}

/** The room a TXT record names and whether we share a version with it; null if it is not to be understood. */
function roomOf(data: unknown): RoomId | null {
  const text = textOf(data);
  const room = RoomId.safeParse(text === null ? null : /^room=([0-9a-f-]{36})$/m.exec(text)?.[1]);
  const versions = text === null ? null : /^v=(\d{1,4})-(\d{1,4})$/m.exec(text);
  if (!room.success || versions === null) return null;
  const [min, max] = [Number(versions[1]), Number(versions[2])];
  return min <= protocolVersions.max && max >= protocolVersions.min ? room.data : null;
}

/**
 * Hints in one packet. The address is the one the packet came from, not one it names: so a packet can send us to nobody
 * but its sender. Records of other services are passed over; ours that make no sense are counted.
 */
export function readHints(records: readonly Answer[], senderAddress: string): ReadHints {
  const ours = records
    .slice(0, maxRecordsPerPacket)
    .filter((record) => record.name.toLowerCase().endsWith(`.${serviceType}`));
  const hints: ConsoleHint[] = [];
  let malformed = 0;
  for (const record of ours) {
    if (record.type !== 'SRV' || record.ttl === 0) continue;
    const text = ours.find((one) => one.type === 'TXT' && one.name === record.name);
    const roomId = text?.type === 'TXT' ? roomOf(text.data) : null;
    const { port } = record.data;
    if (roomId === null || port < 1 || port > 65_535) malformed += 1;
    else hints.push({ roomId, address: formatAddress({ host: senderAddress, port }) });
  }
  return { hints, malformed };
}
