// Runs the steps of one connection one after another, each under a name that appears in its error.

export type OperationQueue = {
  /** Queues a step. Its failure is reported, not thrown; the next step runs all the same. */
  readonly run: (name: string, step: () => Promise<void>) => Promise<void>;
  /** Steps that have not begun are dropped. */
  readonly close: () => void;
};

export const createOperationQueue = (onProblem: (name: string, error: Error) => void): OperationQueue => {
  let tail = Promise.resolve();
  let isClosed = false;
  return {
    run(name, step) {
      tail = tail.then(async () => {
        if (isClosed) return;
        try {
          await step();
        } catch (error) {
          // A step that was cut off by close() has nothing to tell.
          if (!isClosed) onProblem(name, error instanceof Error ? error : new Error(String(error)));
        }
      });
      return tail;
    },
    close() {
      isClosed = true;
    },
  };
};
