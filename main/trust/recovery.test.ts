import jsQr from 'jsqr';
import { beforeAll, describe, expect, it } from 'vitest';
import type { KeyAndCertificate } from './identity.ts';
import { recoverSchool, recoveryCode, splitRecoveryText } from './recovery.ts';
import { drawRecoverySheet, recoverySheetHtml } from './recovery-sheet.ts';
import { createSchool, openSchool } from './school-authority.ts';

let school: KeyAndCertificate;
let code = '';
beforeAll(async () => {
  school = await createSchool(Date.now());
  code = recoveryCode(school.privateKeyPem);
});
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

describe('the recovery code', () => {
  it('gives the key back however it is typed', () => {
    const asTyped = [
      code,
      code.toLowerCase(),
      code.replaceAll('-', ' '),
      code.replaceAll('-', ''),
      code.slice('LPR1-'.length),
      ` ${code.replaceAll('0', 'O').replaceAll('1', 'l')}\n`,
    ];
    for (const typed of asTyped) {
      const recovered = recoverSchool(typed, school.certificatePem);
      expect(recovered).toMatchObject({ ok: true, value: { privateKeyPem: school.privateKeyPem } });
    }
  });

  it('tells any one wrong character', () => {
    const start = 'LPR1-'.length;
    for (let at = start; at < code.length; at += 1) {
      const character = code.charAt(at);
      if (character === '-') continue;
      const other = alphabet.charAt((alphabet.indexOf(character) + 7) % 32);
      const typed = code.slice(0, at) + other + code.slice(at + 1);
      expect(recoverSchool(typed, school.certificatePem)).toMatchObject({
        error: { code: 'recovery-checksum' },
      });
    }
  });

  it('tells what is no code at all', () => {
    for (const typed of [
      '',
      'LPR1-',
      code.slice(0, -1),
      `${code}0`,
      code.replace(/.$/, '%'),
      'x'.repeat(5_000),
    ]) {
      expect(recoverSchool(typed, school.certificatePem)).toMatchObject({
        error: { code: 'recovery-malformed' },
      });
    }
  });

  it('tells another school, and what is no certificate', async () => {
    const other = await createSchool(Date.now());
    expect(recoverSchool(code, other.certificatePem)).toMatchObject({
      error: { code: 'recovery-other-certificate' },
    });
    expect(recoverSchool(code, 'nothing')).toMatchObject({ error: { code: 'recovery-bad-certificate' } });
  });
});

/** The squares of the sheet's QR code as pixels, read as a scanner would. */
function scan(html: string): string | undefined {
  const svg = /<svg[^>]*viewBox="0 0 (\d+) \d+".*?<\/svg>/s.exec(html);
  const side = Number(svg?.[1]);
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [, left, top, width, height] of (svg?.[0] ?? '').matchAll(/M(\d+),(\d+)h(\d+)v(\d+)/g)) {
    for (let y = Number(top); y < Number(top) + Number(height); y += 1) {
      const from = (y * side + Number(left)) * 4;
      for (let x = 0; x < Number(width); x += 1) pixels.set([0, 0, 0], from + x * 4);
    }
  }
  return jsQr(pixels, side, side)?.data;
}

describe('the recovery sheet', () => {
  it('holds all that is needed in its QR code', async () => {
    const html = drawRecoverySheet(await openSchool(school), { language: 'de' });
    const split = splitRecoveryText(scan(html) ?? '');
    const recovered = recoverSchool(split.code, split.certificatePem ?? '');
    expect(recovered).toMatchObject({ ok: true, value: { privateKeyPem: school.privateKeyPem } });
    expect(splitRecoveryText(code)).toEqual({ code, certificatePem: null });
  });

  it('shows code and fingerprint to people, in both languages, and loads and runs nothing', async () => {
    const root = await openSchool(school);
    for (const [language, title] of [
      ['de', 'Wiederherstellungsblatt'],
      ['en', 'Recovery sheet'],
    ] as const) {
      const html = drawRecoverySheet(root, { language, schoolName: 'Schule am See' });
      expect(html).toContain(`<html lang="${language}">`);
      expect(html).toContain(title);
      expect(html).toContain('Schule am See');
      for (const group of code.split('-')) expect(html).toContain(`<span>${group}</span>`);
      expect(html.replaceAll(' ', '')).toContain(root.fingerprint.toUpperCase());
      expect(html).toContain("default-src 'none'");
      expect(html).not.toMatch(/<script|\son[a-z]+=|<link|<img|@import|url\(/i);
      // A namespace is the only address in it.
      expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:/);
    }
  });

  it('takes a school’s name for text', () => {
    const html = recoverySheetHtml({
      schoolName: '<script>alert("1")</script>\'&',
      fingerprint: 'ab',
      code,
      certificatePem: '</pre><b>',
      language: 'en',
      qrSvg: '<svg></svg>',
    });
    expect(html).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;');
    expect(html).not.toContain('<script');
    expect(html).not.toContain('<b>');
  });
});
