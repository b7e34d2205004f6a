// Owns the loopback server behind app://: it gives each request to the app's protocol.handle handler.
// It serves only the hosts that registered schemes map to.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { blankSuffix, schemes, toInner, toOuter } from './host.ts';

export type SchemeHandler = (request: Request) => Response | Promise<Response>;

export const schemeHandlers = new Map<string, SchemeHandler>();

/** Set by session.webRequest.onHeadersReceived: may change response headers of app:// pages. */
export const responseFilters: {
  headersReceived:
    | ((details: {
        url: string;
        responseHeaders: Record<string, string[]>;
      }) => Promise<Record<string, string[]>>)
    | null;
} = { headersReceived: null };

function requestOf(message: IncomingMessage, url: string): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(message.headers)) {
    if (name === 'host' || name === 'connection' || value === undefined) continue;
    const text = Array.isArray(value) ? value.join(', ') : value;
    headers.set(
      name,
      name === 'origin' || name === 'referer'
        ? toOuter(text).replace(/\/$/, name === 'origin' ? '' : '/')
        : text,
    );
  }
  const method = message.method ?? 'GET';
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(url, {
    method,
    headers,
    ...(hasBody ? { body: Readable.toWeb(message) as ReadableStream<Uint8Array>, duplex: 'half' } : {}),
  });
}

/** Policies name app: and app://host; the browser knows these pages by their loopback names. */
function innerPolicy(value: string): string {
  let policy = value;
  for (const scheme of schemes) {
    policy = policy.replace(new RegExp(`\\b${scheme}://[^\\s;,'"]+`, 'g'), (url) =>
      toInner(url).replace(/\/$/, ''),
    );
    policy = policy.replace(
      new RegExp(`(^|[\\s;,])${scheme}:(?=$|[\\s;,])`, 'g'),
      `$1http://*.${scheme}.localhost`,
    );
  }
  return policy;
}

async function answer(message: IncomingMessage, reply: ServerResponse): Promise<void> {
  const hostName = (message.headers.host ?? '').replace(/:\d+$/, '');
  if (hostName.endsWith(blankSuffix)) {
    reply.writeHead(message.url === '/' ? 200 : 404, { 'content-type': 'text/html' }).end();
    return;
  }
  const url = toOuter(`http://${hostName}${message.url ?? '/'}`);
  const handler = schemeHandlers.get(url.slice(0, url.indexOf(':')));
  if (url.startsWith('http:') || handler === undefined) {
    reply.writeHead(404).end();
    return;
  }
  const response = await handler(requestOf(message, url));
  let headers: Record<string, string[]> = {};
  response.headers.forEach((value, name) => {
    headers[name] = name === 'set-cookie' ? response.headers.getSetCookie() : [value];
  });
  if (responseFilters.headersReceived !== null) {
    headers = await responseFilters.headersReceived({ url, responseHeaders: headers });
  }
  for (const [name, values] of Object.entries(headers)) {
    const isPolicy = /^content-security-policy|^access-control-allow-origin$|^location$/i.test(name);
    reply.setHeader(name, isPolicy ? values.map(innerPolicy) : values);
  }
  reply.writeHead(response.status);
  if (response.body === null) reply.end();
  else Readable.fromWeb(response.body as import('node:stream/web').ReadableStream).pipe(reply);
}

/** Starts on a free loopback port. */
export async function startPageServer(): Promise<{ port: number; server: Server }> {
  const server = createServer((message, reply) => {
    answer(message, reply).catch((error: unknown) => {
      // In Electron a handler that throws makes the request fail: net::ERR_UNEXPECTED.
      process.stderr.write(`protocol.handle: ${error instanceof Error ? error.stack : String(error)}\n`);
      reply.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  return { port: (server.address() as AddressInfo).port, server };
}
