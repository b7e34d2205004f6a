// Reads the server name out of the first bytes of a TLS connection (RFC 8446 section 4.1.2, RFC 6066 section 3).
// It only sorts connections by service; what it says is never proof of anything.

/** A ClientHello longer than this is taken for an attack. */
export const maxClientHelloBytes = 8 * 1024;
/** No TLS library cuts its first message so small; one byte a record would have us put it together thousands of times. */
const maxRecords = 32;

export type Peek =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'not-tls' }
  | { readonly kind: 'tls'; readonly serverName: string | null };

const incomplete: Peek = { kind: 'incomplete' };
const notTls: Peek = { kind: 'not-tls' };
const unnamed: Peek = { kind: 'tls', serverName: null };

/** Reads big-endian lengths; every read past the end gives null, so that a lie about a length ends the reading. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  number(size: 1 | 2 | 3): number | null {
    if (this.#at + size > this.#bytes.length) return null;
    let value = 0;
    for (let index = 0; index < size; index += 1) value = value * 256 + (this.#bytes[this.#at + index] ?? 0);
    this.#at += size;
    return value;
  }
  take(size: number): Uint8Array | null {
    if (this.#at + size > this.#bytes.length) return null;
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }
  /** A field with its length in front. */
  field(lengthSize: 1 | 2): Uint8Array | null {
    const size = this.number(lengthSize);
    return size === null ? null : this.take(size);
  }
}

/** The handshake message, put together from its records; null while bytes are missing. */
function handshakeOf(bytes: Uint8Array): Uint8Array | 'not-tls' | null {
  const records = new Reader(bytes);
  let message = new Uint8Array(0);
  for (let count = 0; ; count += 1) {
    if (count === maxRecords) return 'not-tls';
    const type = records.number(1);
    if (type === null) return null;
    if (type !== 0x16 || message.length > maxClientHelloBytes) return 'not-tls';
    const version = records.number(2);
    if (version !== null && version >> 8 !== 3) return 'not-tls';
    const fragment = records.field(2);
    if (fragment === null) return null;
    if (fragment.length === 0) return 'not-tls';
    message = Buffer.concat([message, fragment]);
    if (message[0] !== 1) return 'not-tls';
    if (message.length < 4) continue;
    const size = new Reader(message.subarray(1)).number(3) ?? 0;
    if (message.length >= 4 + size) return message.subarray(4, 4 + size);
  }
}

function serverNameOf(hello: Uint8Array): string | null {
  const reader = new Reader(hello);
  const fixed = reader.take(34);
  const session = reader.field(1);
  const suites = reader.field(2);
  const compression = reader.field(1);
  const extensionBytes = reader.field(2);
  if (!fixed || !session || !suites || !compression || !extensionBytes) return null;
  const extensions = new Reader(extensionBytes);
  for (;;) {
    const type = extensions.number(2);
    const body = extensions.field(2);
    if (type === null || body === null) return null;
    if (type !== 0) continue;
    const list = new Reader(body).field(2);
    if (list === null) return null;
    const names = new Reader(list);
    const nameType = names.number(1);
    const name = names.field(2);
    return nameType === 0 && name !== null && name.length <= 255
      ? Buffer.from(name).toString('latin1')
      : null;
  }
}

/** What the first bytes of a connection are. `incomplete`: call again with more. */
export function peekClientHello(bytes: Uint8Array): Peek {
  if (bytes.length === 0) return incomplete;
  if (bytes[0] !== 0x16) return notTls;
  const hello = handshakeOf(bytes);
  if (hello === 'not-tls') return notTls;
  if (hello === null) return bytes.length >= maxClientHelloBytes ? notTls : incomplete;
  const serverName = serverNameOf(hello);
  return serverName === null ? unnamed : { kind: 'tls', serverName };
}
