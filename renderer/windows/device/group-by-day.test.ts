import { describe, expect, it } from 'vitest';
import { groupByDay } from './group-by-day.ts';

const at = (day: number, hour: number): number => new Date(2026, 4, day, hour).getTime();
const look = (day: number, hour: number) => ({
  by: 'Frau Muster',
  startedAt: at(day, hour),
  endedAt: at(day, hour) + 60_000,
});

describe('looks by day', () => {
  it('puts the newest day and the newest look first, in whatever order they come', () => {
    const [early, late, before] = [look(5, 8), look(5, 11), look(4, 23)] as const;
    expect(groupByDay([early, before, late])).toEqual([
      { day: at(5, 0), entries: [late, early] },
      { day: at(4, 0), entries: [before] },
    ]);
  });
  it('counts a look over midnight to the day it began', () => {
    const over = { by: 'Frau Muster', startedAt: at(4, 23), endedAt: at(5, 1) };
    expect(groupByDay([over]).map(({ day }) => day)).toEqual([at(4, 0)]);
  });
});
