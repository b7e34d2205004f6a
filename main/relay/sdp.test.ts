import { describe, expect, it } from 'vitest';
import { completePeerOffer, isUsableCandidate, reduceSourceOffer, withoutNamedCandidates } from './sdp.ts';

const offer = (media: string[]): string => `${['v=0', 's=-', 't=0 0', ...media].join('\r\n')}\r\n`;
const video = [
  'm=video 9 UDP/TLS/RTP/SAVPF 96 97 98',
  'a=extmap:1 urn:ietf:params:rtp-hdrext:toffset',
  'a=rtpmap:96 VP8/90000',
  'a=rtcp-fb:96 nack',
  'a=rtcp-fb:96 transport-cc',
  'a=rtpmap:97 rtx/90000',
  'a=fmtp:97 apt=96',
  'a=rtpmap:98 H264/90000',
  'a=candidate:1 1 udp 2113937151 5f2c.local 50000 typ host',
  'a=candidate:1 1 udp 2113937151 10.0.0.7 50000 typ host',
];

describe('descriptions', () => {
  it('leaves one codec, no extensions, no second stream, no names', () => {
    const reduced = reduceSourceOffer(offer(video));
    expect(reduced?.payloadType).toBe(96);
    expect(reduced?.sdp).toContain('m=video 9 UDP/TLS/RTP/SAVPF 96\r\n');
    for (const gone of ['extmap', 'transport-cc', 'rtx', 'H264', '.local', 'apt='])
      expect(reduced?.sdp).not.toContain(gone);
    expect(reduced?.sdp).toContain('10.0.0.7');
  });

  it.each([
    ['nothing', []],
    ['sound alone', ['m=audio 9 UDP/TLS/RTP/SAVPF 111']],
    ['two pictures', [...video, ...video]],
    ['no VP8', ['m=video 9 UDP/TLS/RTP/SAVPF 98', 'a=rtpmap:98 H264/90000']],
  ])('refuses %s', (_name, media) => {
    expect(reduceSourceOffer(offer(media))).toBeNull();
  });

  it.each([
    ['candidate:1 1 UDP 2114977791 192.0.2.2 48267 typ host', true],
    ['candidate:1 1 udp 2114977791 fd00::2 48267 typ host generation 0', true],
    ['candidate:1 1 udp 2114977791 abc.local 48267 typ host', false],
    ['candidate:1 1 udp 2114977791 attacker.example 48267 typ host', false],
    ['candidate:1 1 tcp 2114977791 192.0.2.2 9 typ host tcptype active', false],
    ['candidate:1 1 udp 2114977791 192.0.2.2 9 typ relay', false],
    ['', false],
  ])('%s is usable: %s', (candidate, isUsable) => {
    expect(isUsableCandidate(candidate)).toBe(isUsable);
  });

  it('drops named candidates from an answer', () => {
    expect(withoutNamedCandidates(offer(video))).not.toContain('.local');
  });

  it('asks for frames without delay', () => {
    expect(completePeerOffer(offer(video))).toContain('playout-delay\r\n');
  });
});
