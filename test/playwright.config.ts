import { defineConfig } from '@playwright/test';

// Real windows on real displays, one lesson at a time: the machine is the room.
export default defineConfig({
  testDir: 'e2e',
  testMatch: '**/*.e2e.ts',
  workers: 1,
  fullyParallel: false,
  retries: 0,
  timeout: 120_000,
  // Two cores carry the whole room: what counts is that it happens, figures are measured where they are promised.
  expect: { timeout: 15_000 },
  outputDir: '../test-results/e2e',
  reporter: [['list'], ['json', { outputFile: '../test-results/e2e.json' }]],
});
