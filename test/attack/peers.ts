// What an attacker speaks with: raw connections to a console with any certificate, and servers that pass for one.
import { createServer as createHttpsServer } from 'node:https';
import { connect as connectTcp, createServer as createTcpServer, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket, type TlsOptions } from 'node:tls';
import { WebSocket, WebSocketServer } from 'ws';
import { clientContext, consoleClientOptions } from '../../main/link/tls-settings.ts';
import { linkServerName } from '../../main/trust/certificate-profile.ts';
import type { TlsIdentity } from '../../main/trust/identity.ts';
import { linkSubprotocol } from '../../shared/protocol/link.ts';

export type Target = { readonly host: string; readonly port: number };

export const waitMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Resolves with what comes first, or with `late` after the time. */
export const within = <T, L>(ms: number, promise: Promise<T>, late: L): Promise<T | L> => {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<L>((resolve) => {
    timer = setTimeout(() => resolve(late), ms);
  });
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
};

/** A TLS connection that checks the console as a device does and shows whatever certificate it likes, or none. */
export const dialTls = (
  { host, port }: Target,
  shown: TlsIdentity | Pick<TlsIdentity, 'authorityPem'>,
  serverName = linkServerName,
): TLSSocket => {
  const options = consoleClientOptions(clientContext(shown), serverName, { roomId: null });
  const socket = connectTls({ host, port, ...options });
  socket.on('error', () => {});
  return socket;
};

export type RawLink = {
  readonly socket: WebSocket;
  readonly frames: string[];
  /** Resolves when the console, or the attacker, has ended it. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
};

/** The link's WebSocket over such a connection; null if the console does not let it be opened. */
export const openLink = async (
  target: Target,
  shown: TlsIdentity | Pick<TlsIdentity, 'authorityPem'>,
  headers: Record<string, string> = {},
): Promise<RawLink | null> => {
  const tls = dialTls(target, shown);
  const socket = new WebSocket(`wss://${linkServerName}/link`, [linkSubprotocol], {
    createConnection: () => tls,
    perMessageDeflate: false,
    headers,
  });
  const frames: string[] = [];
  socket.on('message', (data) => frames.push(String(data)));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
  });
  const isOpen = new Promise<boolean>((resolve) => {
    socket.on('open', () => resolve(true));
    socket.on('error', () => resolve(false));
    tls.on('close', () => resolve(false));
  });
  if (await within(8_000, isOpen, false)) return { socket, frames, closed };
  socket.terminate();
  tls.destroy();
  return null;
};

/** Says hello there and waits whether it is welcomed; false is what an attacker has to hear. */
export const isWelcomed = async (link: RawLink | null, hello: string): Promise<boolean> => {
  if (link === null) return false;
  link.socket.send(hello);
  const said = new Promise<boolean>((resolve) => {
    const look = () => link.frames.some((frame) => frame.includes('"type":"welcome"')) && resolve(true);
    link.socket.on('message', look);
    look();
  });
  return await within(4_000, Promise.race([said, link.closed.then(() => false)]), false);
};

export type Impostor = {
  readonly port: number;
  /** Connections that came, and those whose TLS handshake failed. */
  readonly counts: () => { readonly connections: number; readonly failed: number };
  /** What devices said to it in clear inside TLS: nothing, if they are careful. */
  readonly heard: readonly string[];
  /** Resolves when this many connections have ended. */
  readonly untilEnded: (connections: number, timeoutMs: number) => Promise<boolean>;
  readonly close: () => Promise<void>;
};

/** A server that passes for a console. `onHello` gives what it answers to the first frame. */
export const startImpostor = async (
  { host, port }: Target,
  tls: TlsOptions | null,
  onHello: (frame: string, socket: WebSocket) => void = () => {},
): Promise<Impostor> => {
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  let failed = 0;
  let ended = 0;
  const https = createHttpsServer(tls ?? {}, (request, response) => {
    heard.push(`${request.method} ${request.url}`);
    response.end();
  });
  https.on('tlsClientError', () => {
    failed += 1;
  });
  const webSockets = new WebSocketServer({ server: https, handleProtocols: () => linkSubprotocol });
  webSockets.on('connection', (socket) => {
    socket.on('error', () => {});
    socket.on('message', (data) => {
      heard.push(String(data));
      onHello(String(data), socket);
    });
  });
  // In front of TLS, to see every connection, and for an impostor that speaks none.
  const front = createTcpServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sockets.delete(socket);
      ended += 1;
    });
    if (tls !== null) https.emit('connection', socket);
    else
      socket
        .resume()
        .write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
  });
  await new Promise<void>((resolve, reject) => {
    front.once('error', reject);
    front.listen(port, host, resolve);
  });
  const bound = front.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    counts: () => ({ connections, failed }),
    heard,
    async untilEnded(count, timeoutMs) {
      const endMs = performance.now() + timeoutMs;
      while (ended < count && performance.now() < endMs) await waitMs(20);
      return ended >= count;
    },
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        front.close(() => resolve());
      }),
  };
};

export type Tap = {
  readonly port: number;
  /** Everything that went through, both ways. */
  readonly recorded: () => Buffer;
  readonly close: () => Promise<void>;
};

/** Passes everything on and keeps a copy: what somebody in the middle has who changes nothing. */
export const startTap = async ({ host, port }: Target, behind: Target): Promise<Tap> => {
  const copies: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createTcpServer((near) => {
    const far = connectTcp(behind);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.on('data', (chunk: Buffer) => {
        copies.push(chunk);
        to.write(chunk);
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    recorded: () => Buffer.concat(copies),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
};
