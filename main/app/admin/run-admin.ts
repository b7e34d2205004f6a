// The admin's command line: finds the command, reads its options, prints what came of it. What a command does is its own.
import { parseArgs } from 'node:util';
import type { AdminCommand, AdminParts, CommandCall, Outcome } from './command.ts';
import { usage } from './command.ts';
import { logCommands } from './log-commands.ts';
import { recoveryCommands } from './recovery-commands.ts';
import { renewalCommands } from './renewal-commands.ts';
import { schoolCommands } from './school-commands.ts';
import { teacherCommands } from './teacher-commands.ts';
import { tokenCommands } from './token-commands.ts';

const commands: readonly AdminCommand[] = [
  ...schoolCommands,
  ...teacherCommands,
  ...renewalCommands,
  ...tokenCommands,
  ...recoveryCommands,
  ...logCommands,
];

/** 0: done; 1: it failed; 2: it was called in a wrong way. */
export type ExitCode = 0 | 1 | 2;

/** Options of the start itself may stand anywhere on the line. */
const startOptions = {
  role: { type: 'string' },
  profile: { type: 'string' },
  policy: { type: 'string' },
} as const;
const commonOptions = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;

const overview = (): string => {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'lehrpult admin <command> [options]',
    '',
    ...commands.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`),
    '',
    '--json prints one JSON object for programs. --profile=<folder> keeps the school there.',
    '"lehrpult admin <command> --help" shows the options of a command.',
    'Exit code: 0 done, 1 failed, 2 called in a wrong way.',
    '',
  ].join('\n');
};

const helpOf = ({ name, usage: line, about, help }: AdminCommand): string =>
  [
    `lehrpult admin ${name} ${line}`.trimEnd(),
    '',
    about,
    '',
    ...help.map((one) => `  ${one}`.trimEnd()),
    '',
  ].join('\n');

type Read = { readonly call: CommandCall; readonly isHelp: boolean } | { readonly problem: string };

function readLine(command: AdminCommand, line: readonly string[], parts: AdminParts): Read {
  const options = { ...startOptions, ...commonOptions, ...command.options };
  try {
    const { values, positionals } = parseArgs({
      args: [...line],
      options,
      allowPositionals: true,
      strict: true,
    });
    const most = command.takesOperand ? 1 : 0;
    if (positionals.length > most) {
      return { problem: `"${positionals[most]}" is too much. Put a value with blanks into quotes.` };
    }
    const given: Readonly<Record<string, unknown>> = values;
    const text = (name: string): string | null => {
      const value = given[name];
      return typeof value === 'string' ? value : null;
    };
    const call = {
      text,
      flag: (name: string) => given[name] === true,
      operand: positionals[0] ?? null,
      parts,
    };
    return { call, isHelp: values.help === true };
  } catch (cause) {
    // parseArgs throws on every option that it does not know, with a sentence that names it.
    if (cause instanceof TypeError && 'code' in cause) return { problem: cause.message };
    throw cause;
  }
}

async function report(
  outcome: Outcome,
  command: AdminCommand,
  isJson: boolean,
  parts: AdminParts,
): Promise<ExitCode> {
  if (outcome.state === 'done') {
    await parts.write(
      isJson
        ? `${JSON.stringify({ ok: true, ...outcome.facts }, null, 2)}\n`
        : `${outcome.lines.join('\n')}\n`,
    );
    return 0;
  }
  const isUsage = outcome.state === 'usage';
  const code = isUsage ? 'usage' : outcome.code;
  const facts = isUsage ? {} : (outcome.facts ?? {});
  if (isJson) {
    await parts.write(
      `${JSON.stringify({ ok: false, error: code, message: outcome.message, ...facts }, null, 2)}\n`,
    );
  } else {
    const hint = `\nlehrpult admin ${command.name} ${command.usage}`.trimEnd();
    await parts.writeError(`${outcome.message}${isUsage ? hint : ''}\n`);
  }
  return isUsage ? 2 : 1;
}

/** Runs what stands behind `admin` on the command line. Facts go to standard output, advice to standard error. */
export async function runAdmin(line: readonly string[], parts: AdminParts): Promise<ExitCode> {
  const [name, ...rest] = line;
  const wantsHelp = name === undefined || name === 'help' || name === '--help' || name === '-h';
  const command = commands.find((one) => one.name === (name === 'help' ? rest[0] : name));
  if (wantsHelp) {
    await parts.write(command === undefined ? overview() : helpOf(command));
    return name === undefined ? 2 : 0;
  }
  if (command === undefined) {
    await parts.writeError(`There is no command "${name}".\n\n${overview()}`);
    return 2;
  }
  const read = readLine(command, rest, parts);
  const isJson = rest.includes('--json');
  if ('problem' in read) return report(usage(read.problem), command, isJson, parts);
  if (read.isHelp) {
    await parts.write(helpOf(command));
    return 0;
  }
  return report(await command.run(read.call), command, isJson, parts);
}
