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
