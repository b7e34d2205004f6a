// What a lock needs of the device: covers on every display.

export type CoverPort = {
  /** Covers every display with the teacher's text; calling it again changes the text. Gives the number covered. */
  readonly cover: (notice: { readonly text: string; readonly teacher: string }) => number;
  readonly uncover: () => void;
  /** Displays came or went, or a cover was lost: how many are covered now. */
  readonly onCovered: (listener: (displays: number) => void) => () => void;
};
