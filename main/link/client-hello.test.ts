import { createServer } from 'node:net';
import { connect } from 'node:tls';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maxClientHelloBytes, peekClientHello } from './client-hello.ts';

/** What OpenSSL really sends first. */
async function realHello(servername: string | undefined): Promise<Buffer> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const bytes = new Promise<Buffer>((done) =>
    server.once('connection', (socket) => socket.once('data', done)),
  );
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const socket = connect({ port, host: '127.0.0.1', ...(servername === undefined ? {} : { servername }) });
  socket.on('error', () => undefined);
  const hello = await bytes;
  socket.destroy();
  server.close();
  return hello;
}

const hello = await realHello('enrol.lehrpult.invalid');

describe('the first bytes of a connection', () => {
  it('name the server that is asked for', async () => {
    expect(peekClientHello(hello)).toEqual({ kind: 'tls', serverName: 'enrol.lehrpult.invalid' });
    expect(peekClientHello(await realHello(undefined))).toEqual({ kind: 'tls', serverName: null });
  });

  it('are incomplete until the last byte is there', () => {
    for (let size = 0; size < hello.length; size += 1) {
      expect(peekClientHello(hello.subarray(0, size))).toEqual({ kind: 'incomplete' });
    }
  });

  it('may come in many small records', () => {
    const body = hello.subarray(5);
    const records: Buffer[] = [];
    for (let at = 0; at < body.length; at += 100) {
      const part = body.subarray(at, at + 100);
      records.push(Buffer.from([0x16, 3, 1, 0, part.length]), part);
    }
    expect(peekClientHello(Buffer.concat(records))).toMatchObject({ serverName: 'enrol.lehrpult.invalid' });
  });

  it('are no TLS in records of one byte each', () => {
    const body = [...hello.subarray(5)].slice(0, 64);
    const records = body.flatMap((byte) => [0x16, 3, 1, 0, 1, byte]);
    expect(peekClientHello(Buffer.from(records))).toEqual({ kind: 'not-tls' });
  });

  it('are no TLS if they are something else or too long', () => {
    for (const text of ['SSH-2.0-x\r\n', 'GET / HTTP/1.1\r\n', '\0', '\x15\x03\x01\x00\x02\x02\x28']) {
      expect(peekClientHello(Buffer.from(text, 'latin1'))).toEqual({ kind: 'not-tls' });
    }
    const endless = Buffer.alloc(maxClientHelloBytes, 0);
    Buffer.from([0x16, 3, 1, 0xff, 0xff, 1, 0xff, 0xff, 0xff]).copy(endless);
    expect(peekClientHello(endless)).toEqual({ kind: 'not-tls' });
  });

  it('never make the reader throw or read on without end, whatever is changed in them', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(hello.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 8 }),
        fc.nat(hello.length),
        (changes, size) => {
          const changed = Buffer.from(hello);
          for (const [at, value] of changes) changed[at] = value;
          expect(['incomplete', 'not-tls', 'tls']).toContain(peekClientHello(changed.subarray(0, size)).kind);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
