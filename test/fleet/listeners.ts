// A set of listeners, as every port of a simulated device has them.

export type Listeners<T> = {
  readonly add: (listener: (value: T) => void) => () => void;
  readonly tell: (value: T) => void;
};

export const createListeners = <T>(): Listeners<T> => {
  const set = new Set<(value: T) => void>();
  return {
    add(listener) {
      set.add(listener);
      return () => set.delete(listener);
    },
    tell(value) {
      for (const listener of [...set]) listener(value);
    },
  };
};
