// npm run test:stand-in: the conformance tests of the Electron stand-in (or, with LEHRPULT_ELECTRON=electron, of Electron).
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { describeRuntime, resolveRuntime } from './electron-runtime.ts';
import { displayPackages, ensurePackages } from './system-packages.ts';
import { startDisplay } from './x-display.ts';

const folder = resolve(import.meta.dirname, '../electron-stand-in/conformance');
const wanted = process.argv.slice(2);
const files = readdirSync(folder)
  .filter(
    (name) =>
      name.endsWith('.test.ts') && (wanted.length === 0 || wanted.some((part) => name.includes(part))),
  )
  .map((name) => join(folder, name));

ensurePackages(displayPackages);
const runtime = await resolveRuntime();
console.log(describeRuntime(runtime));
const display = await startDisplay();
process.env.DISPLAY = display.display;
const counts = { passed: 0, failed: 0, skipped: 0 };
// One after the other: they share one display, and focus is one thing.
const stream = run({ files, concurrency: 1, timeout: 120_000 });
stream.on('test:pass', (event) => {
  if (event.details.type === 'suite' || files.includes(event.name)) return;
  if (event.skip !== undefined && event.skip !== false) counts.skipped += 1;
  else counts.passed += 1;
});
stream.on('test:fail', (event) => {
  if (event.details.type !== 'suite') counts.failed += 1;
});
stream.compose(new spec()).pipe(process.stdout);
await new Promise((done) => stream.once('end', done));
await display.close();
const results = resolve(import.meta.dirname, '../../test-results');
mkdirSync(results, { recursive: true });
writeFileSync(join(results, 'stand-in.json'), JSON.stringify(counts));
process.stdout.write(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;
