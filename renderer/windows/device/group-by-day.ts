// Sorts looks at a screen into days of this computer's time zone. Pure.
import type { WatchEntry } from '../../../shared/ipc/contract.ts';

/** `day` is the day's first moment, Unix milliseconds. */
export type Day = { readonly day: number; readonly entries: readonly WatchEntry[] };

/** Newest day and newest look first; a look belongs to the day it began. */
export const groupByDay = (entries: readonly WatchEntry[]): readonly Day[] => {
  const days = new Map<number, WatchEntry[]>();
  for (const entry of [...entries].sort((a, b) => b.startedAt - a.startedAt)) {
    const day = new Date(entry.startedAt).setHours(0, 0, 0, 0);
    const ofDay = days.get(day) ?? [];
    days.set(day, ofDay);
    ofDay.push(entry);
  }
  return [...days].map(([day, ofDay]) => ({ day, entries: ofDay }));
};
