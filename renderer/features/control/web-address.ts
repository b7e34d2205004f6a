// What a teacher types as the address of a web page, made whole. Pure; what may be opened is decided by main and
// by the device.

/** A scheme, but not the port of `host:8443`. */
const hasScheme = /^[a-z][a-z0-9+.-]*:(?!\d)/i;

/** Gives the address as a device gets it, with https where no scheme was typed; null when it is no address. */
export const toWebAddress = (typed: string): string | null => {
  const text = typed.trim();
  if (text === '' || /\s/.test(text)) return null;
  const whole = hasScheme.test(text) ? text : `https://${text.replace(/^\/+/, '')}`;
  const url = URL.parse(whole);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  // Every page on the web has a dot in its host's name; without one it is a word somebody typed.
  return /\.|^\[|^localhost$/.test(url.hostname) ? url.href : null;
};
