// The one place that hands an address to the system. Whatever opens a page comes through here.
import { shell } from 'electron/common';
import type { BrowserPort } from '../features/control/browser-port.ts';
import type { Log } from '../lib/log.ts';
import { readSafeUrl } from '../lib/safe-url.ts';

/** `allowsHttp`: the policy's `allowHttpLinks`. */
export const createSystemBrowser = (allowsHttp: boolean, log: Log): BrowserPort => ({
  async open(text) {
    const url = readSafeUrl(text, allowsHttp);
    if (!url.ok) {
      log.warn('bad-url', { detail: url.error.detail ?? '' });
      return 'bad-url';
    }
    try {
      await shell.openExternal(url.value.href);
      return null;
    } catch (error) {
      log.error('url-not-opened', { detail: error instanceof Error ? error.name : 'unknown' });
      return 'failed';
    }
  },
});
