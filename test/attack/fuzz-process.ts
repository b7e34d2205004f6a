// Feeds hostile inputs to every decoder in a process of its own, so that a crash, a hang or a leak is seen from outside.
// Arguments: seed, inputs per decoder of share 1. Input `i` of a decoder is made from `seed + i` alone.
import { type Decoder, decoders as linkDecoders } from './fuzz-decoders.ts';
import { fileDecoders } from './fuzz-files.ts';
import { createRandom } from './fuzz-mutate.ts';

export type FuzzNews =
  | { readonly kind: 'at'; readonly decoder: string; readonly index: number }
  | {
      readonly kind: 'decoder';
      readonly decoder: string;
      readonly isControlOk: boolean;
      readonly inputs: number;
      readonly taken: number;
      readonly slowestMs: number;
      readonly slowestIndex: number;
      readonly thrown: readonly { readonly index: number; readonly detail: string }[];
    }
  | { readonly kind: 'memory'; readonly grownBytes: number; readonly heapGrownBytes: number };

const decoders = [...linkDecoders, ...fileDecoders];
const newsEvery = 100;
/** Above it an input is fed once more: a busy machine is slow only once. */
const slowMs = 200;
const maxThrown = 5;
const [seed = 1, perDecoder = 1_000] = process.argv.slice(2).map(Number);
const tell = (news: FuzzNews): void => void process.send?.(news);
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const messageOf = (cause: unknown): string =>
  cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);

const timeAgain = async (feed: Decoder['feed'], inputSeed: number): Promise<number> => {
  const startedMs = performance.now();
  try {
    await feed(createRandom(inputSeed));
  } catch {
    // Counted the first time.
  }
  return performance.now() - startedMs;
};

const run = async (): Promise<void> => {
  const memory = () => {
    globalThis.gc?.();
    const { rss, heapUsed } = process.memoryUsage();
    return { rss, heapUsed };
  };
  // The first rounds load code and grow the heap to its working size; what grows after that is a leak.
  for (const decoder of decoders)
    for (let index = 0; index < 50; index += 1) {
      try {
        await decoder.feed(createRandom(index));
      } catch {
        // Counted below, where the same inputs come again if the seed is the same; here only memory matters.
      }
    }
  const before = memory();
  for (const { name, feed, control, share } of decoders) {
    const isControlOk = await control();
    const inputs = Math.round(perDecoder * (share ?? 1));
    const thrown: { index: number; detail: string }[] = [];
    let taken = 0;
    let slowestMs = 0;
    let slowestIndex = 0;
    for (let index = 0; index < inputs; index += 1) {
      if (index % newsEvery === 0) {
        tell({ kind: 'at', decoder: name, index });
        await breathe();
      }
      const random = createRandom(seed + index);
      const startedMs = performance.now();
      try {
        if (await feed(random)) taken += 1;
      } catch (cause) {
        if (thrown.length < maxThrown) thrown.push({ index, detail: messageOf(cause).slice(0, 600) });
      }
      let ms = performance.now() - startedMs;
      if (ms > slowMs) ms = Math.min(ms, await timeAgain(feed, seed + index));
      if (ms > slowestMs) {
        slowestMs = ms;
        slowestIndex = index;
      }
    }
    tell({ kind: 'decoder', decoder: name, isControlOk, inputs, taken, slowestMs, slowestIndex, thrown });
  }
  const after = memory();
  tell({
    kind: 'memory',
    grownBytes: after.rss - before.rss,
    heapGrownBytes: after.heapUsed - before.heapUsed,
  });
};

let isDone = false;
process.on('disconnect', () => process.exit(isDone ? 0 : 1));
await run();
isDone = true;
process.disconnect();
