// Numbers for [Note: generation] that rise within a page and from one load of the page to the next.

let last = 0;

/** A generation above every other this page and, by the clock's seconds, earlier loads of it have used. */
export const nextGeneration = (nowMs = Date.now()): number => {
  last = Math.max(last + 1, Math.floor(nowMs / 1000) % 2_000_000_000);
  return last;
};
