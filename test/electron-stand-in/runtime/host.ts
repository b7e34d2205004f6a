// Owns what the parts of the stand-in share: the browser, the X connection and the mapping of app:// to loopback.
import type { Chromium } from './chromium.ts';
import type { XConnection } from './x11.ts';

interface Host {
  chromium: Chromium | null;
  x: XConnection | null;
  /** Port of the loopback server behind every registered scheme. */
  port: number;
}

export const host: Host = { chromium: null, x: null, port: 0 };

/** @throws Error before app is ready, as Electron does */
export function browser(): Chromium {
  if (host.chromium === null) throw new Error('Cannot be used before app is ready');
  return host.chromium;
}

/** @throws Error before app is ready, as Electron does */
export function display(): XConnection {
  if (host.x === null) throw new Error('Cannot be used before app is ready');
  return host.x;
}

/** Schemes of registerSchemesAsPrivileged and protocol.handle. */
export const schemes = new Set<string>();

/** Every window starts on a page of its own under this suffix; product code never sees it. */
export const blankSuffix = '.stand-in.localhost';

/** app://lehrpult/x -> http://lehrpult.app.localhost/x, a secure context in plain Chromium. Others stay. */
export function toInner(url: string): string {
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(url);
  const scheme = match?.[1]?.toLowerCase();
  if (match === null || scheme === undefined || !schemes.has(scheme)) return url;
  const rest = match[3] ?? '';
  return `http://${match[2]}.${scheme}.localhost${rest.startsWith('/') ? rest : `/${rest}`}`;
}

/** The inverse of toInner; a window's own blank page becomes ''. */
export function toOuter(url: string): string {
  const match = /^http:\/\/([^/?#]+)\.localhost(?::\d+)?((?:[/?#].*)?)$/.exec(url);
  if (match === null) return url;
  const host = match[1] ?? '';
  const scheme = host.slice(host.lastIndexOf('.') + 1);
  if (scheme === 'stand-in') return '';
  if (!schemes.has(scheme)) return url;
  return `${scheme}://${host.slice(0, host.lastIndexOf('.'))}${match[2] || '/'}`;
}

/** The version the stand-in speaks for, and of the browser it found (filled in when that has started). */
export const versions = { electron: '45.4.1', chrome: '156.0.0.0' };

/** The Node binary that runs this, kept because process.execPath becomes the stand-in's executable. */
export const realNode = process.execPath;
