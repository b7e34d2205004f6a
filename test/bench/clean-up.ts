// What a bench has started and how to end it: in reverse order, each once, also after Ctrl-C.

export type CleanUp = {
  /** Remembers how to end something; the returned function ends it early. */
  readonly add: (end: () => Promise<unknown> | unknown) => () => Promise<void>;
  /** Ends everything; a step that fails or takes too long does not keep the others from running. */
  readonly run: () => Promise<void>;
};

const stepTimeoutMs = 5_000;

const endWithin = async (end: () => Promise<unknown> | unknown): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, stepTimeoutMs);
  });
  try {
    await Promise.race([end(), late]);
  } catch (error) {
    console.error(`clean-up: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    clearTimeout(timer);
  }
};

export const createCleanUp = (): CleanUp => {
  const steps = new Set<() => Promise<void>>();
  return {
    add(end) {
      const step = async (): Promise<void> => {
        if (steps.delete(step)) await endWithin(end);
      };
      steps.add(step);
      return step;
    },
    async run() {
      for (const step of [...steps].reverse()) await step();
    },
  };
};
