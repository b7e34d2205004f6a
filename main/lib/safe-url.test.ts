import { describe, expect, it } from 'vitest';
import { readSafeUrl } from './safe-url.ts';

describe('an address for the browser', () => {
  it.each([
    ['https://www.example.org/a?b=c#d', 'https://www.example.org/a?b=c#d'],
    ['HTTPS://Example.ORG', 'https://example.org/'],
    ['https://192.168.1.10:8443/moodle', 'https://192.168.1.10:8443/moodle'],
    ['https://аpple.com/', 'https://xn--pple-43d.com/'],
    ['https://schule.köln/', 'https://schule.xn--kln-sna/'],
  ])('%s is opened as %s', (text, href) => {
    expect(readSafeUrl(text, false)).toEqual({ ok: true, value: { href } });
  });

  it.each([
    '',
    'example.org',
    '//example.org',
    'http://example.org',
    'https:example.org',
    'https:/example.org',
    'https:///example.org',
    'https://',
    'https://user@example.org',
    'https://user:secret@example.org',
    'https://example.org\\@evil.example',
    'https://exam\nple.org',
    'https://example.org/\u202egnp.exe',
    'https://example.org/ a',
    ' https://example.org',
    'https://exa%6dple..org',
    'file:///etc/passwd',
    '\\\\server\\share',
    'smb://server/share',
    'javascript:alert(1)',
    'data:text/html,hi',
    'ms-settings:',
    'ms-msdt:/id',
    'mailto:a@b.c',
    'view-source:https://example.org',
    'app://lehrpult/console/index.html',
    `https://example.org/${'a'.repeat(2_048)}`,
  ])('%s is refused', (text) => {
    expect(readSafeUrl(text, false)).toMatchObject({ ok: false, error: { code: 'bad-url' } });
  });

  it('is http only where the policy allows it', () => {
    expect(readSafeUrl('http://intranet/', true)).toEqual({ ok: true, value: { href: 'http://intranet/' } });
    expect(readSafeUrl('ftp://intranet/', true).ok).toBe(false);
  });
});
