// What of a peer's WebRTC signals is passed on: only addresses where the peer of the link itself can be, and descriptions
// with one certificate (see SPEC.md). Pure but for the reader of our own interfaces. It negotiates nothing.
import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { SignalChannel } from '../../shared/protocol/link.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import type { Clock } from '../lib/clock.ts';

/** An address of this machine and how many of its bits name the subnet. */
export type OwnAddress = { readonly address: string; readonly prefix: number };

/** What was left out of a signal that is passed on, or why it is not passed on. */
export type SignalLoss = 'signal-candidate-dropped' | 'signal-line-dropped' | 'signal-refused';

export type Filtered = {
  /** null: nothing is passed on. */
  readonly signal: Signal | null;
  readonly losses: readonly SignalLoss[];
};

export const maxCandidates = 64;
const maxLines = 1_500;
const maxLineLength = 2_048;
const maxMediaLines = 8;

/** Without the zone of a link-local address and the prefix of an IPv4 address in IPv6 clothes. */
const plain = (address: string): string => address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
const familyOf = (address: string) => (isIP(address) === 4 ? 'ipv4' : 'ipv6');

/** A set of addresses, or a subnet when `prefix` is given. */
function setOf(address: string, prefix?: number): BlockList {
  const set = new BlockList();
  if (prefix === undefined) set.addAddress(address, familyOf(address));
  else set.addSubnet(address, prefix, familyOf(address));
  return set;
}
const has = (set: BlockList, address: string): boolean => set.check(address, familyOf(address));

/** The addresses of this machine's interfaces as the system states them now. */
export function readOwnAddresses(): OwnAddress[] {
  return Object.values(networkInterfaces()).flatMap((entries) =>
    (entries ?? []).flatMap(({ address, cidr }) => {
      const prefix = Number(cidr?.split('/')[1] ?? Number.NaN);
      const known = plain(address);
      return Number.isInteger(prefix) && isIP(known) !== 0 ? [{ address: known, prefix }] : [];
    }),
  );
}

/**
 * Tells whether a candidate's address is one where the peer of a link can be: the peer's own address, one in a subnet of
 * ours that the peer is in, or, if the peer is this very machine, one of our own addresses.
 */
export function reachableFrom(peerAddress: string, own: readonly OwnAddress[]): (address: string) => boolean {
  const peer = plain(peerAddress);
  if (isIP(peer) === 0) return () => false;
  const ours = own.map(({ address, prefix }) => ({ host: setOf(address), net: setOf(address, prefix) }));
  const isHere = peer === '::1' || peer.startsWith('127.') || ours.some(({ host }) => has(host, peer));
  const allowed = [setOf(peer), ...ours.filter(({ net }) => has(net, peer)).map(({ net }) => net)];
  if (isHere) allowed.push(...ours.map(({ host }) => host));
  return (address) => {
    const known = plain(address);
    return isIP(known) !== 0 && allowed.some((set) => has(set, known));
  };
}

/** A host candidate with an address (RFC 8839 section 5.1); other types name third parties, names would be looked up. */
const candidateForm =
  /^candidate:[A-Za-z0-9+/]{1,32} [1-9]\d{0,2} (?:udp|tcp) \d{1,10} ([0-9A-Fa-f:.]{2,45}) (\d{1,5}) typ host(?: [!-~]{1,256} [!-~]{1,256}){0,12} ?$/i;

function isCandidateAllowed(candidate: string, isReachable: (address: string) => boolean): boolean {
  const form = candidateForm.exec(candidate);
  const port = Number(form?.[2] ?? 0);
  return form !== null && port >= 1 && port <= 65_535 && isReachable(form[1] ?? '');
}

/** Attributes (RFC 8866 section 5.13) that Chromium and the relay use of each other; what is not listed is left out. */
const knownAttributes = new Set(
  `bundle-only candidate content end-of-candidates extmap extmap-allow-mixed fingerprint fmtp framerate group ice-lite
   ice-options ice-pwd ice-ufrag imageattr inactive label max-message-size maxptime mid msid msid-semantic ptime recvonly
   rid rtcp rtcp-fb rtcp-mux rtcp-mux-only rtcp-rsize rtcp-xr rtpmap sctp-port sctpmap sendonly sendrecv setup simulcast ssrc
   ssrc-group tls-id`.split(/\s+/),
);
const lineForms: readonly RegExp[] = [
  /^v=0$/,
  /^o=\S+ \d{1,20} \d{1,20} IN IP[46] \S+$/,
  /^s=./,
  /^t=\d{1,20} \d{1,20}$/,
  /^b=[A-Za-z-]+:\d{1,10}$/,
  /^c=IN IP[46] \S+$/,
  /^m=(?:audio|video|application) \d{1,5} (?:UDP|TCP)\/(?:TLS\/RTP\/SAVPF|DTLS\/SCTP) [\w -]+$/,
  /^a=[A-Za-z0-9-]+(?::.*)?$/,
];
const fingerprintForm = /^a=fingerprint:sha-256 ((?:[0-9A-F]{2}:){31}[0-9A-F]{2})$/i;
const addressAtEnd = /^(c=|a=rtcp:\d{1,5} )IN IP[46] (\S+)$/i;

type Line = { readonly text: string } | { readonly loss: SignalLoss };

function filterLine(line: string, isReachable: (address: string) => boolean): Line {
  const attribute = /^a=([^:]*)/.exec(line)?.[1]?.toLowerCase();
  if (attribute === undefined || attribute === 'rtcp') {
    // Where media would go if nobody spoke ICE: nowhere, unless it is a place where a candidate may be.
    const [, head, address] = addressAtEnd.exec(line) ?? [];
    return { text: head !== undefined && !isReachable(address ?? '') ? `${head}IN IP4 0.0.0.0` : line };
  }
  if (!knownAttributes.has(attribute)) return { loss: 'signal-line-dropped' };
  if (attribute === 'candidate' && !isCandidateAllowed(line.slice(2), isReachable)) {
    return { loss: 'signal-candidate-dropped' };
  }
  return { text: line };
}

/** Is it within the limits, of known lines only, and with exactly one certificate? */
function isDescription(lines: readonly string[]): boolean {
  const starting = (start: string) => lines.filter((line) => line.toLowerCase().startsWith(start));
  const fingerprints = starting('a=fingerprint').map((line) =>
    fingerprintForm.exec(line)?.[1]?.toUpperCase(),
  );
  return (
    lines.length <= maxLines &&
    lines[0] === 'v=0' &&
    lines.every((line) => line.length <= maxLineLength && lineForms.some((form) => form.test(line))) &&
    starting('m=').length <= maxMediaLines &&
    starting('a=candidate').length <= maxCandidates &&
    !fingerprints.includes(undefined) &&
    new Set(fingerprints).size === 1
  );
}

/** Filters a session description. null: it is not passed on at all. */
export function filterDescription(
  sdp: string,
  isReachable: (address: string) => boolean,
): { readonly sdp: string; readonly losses: SignalLoss[] } | null {
  const lines = sdp.split(/\r?\n/).filter((line) => line !== '');
  if (!isDescription(lines)) return null;
  const results = lines.map((line) => filterLine(line, isReachable));
  const kept = results.flatMap((line) => ('text' in line ? [line.text] : []));
  const losses = results.flatMap((line) => ('loss' in line ? [line.loss] : []));
  return { sdp: `${kept.join('\r\n')}\r\n`, losses };
}

/** Filters one signal by itself; `isReachable` as `reachableFrom` gives it. */
export function filterSignal(signal: Signal, isReachable: (address: string) => boolean): Filtered {
  if (signal.kind === 'offer' || signal.kind === 'answer') {
    const described = filterDescription(signal.sdp, isReachable);
    if (described === null) return { signal: null, losses: ['signal-refused'] };
    return { signal: { ...signal, sdp: described.sdp }, losses: described.losses };
  }
  if (signal.kind !== 'candidate' || signal.candidate === '') return { signal, losses: [] };
  const isAllowed = isCandidateAllowed(signal.candidate.replace(/^a=/, ''), isReachable);
  return isAllowed ? { signal, losses: [] } : { signal: null, losses: ['signal-candidate-dropped'] };
}

/** The system is asked for its interfaces at most so often: a flood of candidates costs no more than one look. */
const ownAddressesForMs = 2_000;

export type SignalFilterParts = {
  /** IP address of the other end of the link. */
  readonly peerAddress: string;
  readonly clock: Clock;
  readonly onLoss: (loss: SignalLoss) => void;
  readonly readOwn?: () => readonly OwnAddress[];
};

/** The filter of one connection: gives what is passed on, null for nothing. It counts candidates per description. */
export function createSignalFilter(
  parts: SignalFilterParts,
): (channel: SignalChannel, signal: Signal) => Signal | null {
  const { peerAddress, clock, onLoss } = parts;
  const readOwn = parts.readOwn ?? readOwnAddresses;
  const counts = new Map<SignalChannel, { readonly generation: number; count: number }>();
  let readMs = Number.NEGATIVE_INFINITY;
  let isReachable: (address: string) => boolean = () => false;

  const isTooMany = (channel: SignalChannel, { kind, generation }: Signal): boolean => {
    const known = counts.get(channel);
    // An ICE restart keeps the generation and begins with a description.
    const isNew = known?.generation !== generation || kind === 'offer' || kind === 'answer';
    const state = isNew || known === undefined ? { generation, count: 0 } : known;
    counts.set(channel, state);
    if (kind === 'candidate') state.count += 1;
    return state.count > maxCandidates;
  };

  return (channel, signal) => {
    const nowMs = clock.nowMs();
    if (nowMs - readMs >= ownAddressesForMs) {
      readMs = nowMs;
      isReachable = reachableFrom(peerAddress, readOwn());
    }
    const filtered: Filtered = isTooMany(channel, signal)
      ? { signal: null, losses: ['signal-candidate-dropped'] }
      : filterSignal(signal, isReachable);
    for (const loss of filtered.losses) onLoss(loss);
    return filtered.signal;
  };
}
