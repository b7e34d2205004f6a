// T12: every decoder against hostile inputs in a process of its own: no crash, no hang, no growth.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { grouped } from './attack-rows.ts';
import { attack, isLongRun } from './attack-table.ts';
import type { FuzzNews } from './fuzz-process.ts';

const perDecoder = isLongRun ? 60_000 : 5_000;
/** No news of a batch of inputs for this long is a hang; one slow input is judged by its own time. */
const silenceMs = 15_000;
const seed = Number(process.env.LEHRPULT_ATTACK_SEED ?? Math.floor(Date.now() % 1_000_000_000));

type Found = {
  readonly decoders: Extract<FuzzNews, { kind: 'decoder' }>[];
  memory: Extract<FuzzNews, { kind: 'memory' }> | null;
  /** How the process ended, if not well, and what it was at. */
  broken: string | null;
};

const fuzz = (inputs: number): Promise<Found> =>
  new Promise((resolve) => {
    const child = fork(join(import.meta.dirname, 'fuzz-process.ts'), [String(seed), String(inputs)], {
      execArgv: ['--expose-gc', '--disable-warning=ExperimentalWarning'],
    });
    const found: Found = { decoders: [], memory: null, broken: null };
    let at = 'start';
    const hang = (): void => {
      found.broken = `hang in ${at}`;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(hang, silenceMs);
    child.on('message', (news: FuzzNews) => {
      clearTimeout(timer);
      timer = setTimeout(hang, silenceMs);
      if (news.kind === 'at') at = `${news.decoder} from input ${news.index}`;
      else if (news.kind === 'decoder') found.decoders.push(news);
      else found.memory = news;
    });
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (code !== 0) found.broken ??= `process ended with ${code ?? signal} in ${at}`;
      resolve(found);
    });
  });

let found: Found;

attack({
  id: 'T12',
  title: 'hostile inputs to every decoder',
  timeoutMs: isLongRun ? 1_800_000 : 300_000,
  async control() {
    console.log(`T12 seed ${seed} (LEHRPULT_ATTACK_SEED=${seed} makes the same inputs again)`);
    found = await fuzz(perDecoder);
    const unreached = found.decoders.filter(({ isControlOk }) => !isControlOk).map(({ decoder }) => decoder);
    if (unreached.length > 0) throw new Error(`good input was refused by: ${unreached.join(', ')}`);
    return found.decoders.length > 0;
  },
  async attempts(tally) {
    if (found.broken !== null) tally.count(1, [found.broken]);
    for (const { decoder, inputs, slowestMs, slowestIndex, thrown } of found.decoders) {
      const names = thrown.map(({ index, detail }) => `${decoder} threw at input ${index}: ${detail}`);
      if (slowestMs > 1_000)
        names.push(`${decoder} took ${slowestMs.toFixed(0)} ms at input ${slowestIndex}`);
      tally.count(inputs, names);
    }
    const slowest = found.decoders.toSorted((a, b) => b.slowestMs - a.slowestMs)[0];
    if (slowest !== undefined)
      tally.figure('slowest', `${slowest.slowestMs.toFixed(0)} ms (${slowest.decoder})`);
    tally.figure('decoders', String(found.decoders.length));
    tally.figure('taken', grouped(found.decoders.reduce((sum, { taken }) => sum + taken, 0)));
    const { memory } = found;
    if (memory !== null) {
      tally.bound('memory', memory.grownBytes / 2 ** 20, 200, 'MiB more');
      // What the heap holds after a collection: this is where a leak would stay.
      tally.bound('heap', memory.heapGrownBytes / 2 ** 20, 50, 'MiB more');
    }
    tally.figure('seed', String(seed));
  },
});
