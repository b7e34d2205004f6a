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

/** `argv` without the executable and the app's own path. */
export const readStartOptions = (argv: readonly string[], defaultPolicyPath: string | null): StartOptions => {
  const problems: string[] = [];
  // Chromium's and Electron's own switches share the line: what is not ours is left alone.
  const { values } = parseArgs({
    args: [...argv],
    strict: false,
    options: { role: { type: 'string' }, policy: { type: 'string' }, profile: { type: 'string' } },
  });
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  const policyPath = text(values.policy) ?? defaultPolicyPath;
  const policy = readPolicy(policyPath === null ? {} : readPolicyFile(policyPath, problems), problems);
  const asked = AppRole.safeParse(values.role ?? policy.role ?? 'console');
  if (!asked.success) problems.push('role: not valid');
  return {
    role: asked.success ? asked.data : 'console',
    policy,
    profile: text(values.profile),
    problems,
  };
};
