// What somebody between the two ends of a WebRTC conversation makes of its descriptions. Text in, text out.
import type { Signal } from '../../shared/protocol/signal.ts';

const fingerprintLine = /^a=fingerprint:sha-256 [0-9A-F:]+$/gim;
const foreign = Array.from({ length: 32 }, (_, index) => (index + 160).toString(16).toUpperCase()).join(':');
const ways = {
  /** Another key than the one of the handshake. */
  other: () => `a=fingerprint:sha-256 ${foreign}`,
  /** The right key and another one: either would do. */
  two: (line: string) => `${line}\r\na=fingerprint:sha-256 ${foreign}`,
  /** A hash that can be forged. */
  sha1: () => `a=fingerprint:sha-1 ${foreign.slice(0, 59)}`,
  /** The right key and a hash that can be forged. */
  besides: (line: string) => `${line}\r\na=fingerprint:sha-1 ${foreign.slice(0, 59)}`,
  none: () => 'a=mid-less:0',
} satisfies Record<string, (line: string) => string>;

export type Forgery = keyof typeof ways;
export const forgeries = Object.keys(ways) as Forgery[];

/** The same description with other keys. Throws when there was none to change: nothing would have been forged. */
export const forgedSdp = (sdp: string, how: Forgery): string => {
  const lines = sdp.replaceAll('\r\n', '\n');
  if (!new RegExp(fingerprintLine).test(lines)) throw new Error('no fingerprint to forge');
  return lines.replace(fingerprintLine, (line) => ways[how](line)).replaceAll(/\r?\n/g, '\r\n');
};

/** Forges descriptions of that kind, leaves every other signal alone. */
export const forged = (signal: Signal, kind: 'offer' | 'answer', how: Forgery): Signal =>
  signal.kind === kind ? { ...signal, sdp: forgedSdp(signal.sdp, how) } : signal;
