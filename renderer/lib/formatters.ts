// How times and durations are written for people. Pure; the language comes in.

/** Time of day like 09:41, or with the weekday when it was not on the same day as `now` (Unix ms). */
export const formatClock = (at: number, language: string, now: number): string => {
  const isSameDay = new Date(at).toDateString() === new Date(now).toDateString();
  return new Intl.DateTimeFormat(language, {
    hour: '2-digit',
    minute: '2-digit',
    ...(isSameDay ? {} : { weekday: 'short' }),
  }).format(at);
};

/** Day and time, for expiries (Unix ms). */
export const formatDayAndClock = (at: number, language: string): string =>
  new Intl.DateTimeFormat(language, { weekday: 'long', hour: '2-digit', minute: '2-digit' }).format(at);

/** A list of names as a person would say it. */
export const formatList = (items: readonly string[], language: string): string =>
  new Intl.ListFormat(language, { type: 'conjunction' }).format(items);

/** Whole minutes from `from` to `to` (Unix ms), never negative. */
export const minutesBetween = (from: number, to: number): number =>
  Math.max(0, Math.floor((to - from) / 60_000));
