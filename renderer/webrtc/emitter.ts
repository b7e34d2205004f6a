// Typed events of a session. A listener that throws does not keep the others from hearing.

export type Emitter<Events> = {
  readonly emit: <Name extends keyof Events>(name: Name, payload: Events[Name]) => void;
  /** Gives the way to stop listening. */
  readonly on: <Name extends keyof Events>(
    name: Name,
    listener: (payload: Events[Name]) => void,
  ) => () => void;
  readonly clear: () => void;
};

export const createEmitter = <Events>(): Emitter<Events> => {
  const listeners = new Map<keyof Events, Set<(payload: never) => void>>();
  return {
    emit(name, payload) {
      for (const listener of [...(listeners.get(name) ?? [])]) {
        try {
          (listener as (value: typeof payload) => void)(payload);
        } catch (error) {
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
    on(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set);
      set.add(listener);
      return () => void set.delete(listener);
    },
    clear: () => listeners.clear(),
  };
};
