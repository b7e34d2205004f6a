// `npm run test:e2e`: lessons in real windows. Everything after `--` goes to Playwright.
import { describeRuntime, resolveRuntime } from './electron-runtime.ts';
import { run } from './run-step.ts';
import { ensureBuilt } from './start.ts';
import { displayPackages, ensurePackages } from './system-packages.ts';

ensurePackages(displayPackages);
console.log(describeRuntime(await resolveRuntime()));
ensureBuilt();
process.exitCode = await run('playwright', [
  'test',
  '--config',
  'test/playwright.config.ts',
  ...process.argv.slice(2),
]);
