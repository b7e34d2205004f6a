// Serves the app's pages as app://lehrpult/... from the built folder, each with the same strict policy.
import { readFile } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import { protocol } from 'electron/main';

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/** No inline script, nothing from elsewhere, nothing that can frame or be framed. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "font-src 'self'",
  "media-src 'self' blob: mediastream:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  // Text never becomes markup or script by an assignment, whatever a page's code does wrong.
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** With every answer, also one that says no. */
const headers = {
  'content-security-policy': contentSecurityPolicy,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

const notFound = (): Response => new Response(null, { status: 404, headers });

/** The file an address stands for, null when it stands for none of ours. */
const fileOf = (root: string, address: string): { readonly file: string; readonly type: string } | null => {
  const url = new URL(address);
  let path: string;
  try {
    path = decodeURIComponent(url.pathname);
  } catch {
    return null;
  }
  const file = normalize(join(root, path));
  const type = contentTypes[extname(file)];
  return url.host !== 'lehrpult' || type === undefined || !file.startsWith(root) ? null : { file, type };
};

/** Call before the app is ready. */
export const registerAppScheme = (): void => {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
};

/** `folder` is the built pages' folder; nothing outside it is ever read. */
export const serveApp = (folder: string): void => {
  const root = normalize(folder + sep);
  protocol.handle('app', async (request) => {
    const found = request.method === 'GET' ? fileOf(root, request.url) : null;
    if (found === null) return notFound();
    const body = await readFile(found.file).catch(() => null);
    if (body === null) return notFound();
    return new Response(new Uint8Array(body), { headers: { ...headers, 'content-type': found.type } });
  });
};
