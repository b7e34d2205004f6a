// The one place on an agent that decides whether a command may be carried out: order and lesson. Default deny.
import type { LessonId } from '../../shared/domain/ids.ts';
import type { CommandBody, CommandRefusal } from '../../shared/protocol/link.ts';

/** Commands that only take away what a console holds over a device; they are good at any time. */
function onlyReleases(body: CommandBody): boolean {
  switch (body.verb) {
    case 'unlock':
    case 'end-presentation':
      return true;
    case 'watch':
      return body.quality === 'off';
    case 'lock':
    case 'renew-lock':
    case 'show-presentation':
      return false;
  }
}

export type CommandGate = {
  readonly setLesson: (lesson: LessonId | null) => void;
  /** null: carry it out. A stale sequence number does not count as seen. */
  readonly check: (seq: number, body: CommandBody) => CommandRefusal | null;
};

/** One gate per connection: `seq` starts anew with each. */
export function createCommandGate(firstLesson: LessonId | null): CommandGate {
  let lesson = firstLesson;
  let lastSeq = 0;
  return {
    setLesson: (next) => {
      lesson = next;
    },
    check: (seq, body) => {
      if (seq <= lastSeq) return 'stale-sequence';
      lastSeq = seq;
      return lesson === null && !onlyReleases(body) ? 'not-in-lesson' : null;
    },
  };
}
