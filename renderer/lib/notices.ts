// Short messages to the teacher about what an action did. Nothing here knows which feature spoke.
import { create } from 'zustand';

export type NoticeTone = 'good' | 'problem';

export type Notice = {
  readonly id: number;
  readonly tone: NoticeTone;
  readonly text: string;
  /** One line per device or cause, empty when the text says all. */
  readonly details: readonly string[];
};

type Notices = { readonly shown: readonly Notice[] };

/** How long a good message stays; a problem stays until it is closed. */
const goodForMs = 5_000;
const maxShown = 3;
let lastId = 0;

export const useNotices = create<Notices>(() => ({ shown: [] }));

export const dismissNotice = (id: number): void =>
  useNotices.setState(({ shown }) => ({ shown: shown.filter((notice) => notice.id !== id) }));

/** Shows a message; the newest pushes out the oldest. */
export const notify = (tone: NoticeTone, text: string, details: readonly string[] = []): void => {
  lastId += 1;
  const notice: Notice = { id: lastId, tone, text, details };
  useNotices.setState(({ shown }) => ({ shown: [...shown, notice].slice(-maxShown) }));
  if (tone === 'good') setTimeout(() => dismissNotice(notice.id), goodForMs);
};
