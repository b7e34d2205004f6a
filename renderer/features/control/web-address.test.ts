import { describe, expect, it } from 'vitest';
import { toWebAddress } from './web-address.ts';

describe('typed web addresses', () => {
  it.each([
    ['de.wikipedia.org', 'https://de.wikipedia.org/'],
    [' de.wikipedia.org/wiki/Wald ', 'https://de.wikipedia.org/wiki/Wald'],
    ['//de.wikipedia.org', 'https://de.wikipedia.org/'],
    ['http://schule.example/a?b=1#c', 'http://schule.example/a?b=1#c'],
    ['HTTPS://Schule.Example', 'https://schule.example/'],
    ['10.20.0.5:8443/aufgabe', 'https://10.20.0.5:8443/aufgabe'],
    ['schule.example:8443', 'https://schule.example:8443/'],
  ])('%s becomes %s', (typed, whole) => {
    expect(toWebAddress(typed)).toBe(whole);
  });
  it('shows a look-alike name as what it really is', () => {
    expect(toWebAddress('wikipediа.org')).toBe('https://xn--wikipedi-86g.org/');
  });
  it.each([
    '',
    '   ',
    'wald',
    'zwei worte.de',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'https://',
    'mailto:a@b.de',
  ])('gives nothing for "%s"', (typed) => {
    expect(toWebAddress(typed)).toBeNull();
  });
});
