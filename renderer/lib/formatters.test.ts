import { describe, expect, it } from 'vitest';
import { formatCountdown, formatDay, formatDuration } from './formatters.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

describe('lengths of time', () => {
  it.each([
    [0, '0 Sekunden', '0 seconds'],
    [1 * second, '1 Sekunde', '1 second'],
    [59.4 * second, '59 Sekunden', '59 seconds'],
    [60 * second, '1 Minute', '1 minute'],
    [59 * minute, '59 Minuten', '59 minutes'],
    [59 * minute + 40 * second, '1 Stunde', '1 hour'],
    [65 * minute, '1 Stunde, 5 Minuten', '1 hour, 5 minutes'],
    [47 * hour, '47 Stunden', '47 hours'],
    [72 * hour, '3 Tage', '3 days'],
    [-5 * second, '0 Sekunden', '0 seconds'],
  ])('%i ms are %s', (durationMs, german, english) => {
    expect(formatDuration(durationMs, 'de')).toBe(german);
    expect(formatDuration(durationMs, 'en')).toBe(english);
  });
  it('are counted down in minutes and seconds and stop at nothing', () => {
    expect([300 * second, 61_001, 900, 0, -4_000].map(formatCountdown)).toEqual([
      ...['5:00', '1:02', '0:01'],
      ...['0:00', '0:00'],
    ]);
  });
});

describe('days', () => {
  const now = new Date(2026, 4, 5, 0, 10).getTime();
  it('are named from today, whatever the hour', () => {
    expect(formatDay(new Date(2026, 4, 5, 23, 50).getTime(), 'de', now)).toBe('Heute');
    expect(formatDay(new Date(2026, 4, 4, 0, 1).getTime(), 'de', now)).toBe('Gestern');
    expect(formatDay(new Date(2026, 4, 4, 23, 59).getTime(), 'en', now)).toBe('Yesterday');
    expect(formatDay(new Date(2026, 4, 3, 12).getTime(), 'de', now)).toBe('Sonntag, 3. Mai');
  });
});
