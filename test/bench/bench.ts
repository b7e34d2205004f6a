// npm run bench -- <name> [--json] [--peers 1,10] [--seconds 6] [--rounds 2] [--with-mesh]
//
// Measures the real thing on this machine. `presentation` and `mesh` play a lesson's presentation: a display of its own
// (Xvfb) with a moving picture, a headed Chromium that captures it with the product's own session, the real relay
// process, one headless Chromium as a device that reads every frame's age, and simulated devices that decrypt, ask for
// lost packets and count whole frames.
//
// How the numbers are made:
// - encodes per captured frame: framesEncoded of all connections of the presenting page against the frames of their
//   common source; `encoders` counts outbound streams of all connections that anything in that page makes.
// - sender CPU: all processes of the presenting Chromium from /proc, minus the same over two idle seconds right before.
//   Display server and the picture's own browser do not count.
// - latency: the picture draws the time as a bar code; the device reads two lines of each decoded frame (same clock).
//   It ends when the frame is decoded: painting 1080p without a GPU would measure the painting. Chromium waits for the
//   display's next refresh besides.
// - relay / bare: microseconds of CPU per packet and device against a process that only encrypts and sends as many
//   packets of the same size to as many peers, right after the relay's window, while the presenter goes on.
// - wire bytes: RTP as sent to all devices, repeated packets too, plus 38 bytes each for SRTP's tag, UDP and IPv4.
// - all join: N devices are added at the same moment to a presentation that has run for a thousand packets; key frames
//   until they have settled.
// Sizes are measured in turn and then again; the table has medians. Other work on the machine shows in `load average`
// and `machine busy`: compare ratios of one run, not figures of two.
//
// With --json the last line of the output is one JSON object with every round. Ends everything it started, also after
// Ctrl-C. Exit code 0 when it could measure, whatever the goals say; 1 when not; 2 for a wrong command.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { displayPackages, ensurePackages } from '../support/system-packages.ts';
import type { Bench, BenchOptions, BenchReport } from './bench-types.ts';
import { createCleanUp } from './clean-up.ts';
import { loadAverage } from './machine.ts';
import { mesh } from './mesh.ts';
import { presentation } from './presentation.ts';
import { number, table } from './table.ts';

/** A new bench is one file and one entry here. */
const benches: readonly Bench[] = [presentation, mesh];

const usage = (): string =>
  [
    'npm run bench -- <name> [--json] [--peers 1,10] [--seconds 6] [--rounds 2] [--with-mesh]',
    ...table(benches.map(({ name, summary }) => [`  ${name}`, summary.padEnd(1)])),
  ].join('\n');

type Command = { readonly bench: Bench; readonly options: BenchOptions; readonly isJson: boolean };

const count = (text: string | undefined, least: number, most: number): number | null => {
  if (text === undefined) return null;
  const value = Number(text);
  if (!Number.isFinite(value) || value < least || value > most)
    throw new RangeError(`${text} is not between ${least} and ${most}`);
  return value;
};

/** Throws a RangeError or TypeError with words for the user. */
const readCommand = (args: readonly string[]): Command | null => {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      peers: { type: 'string' },
      seconds: { type: 'string' },
      rounds: { type: 'string' },
      'with-mesh': { type: 'boolean', default: false },
    },
  });
  const bench = benches.find(({ name }) => name === positionals[0]);
  if (bench === undefined) return null;
  const peers = values.peers?.split(',').map((text) => Math.round(count(text, 1, 200) ?? 1)) ?? null;
  const options = {
    peers,
    seconds: count(values.seconds, 2, 60),
    rounds: count(values.rounds, 1, 10),
    withMesh: values['with-mesh'],
  };
  return { bench, options, isJson: values.json };
};

const show = (report: BenchReport): string[] => [
  ...report.lines,
  '',
  ...table(
    report.goals.map(({ what, goal, value, isMet }) => [
      `${isMet ? 'met   ' : 'missed'}  ${what}`,
      number(value, 2),
      `(goal ${goal})`,
    ]),
  ),
];

const main = async (args: readonly string[]): Promise<number> => {
  let command: Command | null;
  try {
    command = readCommand(args);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    command = null;
  }
  if (command === null) {
    console.error(usage());
    return 2;
  }
  const { bench, options, isJson } = command;
  ensurePackages(displayPackages);
  const cleanUp = createCleanUp();
  const onSignal = (): void => void cleanUp.run().then(() => process.exit(130));
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const startedAt = new Date().toISOString();
  const loadAtStart = loadAverage();
  try {
    const report = await bench.run({ options, cleanUp, say: (text) => console.error(text) });
    for (const line of isJson ? [] : show(report)) console.log(line);
    if (isJson) {
      const machine = { cores: cpus().length, model: cpus()[0]?.model ?? '', node: process.version };
      const { goals, data } = report;
      const load = { atStart: loadAtStart, atEnd: loadAverage() };
      console.log(JSON.stringify({ bench: bench.name, startedAt, machine, load, goals, ...data }));
    }
    return 0;
  } catch (error) {
    console.error(error);
    return 1;
  } finally {
    await cleanUp.run();
  }
};

process.exitCode = await main(process.argv.slice(2));
// Native peers keep threads; everything was ended above.
process.exit();
