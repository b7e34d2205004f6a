// Which addresses may be handed to a browser. Pure; the one place that opens them is main/platform/open-url.ts.
import { domainToASCII, domainToUnicode } from 'node:url';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';

export type SafeUrl = {
  /** As the browser gets it: names in other scripts as punycode, so that a look-alike shows itself. */
  readonly href: string;
};

const maxLength = 2_048;
/** Controls, spaces, direction marks, and the backslash, which browsers read as a slash. */
const trickery = /[\p{Cc}\p{Cf}\p{Zs}\p{Zl}\p{Zp}\p{Cs}\\]/u;

/** A label in punycode has to stand for something, and for nothing else that is spelled the same. */
const isGoodLabel = (label: string): boolean => {
  if (!label.startsWith('xn--')) return label !== '' && !label.includes('%');
  const shown = domainToUnicode(label);
  return shown !== '' && shown !== label && domainToASCII(shown) === label;
};

/** A trailing dot is the root of all names. */
const isGoodHost = (host: string): boolean =>
  host !== '' && host.replace(/\.$/, '').split('.').every(isGoodLabel);

/**
 * An address that may be opened: https, and http where the policy allows it, with a host and without credentials.
 * Everything else (file, smb, javascript, data, ms-*, UNC, relative) is `bad-url`; `detail` says why.
 */
export function readSafeUrl(text: string, allowsHttp: boolean): Result<SafeUrl, AppError<'bad-url'>> {
  const bad = (detail: string) => fail('bad-url', 'choose-again', detail);
  if (text.length > maxLength) return bad('too long');
  if (trickery.test(text)) return bad('characters');
  // Written out in full: browsers would also take "https:example" and "https:/example".
  const scheme = /^(https?):\/\/[^/]/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined || (scheme === 'http' && !allowsHttp)) return bad('scheme');
  if (!URL.canParse(text)) return bad('form');
  const url = new URL(text);
  if (url.protocol !== `${scheme}:`) return bad('scheme');
  // Also empty ones: whatever stands before an @ only serves to look like a host.
  if (/^https?:\/\/[^/?#]*@/i.test(text)) return bad('credentials');
  if (!isGoodHost(url.hostname)) return bad('host');
  return ok({ href: url.href });
}
