// What the whole machine did while something was measured (proc(5)).
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';

type Times = { readonly busy: number; readonly all: number };

const readTimes = (): Times => {
  const fields = (readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '')
    .split(/\s+/)
    .slice(1, 9)
    .map(Number);
  const all = fields.reduce((total, field) => total + field, 0);
  // Idle and waiting for disks.
  return { busy: all - (fields[3] ?? 0) - (fields[4] ?? 0), all };
};

/** Starts to watch; the returned function gives the share of all cores in use since, in percent. */
export const startBusyMeter = (): (() => number) => {
  const before = readTimes();
  return () => {
    const now = readTimes();
    return (100 * (now.busy - before.busy)) / Math.max(1, now.all - before.all);
  };
};

/** Load average of the last minute. */
export const loadAverage = (): number => loadavg()[0] ?? 0;

export const residentMegabytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;

export const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** NaN for no values. */
export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const upper = sorted[Math.floor(middle)] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
};
