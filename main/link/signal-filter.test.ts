import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxSdpLength, Signal } from '../../shared/protocol/signal.ts';
import { createFakeClock } from '../lib/fake-clock.ts';
import {
  createSignalFilter,
  filterDescription,
  filterSignal,
  maxCandidates,
  type OwnAddress,
  reachableFrom,
  readOwnAddresses,
  type SignalLoss,
} from './signal-filter.ts';

const own: OwnAddress[] = [
  { address: '127.0.0.1', prefix: 8 },
  { address: '::1', prefix: 128 },
  { address: '10.20.0.5', prefix: 24 },
  { address: '192.168.7.5', prefix: 24 },
  { address: 'fd12::5', prefix: 64 },
  { address: 'fe80::5', prefix: 64 },
];
const peer = '10.20.0.77';
const isReachable = reachableFrom(peer, own);

const candidate = (
  address: string,
  changes: { type?: string; transport?: string; port?: number; rest?: string } = {},
) =>
  `candidate:1467250027 1 ${changes.transport ?? 'udp'} 2122260223 ${address} ${changes.port ?? 50_123} typ ${changes.type ?? 'host'}${changes.rest ?? ' generation 0 ufrag EsAw network-id 1 network-cost 10'}`;
const candidateSignal = (text: string): Signal => ({
  kind: 'candidate',
  candidate: text,
  sdpMid: '0',
  sdpMLineIndex: 0,
  generation: 3,
});
const fingerprint = `sha-256 ${Array.from({ length: 32 }, (_item, index) => (index + 16).toString(16).toUpperCase()).join(':')}`;
const otherFingerprint = fingerprint.replace('10', 'FF');
const description = (...lines: string[]) =>
  `${[
    'v=0',
    'o=- 4611731400430051336 2 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'a=msid-semantic: WMS',
    'm=video 9 UDP/TLS/RTP/SAVPF 96 97',
    'c=IN IP4 0.0.0.0',
    'a=rtcp:9 IN IP4 0.0.0.0',
    'a=ice-ufrag:EsAw',
    'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1',
    `a=fingerprint:${fingerprint}`,
    'a=setup:actpass',
    'a=mid:0',
    'a=sendonly',
    'a=rtpmap:96 VP8/90000',
    'a=rtcp-fb:96 nack pli',
    'a=fmtp:97 apt=96',
    ...lines,
  ].join('\r\n')}\r\n`;

describe('[LK34] a candidate', () => {
  const taken = [peer, '10.20.0.1', '10.20.0.254', '::ffff:10.20.0.9'];
  it.each(taken)('at %s, where the peer can be, is passed on as it is', (address) => {
    const signal = candidateSignal(candidate(address));
    expect(filterSignal(signal, isReachable)).toEqual({ signal, losses: [] });
  });

  const dropped: [string, string][] = [
    ['elsewhere', candidate('203.0.113.7')],
    ['in another subnet of ours', candidate('192.168.7.9')],
    ['in IPv6 when the peer is not', candidate('fd12::9')],
    ['on loopback', candidate('127.0.0.1')],
    ['nowhere', candidate('0.0.0.0')],
    ['with a name', candidate('8b6d7d0c-5a6e-4d2f-9c53-3d9d7d0f4b11.local')],
    ['with a name that looks like an address', candidate('10.20.0.300')],
    ['in octal', candidate('10.20.0.011')],
    ['as one number', candidate('169083981')],
    ['of a reflecting server', candidate(peer, { type: 'srflx', rest: ' raddr 10.20.0.1 rport 9' })],
    ['of a relaying server', candidate(peer, { type: 'relay', rest: ' raddr 10.20.0.1 rport 9' })],
    ['of a peer’s guess', candidate(peer, { type: 'prflx' })],
    ['over another transport', candidate(peer, { transport: 'sctp' })],
    ['on port 0', candidate(peer, { port: 0 })],
    ['on port 65536', candidate(peer, { port: 65_536 })],
    ['with half an extension', candidate(peer, { rest: ' generation' })],
    ['with too many extensions', candidate(peer, { rest: ' a b'.repeat(13) })],
    ['that is none', 'candidate:'],
    ['with a second line', `${candidate(peer)}\r\na=candidate:1`],
  ];
  it.each(dropped)('%s is dropped and counted', (_where, text) => {
    expect(filterSignal(candidateSignal(text), isReachable)).toEqual({
      signal: null,
      losses: ['signal-candidate-dropped'],
    });
  });

  it('over TCP and the end of candidates are passed on', () => {
    for (const text of [candidate(peer, { transport: 'tcp', port: 9, rest: ' tcptype active' }), '']) {
      expect(filterSignal(candidateSignal(text), isReachable).losses).toEqual([]);
    }
  });

  it('of a peer on this very machine may be at any address of it and nowhere else', () => {
    for (const here of ['127.0.0.1', '127.0.3.9', '::1', '10.20.0.5', 'fd12::5', '::ffff:127.0.0.1']) {
      const reaches = reachableFrom(here, own);
      for (const { address } of own) expect(reaches(address)).toBe(true);
      expect(reaches('203.0.113.7')).toBe(false);
    }
    // Its subnet is ours only on the interface where the peer is.
    expect(reachableFrom('127.0.0.1', own)('10.20.0.77')).toBe(false);
    expect(reachableFrom('127.0.0.1', own)('127.0.0.77')).toBe(true);
  });

  it('of a peer behind a router is at the peer’s own address only', () => {
    const reaches = reachableFrom('172.16.4.4', own);
    expect(['172.16.4.4', '172.16.4.5', '10.20.0.5'].map(reaches)).toEqual([true, false, false]);
  });

  it('of a peer with a link-local address is on that link', () => {
    const reaches = reachableFrom('fe80::99%eth0', own);
    expect(['fe80::99', 'fe80:0::1', 'fd12::9', '10.20.0.9'].map(reaches)).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  it('of nobody we know an address of is nowhere', () => {
    expect(['', '10.20.0.5', '127.0.0.1'].map(reachableFrom('', own))).toEqual([false, false, false]);
  });
});

describe('[LK35] a description', () => {
  const lossesOf = (sdp: string) => filterDescription(sdp, isReachable)?.losses ?? 'refused';

  it('with one certificate is passed on as it is', () => {
    const sdp = description(`a=${candidate(peer)}`, 'a=end-of-candidates');
    expect(filterDescription(sdp, isReachable)).toEqual({ sdp, losses: [] });
    const signal: Signal = { kind: 'offer', sdp, generation: 1 };
    expect(filterSignal(signal, isReachable)).toEqual({ signal, losses: [] });
  });

  it('may say the one certificate more than once, in any spelling of its digits', () => {
    expect(lossesOf(description(`a=fingerprint:${fingerprint.toLowerCase()}`))).toEqual([]);
  });

  const refused: [string, string][] = [
    ['two certificates', description(`a=fingerprint:${otherFingerprint}`)],
    ['no certificate', description().replace(/a=fingerprint.*\r\n/, '')],
    [
      'another hash',
      description('a=fingerprint:sha-1 00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33'),
    ],
    ['a stronger hash beside it', description(`a=fingerprint:sha-512 ${'AB:'.repeat(63)}AB`)],
    ['a fingerprint that is too short', description().replace(fingerprint, fingerprint.slice(0, -3))],
    ['a fingerprint with something behind it', description(`a=fingerprint:${fingerprint} x`)],
    ['a fingerprint in other letters', description(`A=Fingerprint:${otherFingerprint}`)],
    ['a fingerprint attribute spelt otherwise', description(`a=FINGERPRINT:${otherFingerprint}`)],
    ['media in clear', description('m=video 9 RTP/AVP 96')],
    ['a key in the line', description('k=clear:secret')],
    ['an unknown line type', description('x=1')],
    ['a line that is none', description('hello')],
    [
      'too many media lines',
      description(...Array.from({ length: 8 }, () => 'm=video 9 UDP/TLS/RTP/SAVPF 96')),
    ],
    ['too many candidates', description(...Array.from({ length: 65 }, () => `a=${candidate(peer)}`))],
    ['too many lines', description(...Array.from({ length: 1_500 }, () => 'a=mid:0'))],
    ['a line that is too long', description(`a=fmtp:96 ${'x'.repeat(2_048)}`)],
    ['another beginning', `a=mid:0\r\n${description()}`],
  ];
  it.each(refused)('with %s is not passed on', (_what, sdp) => {
    expect(filterDescription(sdp, isReachable)).toBeNull();
    expect(filterSignal({ kind: 'answer', sdp, generation: 0 }, isReachable)).toEqual({
      signal: null,
      losses: ['signal-refused'],
    });
  });

  it('loses candidates and attributes that have no business here', () => {
    const sdp = description(
      `a=${candidate('203.0.113.7')}`,
      `a=${candidate('host.local')}`,
      `a=${candidate(peer)}`,
      'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x',
      'a=identity:x',
    );
    const kept = filterDescription(sdp, isReachable);
    expect(kept?.sdp).toBe(description(`a=${candidate(peer)}`));
    expect(kept?.losses).toEqual([
      'signal-candidate-dropped',
      'signal-candidate-dropped',
      'signal-line-dropped',
      'signal-line-dropped',
    ]);
  });

  it('names no foreign address in its lines either', () => {
    const sdp = description()
      .replace('c=IN IP4 0.0.0.0', 'c=IN IP4 203.0.113.7')
      .replace('9 IN IP4 0.0.0.0', '9 IN IP6 2001:db8::1');
    expect(filterDescription(sdp, isReachable)?.sdp).toBe(description());
    const own = description().replace('c=IN IP4 0.0.0.0', `c=IN IP4 ${peer}`);
    expect(filterDescription(own, isReachable)?.sdp).toBe(own);
  });
});

describe('the filter of a connection', () => {
  const open = () => {
    const clock = createFakeClock();
    const losses: SignalLoss[] = [];
    let reads = 0;
    let addresses: readonly OwnAddress[] = own;
    const filter = createSignalFilter({
      peerAddress: peer,
      clock,
      onLoss: (loss) => losses.push(loss),
      readOwn: () => {
        reads += 1;
        return addresses;
      },
    });
    const setOwn = (next: readonly OwnAddress[]) => {
      addresses = next;
    };
    return { clock, losses, filter, reads: () => reads, setOwn };
  };

  it('[LK34] takes 64 candidates of each description and counts the rest', () => {
    const { filter, losses } = open();
    const signal = candidateSignal(candidate(peer));
    for (let index = 0; index < maxCandidates; index += 1) expect(filter('screen', signal)).toEqual(signal);
    expect(filter('screen', signal)).toBeNull();
    expect(losses).toEqual(['signal-candidate-dropped']);
    expect(filter('presentation', signal)).toEqual(signal);
    // An ICE restart on the same connection begins with a description.
    expect(filter('screen', { kind: 'answer', sdp: description(), generation: 3 })).not.toBeNull();
    expect(filter('screen', signal)).toEqual(signal);
  });

  it('[LK34] follows a change of our own addresses, and asks for them at most once in 2 s', () => {
    const { clock, filter, reads, setOwn } = open();
    const near = candidateSignal(candidate('10.20.0.9'));
    for (let index = 0; index < 50; index += 1) filter('screen', near);
    expect(reads()).toBe(1);
    setOwn([{ address: '10.20.0.5', prefix: 32 }]);
    clock.advance(2_000);
    expect(filter('screen', near)).toBeNull();
    expect(reads()).toBe(2);
  });

  it('passes on what names no address', () => {
    const { filter, losses } = open();
    for (const kind of ['end-of-candidates', 'restart', 'bye'] as const) {
      expect(filter('screen', { kind, generation: 1 })).toEqual({ kind, generation: 1 });
    }
    expect(losses).toEqual([]);
  });
});

it('reads the addresses of this machine', () => {
  const read = readOwnAddresses();
  expect(read).toContainEqual({ address: '127.0.0.1', prefix: 8 });
  const reaches = reachableFrom('127.0.0.1', read);
  for (const { address } of read) expect(reaches(address)).toBe(true);
});

describe('whatever comes', () => {
  const printable = fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  });
  const lines = description(`a=${candidate(peer)}`, `a=${candidate('203.0.113.7')}`).split('\r\n');
  const pieces = fc.oneof(
    printable,
    fc.constantFrom(
      ...lines,
      `a=fingerprint:${otherFingerprint}`,
      `a=${candidate('8.8.8.8')}`,
      'c=IN IP4 8.8.8.8',
    ),
    fc
      .tuple(fc.constantFrom('a=candidate:', 'a=fingerprint:sha-256 ', 'm=', 'c='), printable)
      .map((two) => two.join('')),
  );

  it('[LK35] a description that passes has one certificate, only reachable candidates, and passes again unchanged', () => {
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 40 }), (more) => {
        const sdp = [...lines.slice(0, -1), ...more].join('\r\n').slice(0, maxSdpLength);
        if (!Signal.safeParse({ kind: 'offer', sdp, generation: 0 }).success) return;
        const once = filterDescription(sdp, isReachable);
        if (once === null) return;
        const found = [...once.sdp.matchAll(/^a=fingerprint:(.*)\r$/gim)].map((match) =>
          match[1]?.toUpperCase(),
        );
        expect(new Set(found).size).toBe(1);
        expect(found[0]).toMatch(/^SHA-256 /);
        expect(once.sdp).not.toMatch(/8\.8\.8\.8|203\.0\.113\.7/);
        expect(filterDescription(once.sdp, isReachable)).toEqual({ sdp: once.sdp, losses: [] });
      }),
      { numRuns: 400 },
    );
  });

  it('[LK34] a candidate that passes is at a reachable address', () => {
    const address = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom(peer, '10.20.0.1'), printable);
    fc.assert(
      fc.property(address, printable, (where, rest) => {
        const { signal } = filterSignal(candidateSignal(candidate(where, { rest })), isReachable);
        if (signal !== null) expect(isReachable(where)).toBe(true);
      }),
      { numRuns: 400 },
    );
  });

  it('takes a description of the greatest length in no time', () => {
    const hostile = [
      `a=candidate:${'a'.repeat(30)}`,
      `a=fingerprint:sha-256 ${'00:'.repeat(600)}`,
      `c=${' '.repeat(1_900)}`,
    ];
    for (const line of hostile) {
      const sdp = `v=0\r\n${`${line}\r\n`.repeat(Math.floor(60_000 / line.length))}`;
      const startMs = performance.now();
      filterDescription(sdp, isReachable);
      expect(performance.now() - startMs).toBeLessThan(200);
    }
  });
});
