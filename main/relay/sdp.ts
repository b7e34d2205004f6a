// The few cuts to session descriptions (RFC 8866) that keep both ends to what the relay understands.
// Text in, text out; null or an empty answer means "not usable".
import { playoutDelayId, videoPayloadType } from './stream.ts';

const playoutDelayUri = 'http://www.webrtc.org/experiments/rtp-hdrext/playout-delay';

const linesOf = (sdp: string): string[] => sdp.split(/\r?\n/).filter((line) => line !== '');
const joined = (lines: readonly string[]): string => `${lines.join('\r\n')}\r\n`;
const payloadTypeOf = (line: string): string => /^a=(?:rtpmap|fmtp|rtcp-fb):(\d+)/.exec(line)?.[1] ?? '';
const keptFeedback = /^a=rtcp-fb:\d+ (?:nack|nack pli|ccm fir|goog-remb)$/;

export type SourceOffer = { readonly sdp: string; readonly payloadType: number };

/**
 * Reduces the presenter's offer to one VP8 stream without header extensions, retransmission stream, transport-wide
 * feedback and candidates with names instead of addresses. Null when it is not exactly one video line with VP8.
 */
export const reduceSourceOffer = (sdp: string): SourceOffer | null => {
  const lines = linesOf(sdp);
  const media = lines.filter((line) => line.startsWith('m='));
  const video = media[0];
  if (media.length !== 1 || video === undefined || !video.startsWith('m=video ')) return null;
  const offered = video.split(' ').slice(3);
  const vp8 = offered.find((type) =>
    lines.some((line) => line.toLowerCase() === `a=rtpmap:${type} vp8/90000`),
  );
  if (vp8 === undefined) return null;
  const kept = lines.filter((line) => {
    if (line.startsWith('a=extmap') || line.startsWith('a=rtcp-rsize') || line.startsWith('a=ssrc-group'))
      return false;
    if (line.startsWith('a=candidate:')) return isUsableCandidate(line.slice(2));
    if (line.startsWith('a=rtcp-fb:')) return payloadTypeOf(line) === vp8 && keptFeedback.test(line);
    return payloadTypeOf(line) === '' || payloadTypeOf(line) === vp8;
  });
  const head = video.split(' ').slice(0, 3).join(' ');
  return {
    sdp: joined(kept.map((line) => (line === video ? `${head} ${vp8}` : line))),
    payloadType: Number(vp8),
  };
};

/** Adds what Chromium reads of its peer's answer: where to start the encoder, in kb/s. */
export const withStartBitrate = (
  sdp: string,
  payloadType: number,
  startKbps: number,
  maxKbps: number,
): string =>
  joined([
    ...linesOf(sdp),
    `a=fmtp:${payloadType} x-google-start-bitrate=${startKbps};x-google-max-bitrate=${maxKbps}`,
  ]);

/** Adds to the offer for a device: full intra requests and frames shown without delay. */
export const completePeerOffer = (sdp: string): string =>
  joined([
    ...linesOf(sdp),
    `a=extmap:${playoutDelayId} ${playoutDelayUri}`,
    ...(sdp.includes('ccm fir') ? [] : [`a=rtcp-fb:${videoPayloadType} ccm fir`]),
  ]);

/** Drops the candidates of an answer that name hosts: nothing here ever asks a name server. */
export const withoutNamedCandidates = (sdp: string): string =>
  joined(linesOf(sdp).filter((line) => !line.startsWith('a=candidate:') || isUsableCandidate(line.slice(2))));

/**
 * True for a UDP host candidate with an address (RFC 8839 section 5.1). Names (mDNS) are left out: the
 * other end's checks reach the relay's own candidates and make its address known.
 */
export const isUsableCandidate = (candidate: string): boolean => {
  const parts = candidate.split(' ');
  const address = parts[4] ?? '';
  return (
    candidate.startsWith('candidate:') &&
    (parts[2] ?? '').toLowerCase() === 'udp' &&
    /^[0-9a-fA-F.:]+$/.test(address) &&
    parts[6] === 'typ' &&
    (parts[7] === 'host' || parts[7] === 'prflx')
  );
};
