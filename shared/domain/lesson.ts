// Room, lesson and presentation as the console's pages see them.
import { z } from 'zod';
import { DisplayName, LessonId, PresentationId, RoomId, TeacherId } from './ids.ts';

export const Room = z.strictObject({ id: RoomId, name: DisplayName });
export type Room = z.infer<typeof Room>;

export const Teacher = z.strictObject({ id: TeacherId, name: DisplayName });
export type Teacher = z.infer<typeof Teacher>;

/** Every right begins and ends with a lesson; null in the snapshot when none runs. */
export const Lesson = z.strictObject({ id: LessonId, startedAt: z.int() });
export type Lesson = z.infer<typeof Lesson>;

export const PresentationSource = z.strictObject({
  /** Handle made by main; means nothing outside this process. */
  id: z.string().min(1).max(128),
  kind: z.enum(['screen', 'window']),
  name: z.string().max(256),
});
export type PresentationSource = z.infer<typeof PresentationSource>;

/** The presentation as main holds it. */
export const PresentationView = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('off') }),
  z.strictObject({
    state: z.enum(['starting', 'running', 'recovering', 'paused']),
    id: PresentationId,
    source: PresentationSource,
    startedAt: z.int(),
    /** Counts up whenever the relay is new and the page has to offer its stream again. */
    relayGeneration: z.int().min(0),
  }),
]);
export type PresentationView = z.infer<typeof PresentationView>;
