// What the attacks leave for the table: one JSON line each, in a file of test-results.
import { appendFileSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

const AttackRow = z.strictObject({
  id: z.string(),
  title: z.string(),
  tries: z.int(),
  succeeded: z.int(),
  isControlOk: z.boolean(),
  ms: z.number(),
  figures: z.record(z.string(), z.string()),
});
export type AttackRow = z.infer<typeof AttackRow>;

/** Each run has a file of its own (vitest.config.ts): two runs at a time do not mix. */
const rowsPath = (): string =>
  process.env.LEHRPULT_ATTACK_ROWS ?? join(import.meta.dirname, '../../test-results/attack-rows.jsonl');

export const clearRows = (): void => rmSync(rowsPath(), { force: true });

export const addRow = (row: AttackRow): void => {
  mkdirSync(dirname(rowsPath()), { recursive: true });
  appendFileSync(rowsPath(), `${JSON.stringify(row)}\n`);
};

/** Sorted by id; empty when no attack has run. */
export const readRows = (): readonly AttackRow[] => {
  let text = '';
  try {
    text = readFileSync(rowsPath(), 'utf8');
  } catch {
    return [];
  }
  const rows = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => AttackRow.parse(JSON.parse(line)));
  return rows.sort((a, b) => a.id.localeCompare(b.id));
};

export const grouped = (count: number): string => count.toLocaleString('en-GB');

/** `T02 spoofed console: 412 tries, 0 succeeded, control ok, 3.1 s` */
export const lineOf = (row: AttackRow): string => {
  const control = row.isControlOk ? 'control ok' : 'CONTROL FAILED: nothing was attacked';
  const seconds = (row.ms / 1_000).toFixed(1);
  return `${row.id} ${row.title}: ${grouped(row.tries)} tries, ${grouped(row.succeeded)} succeeded, ${control}, ${seconds} s`;
};
