// What this start is: command line first, then the policy file, then defaults. A wrong value never stops a lesson: it
// is named in `problems` and the default holds.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { AppRole, Policy } from '../../shared/settings/policy.ts';

export type StartOptions = {
  readonly role: AppRole;
  readonly policy: Policy;
  /** Folder for this start's data instead of the system's, null for the system's. */
  readonly profile: string | null;
  /** What stands behind the word `admin`: a command and its options, empty without one. */
  readonly adminLine: readonly string[];
  readonly problems: readonly string[];
};

const readPolicyFile = (path: string, problems: string[]): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
    problems.push('policy: not an object');
  } catch (error) {
    problems.push(`policy: ${error instanceof Error ? error.message : String(error)}`);
  }
  return {};
};

/** Keys that do not fit are left out one by one, so that one typing error does not undo a whole policy. */
const readPolicy = (raw: Record<string, unknown>, problems: string[]): Policy => {
  const kept: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(raw)) {
    const schema = Object.hasOwn(Policy.shape, key) ? Policy.shape[key as keyof Policy] : null;
    if (schema === null) problems.push(`policy.${key}: unknown`);
    else if (schema.safeParse(value).success) kept[key] = value;
    else problems.push(`policy.${key}: not valid`);
  }
  return Policy.parse(kept);
};

/** Where the admin's command begins, null without one. Before it stands at most the app's own path. */
const adminLineOf = (
  argv: readonly string[],
  tokens: readonly { readonly kind: string; readonly index: number; readonly value?: unknown }[],
): readonly string[] | null => {
  const words = tokens.filter(({ kind }) => kind === 'positional').slice(0, 2);
  const admin = words.find(({ value }) => value === 'admin');
  return admin === undefined ? null : argv.slice(admin.index + 1);
};

/** `argv` without the executable; the app's own path may be in it. */
export const readStartOptions = (argv: readonly string[], defaultPolicyPath: string | null): StartOptions => {
  const problems: string[] = [];
  // Chromium's and Electron's own switches share the line: what is not ours is left alone.
  const { values, tokens } = parseArgs({
    args: [...argv],
    strict: false,
    tokens: true,
    options: { role: { type: 'string' }, policy: { type: 'string' }, profile: { type: 'string' } },
  });
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  const policyPath = text(values.policy) ?? defaultPolicyPath;
  const policy = readPolicy(policyPath === null ? {} : readPolicyFile(policyPath, problems), problems);
  const adminLine = adminLineOf(argv, tokens);
  const asked = AppRole.safeParse(values.role ?? (adminLine === null ? (policy.role ?? 'console') : 'admin'));
  if (!asked.success) problems.push('role: not valid');
  return {
    role: asked.success ? asked.data : 'console',
    policy,
    profile: text(values.profile),
    adminLine: adminLine ?? [],
    problems,
  };
};
