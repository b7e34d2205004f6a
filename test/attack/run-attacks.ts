// `npm run test:attack [-- --long] [name of a file ...]`: the attack table against running rooms; ends with the table.
import { parseArgs } from 'node:util';
import { run } from '../support/run-step.ts';
import { attackPackages, ensurePackages } from '../support/system-packages.ts';

const { values, positionals } = parseArgs({
  options: { long: { type: 'boolean', default: false } },
  allowPositionals: true,
});
if (values.long) process.env.LEHRPULT_ATTACK_LONG = '1';
ensurePackages(attackPackages);
process.exitCode = await run('vitest', [
  'run',
  '--config',
  'test/attack/vitest.config.ts',
  '--reporter=default',
  '--reporter=json',
  '--outputFile.json=test-results/attack.json',
  ...positionals,
]);
