// `npm test`: set-up, static checks, unit and contract tests, stand-in, attacks, end-to-end, package; one line at
// the end.
import { mkdirSync, rmSync } from 'node:fs';
import { noCounts, runStep, type Step } from './run-step.ts';
import { displayPackages, ensurePackages } from './system-packages.ts';

const check = (name: string, script: string): Step => ({
  name,
  command: 'npm',
  args: ['run', '--silent', script],
  report: null,
});

const steps: readonly Step[] = [
  check('types', 'typecheck'),
  check('lint, zones, unused code', 'lint'),
  check('rules without a test', 'check:rules'),
  check('build', 'build'),
  {
    name: 'unit and contract tests',
    command: 'vitest',
    args: [
      'run',
      '--config',
      'test/vitest.config.ts',
      '--reporter=default',
      '--reporter=json',
      '--outputFile.json=test-results/unit.json',
    ],
    report: { kind: 'vitest', path: 'test-results/unit.json' },
  },
  {
    name: 'stand-in conformance',
    command: 'npm',
    args: ['run', '--silent', 'test:stand-in'],
    report: { kind: 'counts', path: 'test-results/stand-in.json' },
  },
  {
    name: 'attacks',
    command: 'npm',
    args: ['run', '--silent', 'test:attack'],
    report: { kind: 'vitest', path: 'test-results/attack.json' },
  },
  {
    name: 'end to end',
    command: 'npm',
    args: ['run', '--silent', 'test:e2e'],
    report: { kind: 'playwright', path: 'test-results/e2e.json' },
  },
];

rmSync('test-results', { recursive: true, force: true });
mkdirSync('test-results', { recursive: true });
ensurePackages(displayPackages);
const total = noCounts();
for (const step of steps) {
  const counts = await runStep(step);
  for (const key of ['passed', 'failed', 'skipped'] as const) total[key] += counts[key];
}
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;
