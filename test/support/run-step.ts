// Runs one command of a larger run, shows its output as it comes and counts what its test runner reports.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';

export type Counts = { passed: number; failed: number; skipped: number };

export type Step = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** JSON report that the command leaves, null when only its exit code counts (as one check). */
  readonly report: { readonly kind: 'vitest' | 'playwright' | 'counts'; readonly path: string } | null;
};

export const noCounts = (): Counts => ({ passed: 0, failed: 0, skipped: 0 });

const readReport = async ({ kind, path }: NonNullable<Step['report']>): Promise<Counts> => {
  const report = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown> & {
    stats?: Record<string, number>;
  };
  const number = (value: unknown): number => (typeof value === 'number' ? value : 0);
  if (kind === 'counts') {
    return { passed: number(report.passed), failed: number(report.failed), skipped: number(report.skipped) };
  }
  if (kind === 'vitest') {
    return {
      passed: number(report.numPassedTests),
      failed: number(report.numFailedTests) + number(report.numFailedTestSuites),
      skipped: number(report.numPendingTests) + number(report.numTodoTests),
    };
  }
  const stats = report.stats ?? {};
  return {
    passed: number(stats.expected),
    failed: number(stats.unexpected) + number(stats.flaky),
    skipped: number(stats.skipped),
  };
};

/** Exit code of the command; output goes straight to this process's own. */
export const run = (command: string, args: readonly string[]): Promise<number> =>
  new Promise((resolve) => {
    const child = spawn(command, [...args], { stdio: 'inherit' });
    child.on('error', (error) => {
      console.error(`${command}: ${error.message}`);
      resolve(127);
    });
    child.on('exit', (code) => resolve(code ?? 1));
  });

/** Runs the step; a run that fails without saying which test, or that ran none, counts as one failure. */
export const runStep = async (step: Step): Promise<Counts> => {
  console.log(`\n== ${step.name}`);
  const startedAt = Date.now();
  const code = await run(step.command, step.args);
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  const counts = step.report === null ? noCounts() : await readReport(step.report).catch(() => noCounts());
  if (step.report === null) counts[code === 0 ? 'passed' : 'failed'] += 1;
  else if (counts.failed === 0 && (code !== 0 || counts.passed === 0)) counts.failed += 1;
  console.log(`== ${step.name}: ${counts.passed} passed, ${counts.failed} failed in ${seconds} s`);
  return counts;
};
