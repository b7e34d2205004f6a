// Makes hostile inputs out of good ones, repeatably: the same seed gives the same input on every machine.

/** [0, 1), mulberry32: small, fast, and no input has to be kept to be made again. */
export const createRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

type Random = () => number;
const below = (random: Random, bound: number): number => Math.floor(random() * bound);
const pick = <T>(random: Random, from: readonly T[]): T => {
  const chosen = from[below(random, from.length)];
  if (chosen === undefined) throw new Error('nothing to choose from');
  return chosen;
};

const randomBytes = (random: Random, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => below(random, 256)));

const interesting = [0, 1, 0x7f, 0x80, 0xff, 0xc0, 0x16, 0x22, 0x7b, 0x5c, 0x0a];

/** One change of the kinds that break parsers: bits, lengths, missing and repeated parts, parts of another sample. */
const changeBytes = (random: Random, bytes: Buffer, other: Buffer): Buffer => {
  const at = below(random, bytes.length + 1);
  const length = below(random, Math.min(64, bytes.length + 1));
  const put = (...parts: Uint8Array[]): Buffer => Buffer.concat(parts);
  switch (below(random, 8)) {
    case 0: {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[at % copy.length] = (copy[at % copy.length] ?? 0) ^ (1 << below(random, 8));
      return copy;
    }
    case 1: {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[at % copy.length] = pick(random, interesting);
      return copy;
    }
    case 2:
      return put(bytes.subarray(0, at), randomBytes(random, 1 + length), bytes.subarray(at));
    case 3:
      return put(bytes.subarray(0, at), bytes.subarray(at + length));
    case 4:
      return bytes.subarray(0, at);
    case 5:
      return put(bytes.subarray(0, at), bytes.subarray(Math.max(0, at - length)));
    case 6:
      return put(bytes.subarray(0, at), other.subarray(below(random, other.length + 1)));
    default: {
      // A length that lies: two or four bytes that say something else.
      const copy = Buffer.from(bytes);
      const size = pick(random, [1, 2, 4]);
      const lie = pick(random, [
        0,
        1,
        0x7fff,
        0xffff,
        0x7fffffff,
        0xffffffff,
        bytes.length,
        bytes.length * 2,
      ]);
      if (copy.length >= size)
        copy.writeUIntBE(lie % 256 ** size, below(random, copy.length - size + 1), size);
      return copy;
    }
  }
};

/** `samples`: at least one good input. One input in ten is random from one end to the other. */
export const hostileBytes = (random: Random, samples: readonly Buffer[]): Buffer => {
  if (random() < 0.1) return randomBytes(random, below(random, 600));
  let bytes = pick(random, samples);
  const changes = 1 + below(random, 6);
  for (let index = 0; index < changes; index += 1) bytes = changeBytes(random, bytes, pick(random, samples));
  return bytes;
};

const strangeTexts: readonly string[] = [
  '',
  ' ',
  '\0',
  '\u202e',
  '\ud800',
  '\ufeff',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  '\\\\host\\share',
  'a'.repeat(70_000),
  '\u{1f600}'.repeat(300),
  '%00',
  '1e999',
  'file:///',
  'javascript:alert(1)',
  '<img src=x onerror=alert(1)>',
  '=cmd',
];
const strangeNumbers: readonly number[] = [
  0,
  -0,
  -1,
  0.5,
  255,
  256,
  65_535,
  65_536,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  -(2 ** 53),
  1e308,
  5e-324,
];

const deep = (depth: number): unknown => {
  let value: unknown = 1;
  for (let index = 0; index < depth; index += 1) value = index % 2 === 0 ? [value] : { a: value };
  return value;
};

const strangeValue = (random: Random): unknown => {
  switch (below(random, 9)) {
    case 0:
      return pick(random, strangeTexts);
    case 1:
      return pick(random, strangeNumbers);
    case 2:
      return null;
    case 3:
      return random() < 0.5;
    case 4:
      return [];
    case 5:
      return {};
    case 6:
      return Array.from({ length: below(random, 3_000) }, () => 0);
    case 7:
      return deep(1 + below(random, 400));
    default:
      return String.fromCodePoint(...Array.from({ length: below(random, 40) }, () => below(random, 0x10000)));
  }
};

/** Puts something strange somewhere into a copy of `value`: another type, a key more, a key less, a list too long. */
export const hostileValue = (random: Random, value: unknown): unknown => {
  const roll = random();
  if (roll < 0.15 || typeof value !== 'object' || value === null) return strangeValue(random);
  if (Array.isArray(value)) {
    const list: unknown[] = [...value];
    if (list.length === 0 || roll < 0.3) return [...list, strangeValue(random)];
    if (roll < 0.4) return list.flatMap((one) => Array.from({ length: 50 }, () => one));
    const at = below(random, list.length);
    return list.with(at, hostileValue(random, list[at]));
  }
  const entries = Object.entries(value);
  const copy: Record<string, unknown> = Object.fromEntries(entries);
  if (entries.length === 0 || roll < 0.25) {
    Object.defineProperty(copy, pick(random, ['__proto__', 'constructor', 'toString', 'type', 'extra', '']), {
      value: strangeValue(random),
      enumerable: true,
      configurable: true,
      writable: true,
    });
    return copy;
  }
  const [key, old] = pick(random, entries);
  if (roll < 0.35) {
    delete copy[key];
    return copy;
  }
  copy[key] = hostileValue(random, old);
  return copy;
};

/** Hostile JSON: half of it changed as a value, the rest as bytes. */
export const hostileJson = (random: Random, samples: readonly unknown[]): Buffer => {
  if (random() < 0.5) return Buffer.from(JSON.stringify(hostileValue(random, pick(random, samples))) ?? '');
  return hostileBytes(
    random,
    samples.map((sample) => Buffer.from(JSON.stringify(sample))),
  );
};
