import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatToken, parseToken } from './enrolment-token.ts';

const token = {
  secret: Uint8Array.from({ length: 16 }, (_, index) => index * 16),
  fingerprint: 'ab'.repeat(32),
  expiresAt: 1_800_000_000_000,
  addresses: ['192.0.2.10:47100', '[2001:db8::1]:47100', 'console.school.example:1'],
};

describe('an enrolment token', () => {
  it('says after reading what was put in, for every secret, time and address', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        fc.array(fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 65_535 })), { minLength: 1, maxLength: 8 }),
        (secret, print, minutes, hosts) => {
          const made = {
            secret,
            fingerprint: Buffer.from(print).toString('hex'),
            expiresAt: minutes * 60_000,
            addresses: hosts.map(([host, port]) => `${host}:${port}`),
          };
          expect(parseToken(formatToken(made))).toEqual({ ok: true, value: made });
        },
      ),
    );
  });

  it('survives being typed: case, blanks, line breaks, missing hyphens, O for 0, I and L for 1', () => {
    const text = formatToken(token);
    const typed = [
      text.toLowerCase(),
      ` ${text.replaceAll('-', ' ')}\r\n`,
      text.replaceAll('-', ''),
      text.replaceAll('0', 'o').replaceAll('1', 'l'),
      text.replaceAll('1', 'I'),
      text.replace(/(.{20})/g, '$1\n'),
    ];
    for (const variant of typed) expect(parseToken(variant)).toEqual({ ok: true, value: token });
  });

  it('is short enough for a QR code and uses only its compact alphabet', () => {
    const text = formatToken({ ...token, addresses: ['192.168.100.200:47100'] });
    expect(text).toMatch(/^LP1-[0-9A-Z-]+$/);
    expect(text.length).toBeLessThan(170);
  });

  it('notices every single wrong character', () => {
    const text = formatToken(token);
    for (let index = 4; index < text.length; index += 1) {
      const right = text.charAt(index);
      if (right === '-') continue;
      const wrong = right === '7' ? '8' : '7';
      expect(parseToken(text.slice(0, index) + wrong + text.slice(index + 1)).ok).toBe(false);
    }
  });

  it('refuses anything else as malformed, quickly', () => {
    const strange = [
      '',
      'LP1-',
      'LP2-00000',
      'x'.repeat(100_000),
      `LP1-${'0'.repeat(1_000)}`,
      'LP1-ÄÖÜ',
      '\0',
    ];
    for (const text of strange) {
      expect(parseToken(text)).toMatchObject({ ok: false, error: { code: 'token-malformed' } });
    }
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (text) => {
        expect(parseToken(`LP1-${text}`).ok).toBe(false);
      }),
    );
  });
});
