// The demo's one-page report.
import { writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';

export type DemoFigures = {
  framesShown: Record<string, number>;
  latencyMs: { p50: number | null; p95: number | null };
  cpuPercent: { relay: number; pages: number; console: number; agent: number } | null;
};

const row = (...cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

export const writeReport = async (
  path: string,
  steps: readonly { readonly name: string; readonly error: string | null }[],
  { framesShown, latencyMs, cpuPercent }: DemoFigures,
): Promise<void> => {
  const lines = [
    '# A lesson in Raum 204',
    '',
    `${new Date().toISOString()}, ${cpus().length} cores, one machine for everything.`,
    '',
    row('step', 'worked'),
    row('---', '---'),
    ...steps.map(({ name, error }) => row(name, error === null ? 'yes' : `no: ${error.split('\n')[0]}`)),
    '',
    '## Presentation, 8 seconds',
    `Glass to glass on the real device: p50 ${latencyMs.p50 ?? '–'} ms, p95 ${latencyMs.p95 ?? '–'} ms.`,
    '',
    row('device', 'frames shown'),
    row('---', '---'),
    ...Object.entries(framesShown).map(([name, count]) => row(name, count)),
    '',
    '## Processor, percent of one core while presenting with a live wall',
    ...(cpuPercent === null
      ? ['not measured']
      : Object.entries(cpuPercent).map(([name, percent]) => `- ${name}: ${percent.toFixed(1)}`)),
    '',
  ];
  await writeFile(path, lines.join('\n'));
};
