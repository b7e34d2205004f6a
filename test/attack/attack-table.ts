// One row of the attack table as a test: first the same action with right credentials, then the attacks, then one line.
import { expect, test } from 'vitest';
import { addRow, lineOf } from './attack-rows.ts';

/** What an attack tells of its course. */
export type Tally = {
  /**
   * One try. `run` gives true when the attacker got what it wanted; a throw is a failure of the test itself.
   * `name` is what the failure names.
   */
  readonly attempt: (name: string, run: () => boolean | Promise<boolean>) => Promise<void>;
  /** Many tries that were counted elsewhere; `succeeded` names those that got through. */
  readonly count: (tries: number, succeeded?: readonly string[]) => void;
  /** A number for the table, with its unit: `figure('p99', '41 ms')`. */
  readonly figure: (name: string, value: string) => void;
  /** A bound that has to hold; prints like `figure` and counts a miss as a success of the attacker. */
  readonly bound: (name: string, value: number, most: number, unit: string) => void;
};

export type Attack = {
  /** Row of the table in SECURITY.md: `T02`, `D20`. */
  readonly id: string;
  readonly title: string;
  /** Default 120 s. */
  readonly timeoutMs?: number;
  /** The same action with right credentials. False or a throw: nothing was attacked, and the attack fails. */
  readonly control: () => boolean | Promise<boolean>;
  readonly attempts: (tally: Tally) => Promise<void>;
};

/** True when the long run was asked for: `npm run test:attack -- --long`. */
export const isLongRun = process.env.LEHRPULT_ATTACK_LONG === '1';

const round = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1));

/** Declares the attack as a test; its line and its row of the table are written whatever happens. */
export const attack = ({ id, title, timeoutMs, control, attempts }: Attack): void => {
  test(`${id} ${title}`, { timeout: timeoutMs ?? 120_000 }, async () => {
    const startedMs = performance.now();
    const succeeded: string[] = [];
    const figures: Record<string, string> = {};
    let tries = 0;
    let isControlOk = false;
    const tally: Tally = {
      async attempt(name, run) {
        tries += 1;
        if (await run()) succeeded.push(name);
      },
      count(more, names = []) {
        tries += more;
        succeeded.push(...names);
      },
      figure(name, value) {
        figures[name] = value;
      },
      bound(name, value, most, unit) {
        figures[name] = `${round(value)} ${unit} (<= ${most})`;
        if (!(value <= most)) succeeded.push(`${name} ${round(value)} ${unit}, at most ${most} allowed`);
      },
    };
    try {
      isControlOk = await control();
      expect(isControlOk, 'control: nothing was attacked').toBe(true);
      await attempts(tally);
    } finally {
      const ms = performance.now() - startedMs;
      const row = { id, title, tries, succeeded: succeeded.length, isControlOk, ms, figures };
      addRow(row);
      console.log(lineOf(row));
    }
    expect(tries, 'the attack tried nothing').toBeGreaterThan(0);
    expect(succeeded.slice(0, 20)).toEqual([]);
  });
};
