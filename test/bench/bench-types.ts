// What a bench is: options in, a report for people and machines out.
import type { CleanUp } from './clean-up.ts';

export type BenchOptions = {
  /** Sizes of the class, in the order given; null for the bench's own. */
  readonly peers: readonly number[] | null;
  /** Length of one measured window; null for the bench's own. */
  readonly seconds: number | null;
  readonly rounds: number | null;
  /** `presentation` also runs one connection per device beside each size up to 30. */
  readonly withMesh: boolean;
};

export type BenchContext = {
  readonly options: BenchOptions;
  readonly cleanUp: CleanUp;
  /** One line about what is being done now. */
  readonly say: (text: string) => void;
};

export type Goal = {
  readonly what: string;
  readonly goal: string;
  readonly value: number;
  readonly isMet: boolean;
};

export type BenchReport = {
  /** Lines for people. */
  readonly lines: readonly string[];
  /** Goals of design that this run could judge. */
  readonly goals: readonly Goal[];
  /** Everything, for machines. */
  readonly data: Readonly<Record<string, unknown>>;
};

export type Bench = {
  readonly name: string;
  readonly summary: string;
  readonly run: (context: BenchContext) => Promise<BenchReport>;
};
