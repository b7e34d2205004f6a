import { describe, expect, it } from 'vitest';
import { announcedFingerprint } from './fingerprint.ts';

const pairs = Array.from({ length: 32 }, (_, index) => index.toString(16).padStart(2, '0')).join(':');
const other = pairs.replace('00', 'ff');
const sdp = (...lines: string[]) =>
  ['v=0', 's=-', ...lines, 'm=video 9 UDP/TLS/RTP/SAVPF 96', ''].join('\r\n');

describe('the announced fingerprint', () => {
  it('is the one of the description, also when it is said twice', () => {
    expect(announcedFingerprint(sdp(`a=fingerprint:sha-256 ${pairs}`))).toBe(pairs.toUpperCase());
    const twice = sdp(`a=fingerprint:sha-256 ${pairs}`, `a=fingerprint:SHA-256 ${pairs.toUpperCase()}`);
    expect(announcedFingerprint(twice)).toBe(pairs.toUpperCase());
  });

  it.each([
    ['none', sdp()],
    ['two', sdp(`a=fingerprint:sha-256 ${pairs}`, `a=fingerprint:sha-256 ${other}`)],
    ['a weak hash', sdp(`a=fingerprint:sha-1 ${pairs.slice(0, 59)}`)],
    [
      'a weak hash beside a good one',
      sdp(`a=fingerprint:sha-256 ${pairs}`, `a=fingerprint:sha-1 ${pairs.slice(0, 59)}`),
    ],
    ['a short one', sdp(`a=fingerprint:sha-256 ${pairs.slice(3)}`)],
  ])('is not taken when there is %s', (_what, description) => {
    expect(announcedFingerprint(description)).toBeNull();
  });
});
