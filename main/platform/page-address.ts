// The addresses of the app's own pages, and back from an address to the window it belongs to. Pure.
import type { WindowKind } from '../../shared/ipc/define.ts';

export const appOrigin = 'app://lehrpult';

const kinds: ReadonlySet<string> = new Set<WindowKind>([
  'console',
  'device',
  'capture',
  'presentation',
  'lock',
  'indicator',
]);

export const pageUrl = (kind: WindowKind): string => `${appOrigin}/${kind}/index.html`;

/** null unless it is exactly the address of one of our pages; query and fragment are the page's own business. */
export const kindOfPage = (url: string): WindowKind | null => {
  const kind = /^app:\/\/lehrpult\/([a-z]+)\/index\.html(?:[?#].*)?$/s.exec(url)?.[1];
  return kind !== undefined && kinds.has(kind) ? (kind as WindowKind) : null;
};
