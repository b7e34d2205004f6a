// Before the attacks: an empty table. After them: the whole table on stdout.
import { type AttackRow, clearRows, grouped, readRows } from './attack-rows.ts';

const figuresOf = ({ figures }: AttackRow): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name} ${value}`)
    .join('; ');

const print = (): void => {
  const rows = readRows();
  clearRows();
  if (rows.length === 0) return;
  const titleWidth = Math.max(...rows.map(({ title }) => title.length));
  console.log(`\n${'id'.padEnd(5)}${'attack'.padEnd(titleWidth)}     tries  got in  control      s  figures`);
  for (const row of rows) {
    const cells = [
      row.id.padEnd(4),
      row.title.padEnd(titleWidth),
      grouped(row.tries).padStart(9),
      grouped(row.succeeded).padStart(7),
      (row.isControlOk ? 'ok' : 'FAILED').padStart(8),
      (row.ms / 1_000).toFixed(1).padStart(6),
    ];
    console.log(`${cells.join(' ')}  ${figuresOf(row)}`);
  }
  const tries = rows.reduce((sum, row) => sum + row.tries, 0);
  const succeeded = rows.reduce((sum, row) => sum + row.succeeded, 0);
  console.log(`${rows.length} attacks, ${grouped(tries)} tries, ${grouped(succeeded)} succeeded\n`);
};

export const setup = clearRows;
export const teardown = print;
