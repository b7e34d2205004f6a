// T14: addresses that must never reach a browser, and such that must, in the one function that opens them.
import fc from 'fast-check';
import { readSafeUrl } from '../../main/lib/safe-url.ts';
import { attack } from './attack-table.ts';

const schemes = [
  ...[
    'file:///etc/passwd',
    'file://server/share/a.exe',
    'file:C:/Windows/System32/calc.exe',
    'FILE:///C:/a.lnk',
  ],
  ...['smb://server/share', 'smb:\\\\server\\share', 'nfs://server/x', 'afp://server/x', 'ftp://server/x'],
  ...['sftp://server/x', 'ssh://-oProxyCommand=calc/x', 'telnet://server', 'gopher://server', 'dav://server'],
  ...[
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'javascript://example.org/%0aalert(1)',
    'vbscript:msgbox(1)',
  ],
  ...['data:text/html,<script>1</script>', 'data:text/html;base64,PGI+', 'blob:https://example.org/1'],
  ...[
    'about:blank',
    'view-source:https://example.org',
    'chrome://settings',
    'edge://settings',
    'devtools://x',
  ],
  ...['ms-settings:', 'ms-msdt:/id PCWDiagnostic', 'ms-officecmd:{}', 'ms-word:ofe|u|https://example.org'],
  ...[
    'ms-cxh-full://0',
    'ms-screenclip:',
    'ms-search:query',
    'search-ms:query=x',
    'ms-appinstaller:?source=x',
  ],
  ...[
    'shell:startup',
    'mailto:a@b.c?subject=x',
    'tel:+49123',
    'sms:1',
    'callto:x',
    'steam://run/1',
    'zoommtg://x',
  ],
  ...['intent://x#Intent;end', 'market://x', 'itms://x', 'x-apple.systempreferences:', 'ldap://server/x'],
  ...[
    'jar:https://example.org!/x',
    'res://x',
    'hcp://x',
    'mk:@MSITStore:x',
    'wscript:x',
    'ws://x',
    'wss://x',
  ],
  ...['app://lehrpult/console/index.html', 'http://example.org', 'HTTP://example.org', 'httpx://example.org'],
];

const paths = [
  ...[
    '\\\\server\\share',
    '\\\\?\\C:\\x',
    '\\\\.\\pipe\\x',
    '//server/share',
    '///server/share',
    'C:\\x.exe',
    'C:/x',
  ],
  ...[
    '/etc/passwd',
    './x',
    '../x',
    'x',
    'example.org',
    'www.example.org',
    'localhost',
    '%2f%2fexample.org',
    '',
  ],
];

const disguises = [
  ...[' https://example.org', 'https://example.org ', '\thttps://example.org', '\nhttps://example.org'],
  ...[
    'ht\ntps://example.org',
    'https\n://example.org',
    'https://exa\tmple.org',
    'https://example.org\r\nX: y',
  ],
  ...['https://example.org/\0.exe', '\0https://example.org', 'https://example.org/\u202egpj.exe'],
  ...[
    'https://example.org/\u2066x',
    'https://\u200bexample.org',
    'https://exam\u00adple.org',
    '\ufeffhttps://a.b',
  ],
  ...[
    'https://example.org\\@evil.example',
    'https:\\\\example.org',
    'https:/\\example.org',
    'https:example.org',
  ],
  ...[
    'https:/example.org',
    'https:///example.org',
    'https:////example.org',
    'https://',
    'https://?',
    'https://#',
  ],
  ...['https://user@example.org', 'https://user:pass@example.org', 'https://example.org@evil.example/'],
  ...[
    'https://@example.org',
    'https://:@example.org',
    'https://example.org:443@evil.example',
    'https://a%40b@c.d',
  ],
  ...['https://exa%6dple..org', 'https://.example.org', 'https://exam ple.org', 'https://example.org:99999'],
  ...[
    'https://example.org:port',
    'https://[::1',
    'https://[v1.x]',
    'https://1.2.3.4.5.6',
    'https://256.1.1.1',
  ],
  ...[
    'https://xn--',
    'https://xn--a',
    'https://xn--99999999',
    'https://exam<ple.org',
    'https://exam|ple.org',
  ],
  ...[
    'https://exam^ple.org',
    'https://example.org/ a',
    'https://example.org/\u2028',
    'https://example.org/\u00a0',
  ],
  ...[
    'https://example.org/\ud800',
    `https://example.org/${'a'.repeat(2_048)}`,
    `https://${'a'.repeat(70)}\u0000`,
  ],
];

const good: readonly (readonly [string, string])[] = [
  ['https://example.org', 'https://example.org/'],
  ['https://192.168.178.20:8443/moodle/?id=7#top', 'https://192.168.178.20:8443/moodle/?id=7#top'],
  ['https://[2001:db8::1]/', 'https://[2001:db8::1]/'],
  ['https://localhost:3000/', 'https://localhost:3000/'],
  ['https://de.wikipedia.org/wiki/Schrödinger', 'https://de.wikipedia.org/wiki/Schr%C3%B6dinger'],
];

/** Look-alikes show themselves: what is opened is spelled in ASCII. */
const lookAlikes = [
  'https://аррӏе.com/',
  'https://gооgle.com/',
  'https://wikipediа.org/',
  'https://ｅxample.org/',
];

attack({
  id: 'T14',
  title: 'addresses that are no web page',
  control: () =>
    good.every(([text, href]) => {
      const read = readSafeUrl(text, false);
      return read.ok && read.value.href === href;
    }) && readSafeUrl('http://intranet.schule/', true).ok,
  async attempts(tally) {
    for (const text of [...schemes, ...paths, ...disguises])
      await tally.attempt(JSON.stringify(text).slice(0, 80), () => readSafeUrl(text, false).ok);
    // A policy that allows http allows http, and nothing else of all this.
    for (const text of [...schemes.filter((each) => !/^http:/i.test(each)), ...paths, ...disguises])
      await tally.attempt(
        `with http: ${JSON.stringify(text).slice(0, 80)}`,
        () => readSafeUrl(text, true).ok,
      );
    for (const text of lookAlikes)
      await tally.attempt(text, () => {
        const read = readSafeUrl(text, false);
        return read.ok && !/^https:\/\/[a-z0-9.-]+\/$/.test(read.value.href);
      });
    const seed = Date.now() % 2 ** 31;
    tally.figure('seed', String(seed));
    const piece = fc.constantFrom(
      'https',
      'http',
      'file',
      'data',
      ':',
      '/',
      '\\',
      '@',
      '%',
      '.',
      'a',
      '\t',
      'ä',
      '#',
      '?',
    );
    for (const text of fc.sample(
      fc.oneof(fc.webUrl(), fc.string({ unit: piece, maxLength: 24 }), fc.string()),
      {
        seed,
        numRuns: 5_000,
      },
    ))
      await tally.attempt(`random ${JSON.stringify(text).slice(0, 80)}`, () => {
        const read = readSafeUrl(text, false);
        return read.ok && !/^https:\/\/[^@\s\\/]+\/[\x21-\x7e]*$/.test(read.value.href);
      });
  },
});
