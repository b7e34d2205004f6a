// How times and durations are written for people. Pure; the language comes in.

/** Schools here count to 24 in both languages. */
const localeOf = (language: string): string => (language === 'de' ? 'de-DE' : 'en-GB');

/** Time of day like 09:41, or with the weekday when it was not on the same day as `now` (Unix ms). */
export const formatClock = (at: number, language: string, now: number): string => {
  const isSameDay = new Date(at).toDateString() === new Date(now).toDateString();
  return new Intl.DateTimeFormat(localeOf(language), {
    hour: '2-digit',
    minute: '2-digit',
    ...(isSameDay ? {} : { weekday: 'short' }),
  }).format(at);
};

/** Day and time, for expiries (Unix ms). */
export const formatDayAndClock = (at: number, language: string): string =>
  new Intl.DateTimeFormat(localeOf(language), { weekday: 'long', hour: '2-digit', minute: '2-digit' }).format(
    at,
  );

/** Whole minutes from `from` to `to` (Unix ms), never negative. */
export const minutesBetween = (from: number, to: number): number =>
  Math.max(0, Math.floor((to - from) / 60_000));

/** Minutes and seconds like 4:05, never below 0:00. */
export const formatCountdown = (leftMs: number): string => {
  const seconds = Math.max(0, Math.ceil(leftMs / 1_000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
};

/** Time of day like 09:41 (Unix ms). */
export const formatTime = (at: number, language: string): string =>
  new Intl.DateTimeFormat(localeOf(language), { hour: '2-digit', minute: '2-digit' }).format(at);

const dayMs = 86_400_000;

/** "Heute", "Gestern", or weekday and date (Unix ms; `day` is any moment of the day). */
export const formatDay = (day: number, language: string, now: number): string => {
  const midnight = (at: number): number => new Date(at).setHours(0, 0, 0, 0);
  // A day with a change of the clock is an hour shorter or longer.
  const daysAgo = Math.round((midnight(now) - midnight(day)) / dayMs);
  if (daysAgo === 0 || daysAgo === 1) {
    const words = new Intl.RelativeTimeFormat(localeOf(language), { numeric: 'auto' }).format(
      -daysAgo,
      'day',
    );
    return words.charAt(0).toLocaleUpperCase(localeOf(language)) + words.slice(1);
  }
  const parts = { weekday: 'long', day: 'numeric', month: 'long' } as const;
  return new Intl.DateTimeFormat(localeOf(language), parts).format(day);
};

const inUnit = (amount: number, unit: string, language: string): string =>
  new Intl.NumberFormat(localeOf(language), { style: 'unit', unit, unitDisplay: 'long' }).format(amount);

/** A length of time in one or two units: "40 Sekunden", "12 Minuten", "1 Stunde, 5 Minuten", "3 Tage". */
export const formatDuration = (durationMs: number, language: string): string => {
  const seconds = Math.max(0, Math.round(durationMs / 1_000));
  if (seconds < 60) return inUnit(seconds, 'second', language);
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return inUnit(minutes, 'minute', language);
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return inUnit(Math.round(hours / 24), 'day', language);
  const rest = minutes % 60;
  return rest === 0
    ? inUnit(hours, 'hour', language)
    : `${inUnit(hours, 'hour', language)}, ${inUnit(rest, 'minute', language)}`;
};
