import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// The set-up of this process and the attacks in theirs find the same file.
const rows = join(import.meta.dirname, `../../test-results/attack-rows-${process.pid}.jsonl`);
process.env.LEHRPULT_ATTACK_ROWS = rows;

// The attack table: one file at a time, for each has the machine's figures to itself.
export default defineConfig({
  test: {
    include: ['test/attack/*.attack.ts'],
    globalSetup: ['test/attack/table-setup.ts'],
    env: { LEHRPULT_ATTACK_ROWS: rows },
    fileParallelism: false,
    pool: 'forks',
    testTimeout: 120_000,
    hookTimeout: 120_000,
    disableConsoleIntercept: true,
  },
});
