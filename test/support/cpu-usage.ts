// Processor time of a process and everything it started, read from /proc (proc(5)); in percent of one core.
import { readdirSync, readFileSync } from 'node:fs';

type ProcessTimes = {
  readonly pid: number;
  readonly parent: number;
  readonly ticks: number;
  readonly command: string;
};

/** Clock ticks per second: 100 on every Linux that Node runs on (USER_HZ). */
const ticksPerSecond = 100;

const readProcess = (pid: number): ProcessTimes | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
    // The name in parentheses may hold anything: fields count from behind the last one.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { pid, parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]), command };
  } catch {
    // It ended while the table was read.
    return null;
  }
};

const allProcesses = (): ProcessTimes[] =>
  readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (readProcess(Number(name)) ?? []) : []));

const treeOf = (root: number, table: readonly ProcessTimes[]): ProcessTimes[] => {
  const members = new Set([root]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const { pid, parent } of table) {
      if (members.has(parent) && !members.has(pid)) {
        members.add(pid);
        grown = true;
      }
    }
  }
  return table.filter(({ pid }) => members.has(pid));
};

export type CpuMeter = {
  /** Percent of one core since the meter was made, for the processes whose command matches. */
  readonly percent: (matches?: (command: string) => boolean) => number;
};

/** Starts to measure the process `root` and its descendants. */
export const startCpuMeter = (root: number): CpuMeter => {
  const before = new Map(treeOf(root, allProcesses()).map(({ pid, ticks }) => [pid, ticks]));
  const startedAt = performance.now();
  return {
    percent(matches = () => true) {
      const seconds = (performance.now() - startedAt) / 1000;
      const ticks = treeOf(root, allProcesses())
        .filter(({ command }) => matches(command))
        .reduce((sum, { pid, ticks: now }) => sum + now - (before.get(pid) ?? 0), 0);
      return (ticks / ticksPerSecond / seconds) * 100;
    },
  };
};

/** Pids of the descendants of `root` whose command matches. */
export const findProcesses = (root: number, matches: (command: string) => boolean): number[] =>
  treeOf(root, allProcesses()).flatMap(({ pid, command }) => (matches(command) ? pid : []));
