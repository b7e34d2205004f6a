// The lesson: when it runs. Every right of the console over a device begins and ends with it.
import type { LessonId } from '../../../shared/domain/ids.ts';
import type { Lesson } from '../../../shared/domain/lesson.ts';
import type { Clock } from '../../lib/clock.ts';

type Parts = {
  /** What `save` was given last before this start, null for nothing. */
  readonly kept: KeptLesson | null;
  readonly save: (kept: KeptLesson | null) => void;
  readonly newLessonId: () => LessonId;
  readonly clock: Clock;
  readonly onChange: (lesson: Lesson | null) => void;
};

/** A lesson as it is kept over a crash of the console; `aliveAt` is the last sign of life, Unix milliseconds. */
export type KeptLesson = { readonly lesson: Lesson; readonly aliveAt: number };

export type ConsoleLesson = {
  readonly current: () => Lesson | null;
  /** Starting a running lesson changes nothing. */
  readonly start: () => Lesson;
  readonly end: () => void;
  readonly close: () => void;
};

/** After a longer silence a lesson is over: nobody is to be watched because a PC was off over lunch. */
const resumeWithinMs = 10 * 60_000;
const signOfLifeEveryMs = 30_000;

export const createConsoleLesson = (parts: Parts): ConsoleLesson => {
  const { clock, kept } = parts;
  const silenceMs = kept === null ? Number.POSITIVE_INFINITY : clock.wallMs() - kept.aliveAt;
  let lesson = kept !== null && silenceMs >= 0 && silenceMs < resumeWithinMs ? kept.lesson : null;

  const save = (): void => parts.save(lesson && { lesson, aliveAt: clock.wallMs() });
  const change = (next: Lesson | null): void => {
    lesson = next;
    save();
    parts.onChange(next);
  };
  const stopSignsOfLife = clock.every(signOfLifeEveryMs, () => {
    if (lesson !== null) save();
  });

  return {
    current: () => lesson,
    start() {
      if (lesson !== null) return lesson;
      const started = { id: parts.newLessonId(), startedAt: clock.wallMs() };
      change(started);
      return started;
    },
    end() {
      if (lesson !== null) change(null);
    },
    close: stopSignsOfLife,
  };
};
