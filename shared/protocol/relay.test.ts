import { describe, expect, it } from 'vitest';
import { FromRelay, ToRelay } from './relay.ts';
import { maxCandidateLength, maxSdpLength, Signal } from './signal.ts';

const offer = { kind: 'offer', sdp: 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n', generation: 1 };

describe('signals', () => {
  it('takes every kind as it is sent', () => {
    const signals = [
      offer,
      { ...offer, kind: 'answer' },
      {
        kind: 'candidate',
        candidate: 'candidate:1 1 UDP 1 10.0.0.1 9 typ host',
        sdpMid: '0',
        sdpMLineIndex: 0,
        generation: 3,
      },
      { kind: 'candidate', candidate: '', sdpMid: null, sdpMLineIndex: null, generation: 3 },
      { kind: 'end-of-candidates', generation: 3 },
      { kind: 'restart', generation: 3 },
      { kind: 'bye', generation: 3 },
    ];
    for (const signal of signals) expect(Signal.parse(signal)).toEqual(signal);
  });

  it.each([
    ['a description above the limit', { ...offer, sdp: `v=0\r\n${'a'.repeat(maxSdpLength)}` }],
    ['a description that is none', { ...offer, sdp: '<script>' }],
    ['control characters in a description', { ...offer, sdp: 'v=0\r\ns=\u0000\r\n' }],
    ['an unknown field', { ...offer, extra: 1 }],
    ['an unknown kind', { kind: 'hello', generation: 1 }],
    ['a generation that is no count', { ...offer, generation: -1 }],
    ['a fractional generation', { ...offer, generation: 1.5 }],
    [
      'a candidate above the limit',
      {
        kind: 'candidate',
        candidate: 'x'.repeat(maxCandidateLength + 1),
        sdpMid: '0',
        sdpMLineIndex: 0,
        generation: 1,
      },
    ],
    [
      'a candidate of two lines',
      { kind: 'candidate', candidate: 'a\r\nb', sdpMid: '0', sdpMLineIndex: 0, generation: 1 },
    ],
  ])('refuses %s', (_name, signal) => {
    expect(Signal.safeParse(signal).success).toBe(false);
  });
});

describe('control messages', () => {
  it.each([
    ['an unknown type', { type: 'run', command: 'id' }],
    ['a peer id with a path in it', { type: 'peer-add', peerId: '../x' }],
    ['an empty peer id', { type: 'peer-add', peerId: '' }],
    ['a port outside the range', { type: 'start', udpPort: 65_536, bindAddress: null, run: 1 }],
    ['a host name as address', { type: 'start', udpPort: 0, bindAddress: 'example.org', run: 1 }],
    ['a signal inside that is wrong', { type: 'source-signal', signal: { kind: 'offer' } }],
    ['no object at all', 'shutdown'],
  ])('refuses %s', (_name, message) => {
    expect(ToRelay.safeParse(message).success).toBe(false);
  });

  it('takes a fingerprint only as 32 pairs', () => {
    const state = (remote: string) => ({
      type: 'peer-state',
      peerId: 'a',
      state: 'connected',
      generation: 1,
      fingerprints: { local: null, remote },
    });
    expect(FromRelay.safeParse(state(Array(32).fill('AB').join(':'))).success).toBe(true);
    expect(FromRelay.safeParse(state(Array(20).fill('AB').join(':'))).success).toBe(false);
  });
});
