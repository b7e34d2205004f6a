// Owns the text form of structured-clone values, shared by Node and the pages.
// createCodec is injected into pages by its source text: it must not use anything outside itself.

export interface Codec {
  /** Gives text for any structured-clone value; throws 'An object could not be cloned.' for the rest. */
  encode(value: unknown): string;
  decode(text: string): unknown;
}

/**
 * Values are JSON; whatever JSON lacks is an array ['tag', ...]. Objects are numbered in the order of
 * first sight so that cycles and shared references survive.
 */
export function createCodec(
  toBase64: (bytes: Uint8Array) => string,
  fromBase64: (text: string) => Uint8Array<ArrayBuffer>,
): Codec {
  const cannotClone = (): Error => {
    const error = new Error('An object could not be cloned.');
    error.name = 'DataCloneError';
    return error;
  };
  const tagOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -1);
  const views: Record<string, (buffer: ArrayBuffer, offset: number, length: number) => ArrayBufferView> = {
    Uint8Array: (b, o, l) => new Uint8Array(b, o, l),
    Uint8ClampedArray: (b, o, l) => new Uint8ClampedArray(b, o, l),
    Int8Array: (b, o, l) => new Int8Array(b, o, l),
    Uint16Array: (b, o, l) => new Uint16Array(b, o, l),
    Int16Array: (b, o, l) => new Int16Array(b, o, l),
    Uint32Array: (b, o, l) => new Uint32Array(b, o, l),
    Int32Array: (b, o, l) => new Int32Array(b, o, l),
    Float32Array: (b, o, l) => new Float32Array(b, o, l),
    Float64Array: (b, o, l) => new Float64Array(b, o, l),
    BigInt64Array: (b, o, l) => new BigInt64Array(b, o, l),
    BigUint64Array: (b, o, l) => new BigUint64Array(b, o, l),
    DataView: (b, o, l) => new DataView(b, o, l),
  };

  const encodePrimitive = (value: unknown): unknown => {
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
    if (value === undefined) return ['u'];
    if (typeof value === 'bigint') return ['n', value.toString()];
    if (typeof value === 'number') {
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : ['N', Object.is(value, -0) ? '-0' : String(value)];
    }
    throw cannotClone();
  };

  const encodeObject = (value: object, seen: Map<object, number>): unknown => {
    const known = seen.get(value);
    if (known !== undefined) return ['r', known];
    seen.set(value, seen.size);
    const inner = (part: unknown): unknown => encodeAny(part, seen);
    if (Array.isArray(value)) return ['a', value.map(inner)];
    if (ArrayBuffer.isView(value)) {
      // A Node Buffer arrives as a plain Uint8Array, as it does in Electron.
      const name = tagOf(value);
      const bytes = new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
      const itemSize = (value as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
      return ['v', name, toBase64(bytes), value.byteLength / itemSize];
    }
    const tag = tagOf(value);
    switch (tag) {
      case 'Date':
        return ['d', (value as Date).getTime()];
      case 'RegExp':
        return ['x', (value as RegExp).source, (value as RegExp).flags];
      case 'Map':
        return ['m', [...(value as Map<unknown, unknown>)].map(([key, item]) => [inner(key), inner(item)])];
      case 'Set':
        return ['s', [...(value as Set<unknown>)].map(inner)];
      case 'ArrayBuffer':
        return ['b', toBase64(new Uint8Array(value as ArrayBuffer))];
      case 'Boolean':
      case 'Number':
      case 'String':
        return ['w', inner((value as { valueOf(): unknown }).valueOf())];
      case 'Error': {
        const error = value as Error;
        return [
          'e',
          error.name,
          error.message,
          error.stack ?? '',
          'cause' in error ? inner(error.cause) : ['u'],
        ];
      }
      case 'Object':
        return ['o', Object.keys(value).map((key) => [key, inner((value as Record<string, unknown>)[key])])];
      default:
        throw cannotClone();
    }
  };

  const encodeAny = (value: unknown, seen: Map<object, number>): unknown => {
    if (typeof value === 'object' && value !== null) return encodeObject(value, seen);
    return encodePrimitive(value);
  };

  const decodeAny = (form: unknown, seen: unknown[]): unknown => {
    if (!Array.isArray(form)) return form;
    const keep = <T>(value: T): T => {
      seen.push(value);
      return value;
    };
    const inner = (part: unknown): unknown => decodeAny(part, seen);
    switch (form[0]) {
      case 'u':
        return undefined;
      case 'n':
        return BigInt(form[1]);
      case 'N':
        return Number(form[1]);
      case 'r':
        return seen[form[1]];
      case 'a': {
        const list: unknown[] = keep([]);
        for (const item of form[1]) list.push(inner(item));
        return list;
      }
      case 'v': {
        const bytes = fromBase64(form[2]);
        const make = views[form[1]];
        if (make === undefined) throw cannotClone();
        return keep(make(bytes.buffer, bytes.byteOffset, form[3]));
      }
      case 'd':
        return keep(new Date(form[1] ?? Number.NaN));
      case 'x':
        return keep(new RegExp(form[1], form[2]));
      case 'm': {
        const map = keep(new Map<unknown, unknown>());
        for (const [key, item] of form[1]) map.set(inner(key), inner(item));
        return map;
      }
      case 's': {
        const set = keep(new Set<unknown>());
        for (const item of form[1]) set.add(inner(item));
        return set;
      }
      case 'b': {
        const bytes = fromBase64(form[1]);
        return keep(bytes.buffer);
      }
      case 'w':
        return keep(Object(inner(form[1])));
      case 'e': {
        const kinds: Record<string, ErrorConstructor> = {
          EvalError,
          RangeError,
          ReferenceError,
          SyntaxError,
          TypeError,
          URIError,
        };
        const Kind = kinds[form[1]] ?? Error;
        const error = keep(new Kind(form[2]));
        error.stack = form[3];
        const cause = inner(form[4]);
        if (cause !== undefined) error.cause = cause;
        return error;
      }
      case 'o': {
        const object: Record<string, unknown> = keep({});
        for (const [key, item] of form[1]) {
          Object.defineProperty(object, key, {
            value: inner(item),
            enumerable: true,
            configurable: true,
            writable: true,
          });
        }
        return object;
      }
      default:
        throw cannotClone();
    }
  };

  return {
    encode: (value) => JSON.stringify(encodeAny(value, new Map())),
    decode: (text) => decodeAny(JSON.parse(text), []),
  };
}

/** The codec of Node's side. */
export const codec: Codec = createCodec(
  (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
  (text) => {
    // A fresh buffer, never a slice of Node's pool: its offset must suit wide element types.
    const pooled = Buffer.from(text, 'base64');
    const own = new Uint8Array(pooled.length);
    own.set(pooled);
    return own;
  },
);
