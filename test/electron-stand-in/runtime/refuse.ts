// Owns the promise "refuses loudly what it lacks": a missing member of Electron's API throws by name.
// It must not hide mistakes of the stand-in itself.

// Asked by JavaScript itself, by inspectors and by assertion libraries; never by a program that wants Electron.
const askedByTools = new Set([
  'then',
  'catch',
  'finally',
  'toJSON',
  'inspect',
  'nodeType',
  'tagName',
  'asymmetricMatch',
  '$$typeof',
  '@@__IMMUTABLE_ITERABLE__@@',
  'domain',
  '_events',
  '_eventsCount',
  '_maxListeners',
  '__esModule',
  'prototype',
  'caller',
  'arguments',
  'default',
  'toStringTag',
  'parent',
]);

/** The error every missing part raises: 'not in the stand-in: X.y'. */
export function notInTheStandIn(what: string): Error {
  return new Error(`not in the stand-in: ${what}`);
}

/** Wraps an object so that reading a member it lacks throws with its full name. */
export function refusing<T extends object>(target: T, name: string): T {
  return new Proxy(target, {
    get(object, key, receiver) {
      if (typeof key === 'string' && !(key in object) && !askedByTools.has(key)) {
        throw notInTheStandIn(`${name}.${key}`);
      }
      return Reflect.get(object, key, receiver);
    },
  });
}

/** A whole module or class that the stand-in lacks: any use of it throws, importing its name does not. */
export function refusedEntirely(name: string): object {
  // A function, not an arrow: only then `new` reaches the refusal.
  const refuse = function refuse(): never {
    throw notInTheStandIn(name);
  };
  return new Proxy(refuse, {
    get(target, key) {
      if (typeof key === 'symbol' || askedByTools.has(key)) return Reflect.get(target, key);
      throw notInTheStandIn(`${name}.${key}`);
    },
    construct: refuse,
    apply: refuse,
  });
}
