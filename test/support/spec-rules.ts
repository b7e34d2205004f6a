// Lists the rules of every SPEC.md in shared/ that no test names, and the numbers in tests that are no rule; fails on either.
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const find = (pattern: string): string[] =>
  globSync(pattern, { cwd: root, exclude: (name) => ['node_modules', 'out', 'dist'].includes(name) }).sort();

const tests = find('{main,shared,renderer,test}/**/*.test.{ts,tsx}').map(read).join('\n');
/** `[LK3]` or `[LK3, LK4]` in a test's name. */
const named = new Set(
  [...tests.matchAll(/\[((?:[A-Z]{2}\d+)(?:, ?[A-Z]{2}\d+)*)\]/g)].flatMap((match) =>
    (match[1] ?? '').split(/, ?/),
  ),
);

let problems = 0;
const rules = new Set<string>();
for (const path of find('shared/**/SPEC.md')) {
  const ofSpec = [...read(path).matchAll(/^- \*\*([A-Z]{2}\d+)\*\*/gm)].map((match) => match[1] ?? '');
  const without = ofSpec.filter((rule) => !named.has(rule));
  const twice = ofSpec.filter((rule, index) => ofSpec.indexOf(rule) !== index || rules.has(rule));
  for (const rule of ofSpec) rules.add(rule);
  problems += without.length + twice.length;
  console.log(`${dirname(path)}: ${ofSpec.length} rules, ${without.length} without a test`);
  for (const rule of without) console.log(`  no test names ${rule}`);
  for (const rule of twice) console.log(`  ${rule} stands twice`);
}
const families = new Set([...rules].map((rule) => rule.slice(0, 2)));
for (const rule of named) {
  if (rules.has(rule) || !families.has(rule.slice(0, 2))) continue;
  problems += 1;
  console.log(`a test names ${rule}, which is no rule`);
}
process.exitCode = problems === 0 ? 0 : 1;
