// What main and the relay process say to each other over the control port. The relay answers the presenter's
// offer and offers to every device; main only carries the signals.
import { z } from 'zod';
import { Generation, Signal } from './signal.ts';

/** More devices than that in one presentation are refused. */
export const maxRelayPeers = 200;

/** Names one device's connection inside the relay: a DeviceId or, in tests, any short word. */
export const PeerId = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
export type PeerId = z.infer<typeof PeerId>;

/** SHA-256 of a DTLS certificate as RFC 8122 writes it: 32 upper-case hex pairs with colons. */
const Fingerprint = z.string().regex(/^[0-9A-F]{2}(?::[0-9A-F]{2}){31}$/);

/** Both ends' certificates of one connection; null until known. `remote` is what the handshake has shown. */
export const Fingerprints = z.strictObject({
  local: Fingerprint.nullable(),
  remote: Fingerprint.nullable(),
});
export type Fingerprints = z.infer<typeof Fingerprints>;

export const ToRelay = z.discriminatedUnion('type', [
  /** First message, exactly once. */
  z.strictObject({
    type: z.literal('start'),
    /** UDP port for all devices; 0 takes any free one. */
    udpPort: z.int().min(0).max(65_535),
    /** Local address to use alone, null for all. */
    bindAddress: z.union([z.ipv4(), z.ipv6()]).nullable(),
    /** Number of this relay process, rising with every restart: its generations are all above those before. */
    run: z.int().min(1).max(32_767),
    /** How often `stats` comes; once a second without it. */
    statsIntervalMs: z.int().min(100).max(10_000).optional(),
  }),
  /** From the presenter's page; an offer of a higher generation replaces the source under the running streams. */
  z.strictObject({ type: z.literal('source-signal'), signal: Signal }),
  z.strictObject({ type: z.literal('source-close') }),
  /** An offer to that device follows as `peer-signal`. An id that is already there gets a new connection. */
  z.strictObject({ type: z.literal('peer-add'), peerId: PeerId }),
  z.strictObject({ type: z.literal('peer-signal'), peerId: PeerId, signal: Signal }),
  z.strictObject({ type: z.literal('peer-remove'), peerId: PeerId }),
  /** Holds back everything from the devices without touching their connections. */
  z.strictObject({ type: z.literal('set-paused'), isPaused: z.boolean() }),
  z.strictObject({ type: z.literal('shutdown') }),
]);
export type ToRelay = z.infer<typeof ToRelay>;

/** `none`: no source was offered or it was closed. `lost`: it broke; a new offer brings it back. `insecure`: see PeerState. */
export const SourceState = z.enum(['none', 'connecting', 'connected', 'lost', 'insecure']);
export type SourceState = z.infer<typeof SourceState>;

/** `insecure`: the key of the media handshake is not the announced one; nothing was sent. It is tried again on request only. */
export const PeerState = z.enum(['connecting', 'connected', 'failed', 'insecure', 'closed']);
export type PeerState = z.infer<typeof PeerState>;

/** `native-failed`: node-datachannel threw; `detail` has its words, for the log only. */
export const RelayErrorCode = z.enum([
  'bad-message',
  'not-started',
  'already-started',
  'unknown-peer',
  'too-many-peers',
  'bad-sdp',
  'bad-candidate',
  'unexpected-signal',
  'port-in-use',
  'native-missing',
  'native-failed',
]);
export type RelayErrorCode = z.infer<typeof RelayErrorCode>;

const Count = z.int().min(0);

const SourceStats = z.strictObject({
  state: SourceState,
  packets: Count,
  bytes: Count,
  /** Frames seen to end, key frames among them. */
  frames: Count,
  keyFrames: Count,
  /** Key frame requests and packet requests sent to the presenter. */
  plisSent: Count,
  nacksSent: Count,
  /** Packets that never came. */
  lost: Count,
});

export const PeerStats = z.strictObject({
  peerId: PeerId,
  state: PeerState,
  packets: Count,
  bytes: Count,
  /** Packets that the device asked for again, and those of them that were sent. */
  nacks: Count,
  retransmitted: Count,
  /** Key frame requests (PLI and FIR) from the device. */
  plis: Count,
  /** Packets not sent because the device waits for a key frame, at first or because too much is lost. */
  skipped: Count,
  /** Share of packets lost over the last second or more, repeated ones not counted, 0 to 1; null before the first. */
  loss: z.number().min(0).max(1).nullable(),
  jitterMs: z.number().min(0).nullable(),
  rttMs: z.number().min(0).nullable(),
  /** The device's own estimate of what it can receive (REMB); null when it sends none. */
  estimatedBitsPerSecond: z.number().min(0).nullable(),
});
export type PeerStats = z.infer<typeof PeerStats>;

export const FromRelay = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('ready'),
    udpPort: z.int().min(1).max(65_535),
    pid: z.int().min(1),
    run: z.int().min(1),
  }),
  z.strictObject({ type: z.literal('source-signal'), signal: Signal }),
  z.strictObject({
    type: z.literal('source-state'),
    state: SourceState,
    generation: Generation,
    fingerprints: Fingerprints,
  }),
  z.strictObject({ type: z.literal('peer-signal'), peerId: PeerId, signal: Signal }),
  z.strictObject({
    type: z.literal('peer-state'),
    peerId: PeerId,
    state: PeerState,
    generation: Generation,
    fingerprints: Fingerprints,
  }),
  /** At regular intervals while there is a source or a peer. Counts run from the start of the process. */
  z.strictObject({
    type: z.literal('stats'),
    isPaused: z.boolean(),
    /** Messages from main that were refused. */
    errors: Count,
    source: SourceStats,
    peers: z.array(PeerStats).max(maxRelayPeers),
  }),
  z.strictObject({
    type: z.literal('error'),
    code: RelayErrorCode,
    peerId: PeerId.nullable(),
    detail: z.string().max(500),
  }),
]);
export type FromRelay = z.infer<typeof FromRelay>;
