// Owns what runs inside pages: the bridge between the page's world and the preload's isolated world.
// The functions are injected by their source text: each may use only its parameters and the page's globals.
import type { createCodec } from './codec.ts';

/** What one world offers the other; functions and promises cross as numbers. */
export interface WorldBridge {
  /** Describes a value for the other side. @throws DataCloneError */
  pack(value: unknown): unknown;
  unpack(description: unknown): unknown;
  receive(detail: unknown): void;
}

/** One end of the bridge. `deliver` must hand the detail to the other end's `receive` before it returns. */
export function createBridge(deliver: (detail: object) => void): WorldBridge {
  const functions = new Map<number, (...args: unknown[]) => unknown>();
  const functionIds = new WeakMap<object, number>();
  const promises = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  const replies = new Map<number, { ok: boolean; value: unknown }>();
  const proxies = new Map<number, (...args: unknown[]) => unknown>();
  let nextId = 1;
  const isPlain = (value: object): boolean => {
    const prototype = Object.getPrototypeOf(value);
    return prototype === null || Object.getPrototypeOf(prototype) === null;
  };

  const pack = (value: unknown, seen = new Map<object, number>()): unknown => {
    if (typeof value === 'function') {
      let id = functionIds.get(value);
      if (id === undefined) {
        id = nextId++;
        functionIds.set(value, id);
        functions.set(id, value as (...args: unknown[]) => unknown);
      }
      return { t: 'f', id };
    }
    if (typeof value === 'symbol') throw new DOMException('An object could not be cloned.', 'DataCloneError');
    if (typeof value !== 'object' || value === null) return { t: 'v', value };
    if (value instanceof Promise) {
      const id = nextId++;
      value.then(
        (result) => settle(id, true, result),
        (error) => settle(id, false, error),
      );
      return { t: 'p', id };
    }
    if (value instanceof Error)
      return { t: 'e', name: value.name, message: value.message, stack: value.stack };
    if (Array.isArray(value) || isPlain(value)) {
      const known = seen.get(value);
      if (known !== undefined) return { t: 'r', n: known };
      seen.set(value, seen.size);
      if (Array.isArray(value)) return { t: 'a', items: value.map((item) => pack(item, seen)) };
      const entries = Object.keys(value).map((key) => [
        key,
        pack((value as Record<string, unknown>)[key], seen),
      ]);
      return { t: 'o', entries };
    }
    // Throws DataCloneError here, where the caller sees it, instead of arriving as null over there.
    structuredClone(value);
    return { t: 'v', value };
  };

  const settle = (id: number, ok: boolean, result: unknown): void => {
    let value: unknown;
    try {
      value = pack(result);
    } catch (error) {
      deliver({ k: 'settle', id, ok: false, value: pack(error) });
      return;
    }
    deliver({ k: 'settle', id, ok, value });
  };

  const proxyFor = (id: number): ((...args: unknown[]) => unknown) => {
    const known = proxies.get(id);
    if (known !== undefined) return known;
    const made = (...args: unknown[]): unknown => {
      const call = nextId++;
      deliver({ k: 'call', f: id, call, args: args.map((arg) => pack(arg)) });
      const reply = replies.get(call);
      replies.delete(call);
      if (reply === undefined) throw new Error('The other world of the page is gone');
      if (!reply.ok) throw reply.value;
      return reply.value;
    };
    proxies.set(id, made);
    return made;
  };

  // biome-ignore lint/suspicious/noExplicitAny: descriptions are made by pack above
  const unpack = (d: any, seen: unknown[] = []): unknown => {
    const keep = <T>(value: T): T => {
      seen.push(value);
      return value;
    };
    switch (d.t) {
      case 'f':
        return proxyFor(d.id);
      case 'p':
        return new Promise((resolve, reject) => promises.set(d.id, { resolve, reject }));
      case 'r':
        return seen[d.n];
      case 'e': {
        const kinds: Record<string, ErrorConstructor> = {
          TypeError,
          RangeError,
          SyntaxError,
          ReferenceError,
        };
        const error = new (kinds[d.name] ?? Error)(d.message);
        if (error.name !== d.name)
          Object.defineProperty(error, 'name', { value: d.name, configurable: true });
        return error;
      }
      case 'a': {
        const list: unknown[] = keep([]);
        for (const item of d.items) list.push(unpack(item, seen));
        return list;
      }
      case 'o': {
        const object: Record<string, unknown> = keep({});
        for (const [key, item] of d.entries) {
          Object.defineProperty(object, key, {
            value: unpack(item, seen),
            enumerable: true,
            configurable: true,
            writable: true,
          });
        }
        return object;
      }
      default:
        return d.value;
    }
  };

  const answer = (call: number, f: number, args: unknown[]): void => {
    let ok = true;
    let value: unknown;
    try {
      value = pack(functions.get(f)?.(...args.map((arg) => unpack(arg))));
    } catch (error) {
      ok = false;
      value = pack(error instanceof Error ? error : new Error(String(error)));
    }
    deliver({ k: 'return', call, ok, value });
  };

  return {
    pack: (value) => pack(value),
    unpack: (value) => unpack(value),
    // biome-ignore lint/suspicious/noExplicitAny: details are made by the other end
    receive(detail: any): void {
      if (detail.k === 'call') answer(detail.call, detail.f, detail.args);
      else if (detail.k === 'return')
        replies.set(detail.call, { ok: detail.ok, value: unpack(detail.value) });
      else if (detail.k === 'settle') {
        const waiter = promises.get(detail.id);
        promises.delete(detail.id);
        if (detail.ok) waiter?.resolve(unpack(detail.value));
        else waiter?.reject(unpack(detail.value));
      }
    },
  };
}

/** The browser's own questions to Electron's main process, as the page's world asks them. */
export interface PageHost {
  displayMedia(request: {
    video: boolean;
    audio: boolean;
    userGesture: boolean;
  }): Promise<{ id: number; surface: string; audio: boolean }>;
  displayMediaDone(id: number): void;
  permission(name: string, details: object): Promise<boolean>;
  windowOpen(url: string, name: string, features: string): void;
  closeWindow(): void;
}

/** Runs first in the page's own world: receives exposed objects, asks main before privileged calls. */
export function pageWorld(token: string, makeBridge: typeof createBridge): void {
  const dispatch = window.dispatchEvent.bind(window);
  const Event = CustomEvent;
  const bridge = makeBridge((detail) => dispatch(new Event(`${token}>`, { detail })));
  let host: PageHost | null = null;
  const hostCalls: ((ready: PageHost) => void)[] = [];
  const withHost = (): Promise<PageHost> =>
    host ? Promise.resolve(host) : new Promise((resolve) => hostCalls.push(resolve));
  window.addEventListener(`${token}<`, (event) => {
    const { detail } = event as CustomEvent;
    event.stopImmediatePropagation();
    if (detail.k === 'host') {
      host = bridge.unpack(detail.value) as PageHost;
      for (const call of hostCalls.splice(0)) call(host);
    } else if (detail.k === 'expose') {
      const freeze = (value: unknown): unknown => {
        if (
          typeof value === 'object' &&
          value !== null &&
          Object.getPrototypeOf(value) === Object.prototype
        ) {
          Object.freeze(value);
          Object.values(value).forEach(freeze);
        }
        return value;
      };
      Object.defineProperty(window, detail.key, {
        value: freeze(bridge.unpack(detail.value)),
        enumerable: true,
        configurable: false,
        writable: false,
      });
    } else bridge.receive(detail);
  });

  const denied = (): DOMException => new DOMException('Permission denied', 'NotAllowedError');
  const replace = <T extends object>(object: T | undefined, name: keyof T & string, value: unknown): void => {
    if (object === undefined) return;
    const prototype = Object.getPrototypeOf(object);
    const owner = name in prototype ? prototype : object;
    Object.defineProperty(owner, name, { value, configurable: true, writable: true, enumerable: true });
  };

  const devices = navigator.mediaDevices as MediaDevices | undefined;
  if (devices !== undefined) {
    const nativeDisplay = devices.getDisplayMedia.bind(devices);
    replace(devices, 'getDisplayMedia', async (options: DisplayMediaStreamOptions = {}) => {
      const video = options.video ?? true;
      if (video === false) throw new TypeError('video must be requested');
      const choice = await (await withHost())
        .displayMedia({
          video: true,
          audio: Boolean(options.audio),
          userGesture: navigator.userActivation.isActive,
        })
        .catch((error: Error) => {
          if (error.message.startsWith('not in the stand-in')) throw error;
          if (error.message.includes('transient activation')) {
            throw new DOMException(error.message, 'InvalidStateError');
          }
          if (error.message === 'Not supported') throw new DOMException('Not supported', 'NotSupportedError');
          throw denied();
        });
      const wanted = typeof video === 'object' ? video : {};
      try {
        return await nativeDisplay({
          ...options,
          audio: choice.audio ? (options.audio ?? false) : false,
          video: { ...wanted, displaySurface: choice.surface },
          ...(choice.surface === 'window'
            ? { monitorTypeSurfaces: 'exclude' }
            : { monitorTypeSurfaces: 'include' }),
        } as DisplayMediaStreamOptions);
      } finally {
        (await withHost()).displayMediaDone(choice.id);
      }
    });
    const nativeUser = devices.getUserMedia.bind(devices);
    replace(devices, 'getUserMedia', async (options: MediaStreamConstraints = {}) => {
      if (JSON.stringify(options).includes('chromeMediaSource')) {
        throw new Error('not in the stand-in: getUserMedia with chromeMediaSource (use getDisplayMedia)');
      }
      const mediaTypes = [...(options.video ? ['video'] : []), ...(options.audio ? ['audio'] : [])];
      if (mediaTypes.length > 0 && !(await (await withHost()).permission('media', { mediaTypes })))
        throw denied();
      return nativeUser(options);
    });
  }

  if (typeof Notification !== 'undefined') {
    const ask = async (): Promise<NotificationPermission> =>
      (await (await withHost()).permission('notifications', {})) ? 'granted' : 'denied';
    Object.defineProperty(Notification, 'requestPermission', { value: ask, configurable: true });
  }
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard !== undefined) {
    const guard =
      <A extends unknown[], R>(name: string, native: (...args: A) => Promise<R>) =>
      async (...args: A): Promise<R> => {
        if (!(await (await withHost()).permission(name, {}))) throw denied();
        return native(...args);
      };
    replace(clipboard, 'readText', guard('clipboard-read', clipboard.readText.bind(clipboard)));
    replace(clipboard, 'read', guard('clipboard-read', clipboard.read.bind(clipboard)));
    replace(clipboard, 'writeText', guard('clipboard-sanitized-write', clipboard.writeText.bind(clipboard)));
  }
  const place = navigator.geolocation as Geolocation | undefined;
  if (place !== undefined) {
    const native = place.getCurrentPosition.bind(place);
    replace(
      place,
      'getCurrentPosition',
      async (done: PositionCallback, fail?: PositionErrorCallback, options?: PositionOptions) => {
        if (await (await withHost()).permission('geolocation', {})) native(done, fail, options);
        else fail?.({ code: 1, message: 'User denied Geolocation' } as GeolocationPositionError);
      },
    );
  }
  window.open = (url?: string | URL, name = '', features = '') => {
    // Resolved here, as the browser would: a relative URL belongs to the page.
    const target = new URL(String(url ?? 'about:blank'), location.href).href;
    void withHost().then((ready) => ready.windowOpen(target, name, features));
    return null;
  };
  // The browser lets pages close only what they opened; Electron lets them close their own window.
  window.close = () => void withHost().then((ready) => ready.closeWindow());
}

export interface IsolatedConfig {
  token: string;
  binding: string;
  receiver: string;
  argv: string[];
  platform: string;
  versions: Record<string, string>;
  environment: Record<string, string>;
}

/**
 * Runs in the isolated world before the preload script and gives it `require` and `process`.
 * Messages to Node go through the binding, messages from Node arrive at the receiver.
 */
export function isolatedWorld(
  config: IsolatedConfig,
  makeCodec: typeof createCodec,
  makeBridge: typeof createBridge,
): { require: (id: string) => unknown; process: object; report: (error: unknown) => void } {
  const scope = globalThis as unknown as Record<string, unknown>;
  const rawSend = scope[config.binding] as (text: string) => void;
  const post = (message: object): void => rawSend(JSON.stringify({ ...message, url: location.href }));
  const bytesOf = (text: string): Uint8Array<ArrayBuffer> => {
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
    return bytes;
  };
  const codec = makeCodec((bytes) => (bytes as unknown as { toBase64(): string }).toBase64(), bytesOf);
  const missing = (what: string): never => {
    throw new Error(`not in the stand-in: ${what}`);
  };

  const dispatch = window.dispatchEvent.bind(window);
  const Event = CustomEvent;
  const tellPage = (detail: object): void => {
    dispatch(new Event(`${config.token}<`, { detail }));
  };
  const bridge = makeBridge(tellPage);
  window.addEventListener(`${config.token}>`, (event) => {
    event.stopImmediatePropagation();
    bridge.receive((event as CustomEvent).detail);
  });

  let lastTitle = '';
  const tellTitle = (): void => {
    if (document.title === lastTitle) return;
    lastTitle = document.title;
    post({ k: 'title', title: lastTitle });
  };
  document.addEventListener('DOMContentLoaded', () => {
    tellTitle();
    const observer = new MutationObserver(tellTitle);
    observer.observe(document.head, { subtree: true, childList: true, characterData: true });
  });

  // Electron has no browser commands on keys; this browser has: close, new window, find, reload, zoom, history.
  window.addEventListener('keydown', (event) => {
    if (event.getModifierState('AltGraph')) return;
    const isEditing = /^([acvxzy]|arrow.*|home|end|backspace|delete|insert|enter| )$/i.test(event.key);
    const isCommand =
      ((event.ctrlKey || event.metaKey) && !isEditing) ||
      (event.altKey && /^(arrowleft|arrowright|home|d|e|f)$/i.test(event.key)) ||
      /^F([13567]|1[0-2])$/.test(event.key);
    if (isCommand) event.preventDefault();
  });

  let nextId = 1;
  const pending = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  const ask = (message: object): Promise<unknown> => {
    const id = nextId++;
    post({ ...message, id });
    return new Promise((resolve, reject) => pending.set(id, { resolve, reject }));
  };

  // Ports: the page holds one end of a real MessageChannel, this world forwards the other end to Node.
  const ports = new Map<string, MessagePort>();
  const adopt = (id: string, inner: MessagePort): void => {
    ports.set(id, inner);
    inner.onmessage = (event) =>
      post({ k: 'port', port: id, data: codec.encode(event.data), ports: send(event.ports) });
    inner.addEventListener('close', () => {
      if (ports.delete(id)) post({ k: 'port-close', port: id });
    });
  };
  const send = (given: readonly MessagePort[] = []): string[] =>
    given.map((port) => {
      const id = `page-${config.token}-${performance.timeOrigin}-${nextId++}`;
      adopt(id, port);
      return id;
    });
  const receive = (ids: string[] = []): MessagePort[] =>
    ids.map((id) => {
      const channel = new MessageChannel();
      adopt(id, channel.port1);
      return channel.port2;
    });

  type Listener = (...args: unknown[]) => void;
  const listeners = new Map<string, { listener: Listener; once: boolean }[]>();
  const add = (channel: string, listener: Listener, once: boolean): void => {
    listeners.set(channel, [...(listeners.get(channel) ?? []), { listener, once }]);
  };
  const remove = (channel: string, listener: Listener): void => {
    listeners.set(
      channel,
      (listeners.get(channel) ?? []).filter((entry) => entry.listener !== listener),
    );
  };
  const emit = (channel: string, event: object, args: unknown[]): boolean => {
    const entries = listeners.get(channel) ?? [];
    for (const entry of entries) {
      if (entry.once) remove(channel, entry.listener);
      entry.listener(event, ...args);
    }
    return entries.length > 0;
  };
  const checkChannel = (channel: unknown): void => {
    if (typeof channel !== 'string' || channel === '')
      throw new TypeError('channel must be a non-empty string');
  };

  const strict = <T extends object>(object: T, name: string): T =>
    new Proxy(object, {
      get(target, key, receiver) {
        if (
          typeof key === 'string' &&
          !(key in target) &&
          !['then', 'toJSON', '__esModule', 'default'].includes(key)
        ) {
          missing(`${name}.${key}`);
        }
        return Reflect.get(target, key, receiver);
      },
    });

  const ipcRenderer = {
    invoke(channel: string, ...args: unknown[]): Promise<unknown> {
      checkChannel(channel);
      try {
        return ask({ k: 'invoke', channel, args: codec.encode(args) });
      } catch (error) {
        return Promise.reject(error);
      }
    },
    send(channel: string, ...args: unknown[]): void {
      checkChannel(channel);
      post({ k: 'send', channel, args: codec.encode(args) });
    },
    postMessage(channel: string, message: unknown, transfer: MessagePort[] = []): void {
      checkChannel(channel);
      post({ k: 'send', channel, args: codec.encode([message]), ports: send(transfer) });
    },
    on(channel: string, listener: Listener) {
      add(channel, listener, false);
      return ipcRenderer;
    },
    addListener: (channel: string, listener: Listener) => ipcRenderer.on(channel, listener),
    once(channel: string, listener: Listener) {
      add(channel, listener, true);
      return ipcRenderer;
    },
    off(channel: string, listener: Listener) {
      remove(channel, listener);
      return ipcRenderer;
    },
    removeListener: (channel: string, listener: Listener) => ipcRenderer.off(channel, listener),
    removeAllListeners(channel: string) {
      listeners.delete(channel);
      return ipcRenderer;
    },
    listenerCount: (channel: string) => (listeners.get(channel) ?? []).length,
    listeners: (channel: string) => (listeners.get(channel) ?? []).map((entry) => entry.listener),
    emit: (channel: string, ...args: unknown[]) => emit(channel, (args[0] ?? {}) as object, args.slice(1)),
    eventNames: () => [...listeners.keys()],
  };

  const contextBridge = {
    exposeInMainWorld(key: string, api: unknown): void {
      if (exposed.has(key))
        throw new Error(`Cannot bind an API on top of an existing property on the window object`);
      exposed.add(key);
      tellPage({ k: 'expose', key, value: bridge.pack(api) });
    },
  };
  const exposed = new Set<string>();

  const host: PageHost = {
    displayMedia: (request) =>
      ask({ k: 'display-media', request }) as Promise<{ id: number; surface: string; audio: boolean }>,
    displayMediaDone: (id) => post({ k: 'display-media-done', id }),
    permission: (name, details) => ask({ k: 'permission', name, details }) as Promise<boolean>,
    windowOpen: (url, name, features) => post({ k: 'window-open', target: url, name, features }),
    closeWindow: () => post({ k: 'window-close' }),
  };

  // biome-ignore lint/suspicious/noExplicitAny: messages are made by the stand-in's Node side
  scope[config.receiver] = (text: string): any => {
    const message = JSON.parse(text);
    switch (message.k) {
      case 'reply': {
        const waiter = pending.get(message.id);
        pending.delete(message.id);
        if (message.ok) waiter?.resolve(codec.decode(message.value));
        else waiter?.reject(new Error(message.value));
        return;
      }
      case 'event':
        emit(
          message.channel,
          { sender: ipcRenderer, ports: receive(message.ports) },
          codec.decode(message.args) as unknown[],
        );
        return;
      case 'port':
        ports.get(message.port)?.postMessage(codec.decode(message.data), receive(message.ports));
        return;
      case 'port-close': {
        const port = ports.get(message.port);
        ports.delete(message.port);
        port?.close();
        return;
      }
      default:
        missing(`message ${message.k}`);
    }
  };

  const process = strict(
    {
      type: 'renderer',
      platform: config.platform,
      versions: config.versions,
      argv: config.argv,
      env: config.environment,
      contextIsolated: true,
      sandboxed: true,
      isMainFrame: true,
    },
    'preload process',
  );
  const electron = strict(
    {
      ipcRenderer: strict(ipcRenderer, 'ipcRenderer'),
      contextBridge: strict(contextBridge, 'contextBridge'),
    },
    'electron/renderer',
  );
  tellPage({ k: 'host', value: bridge.pack(host) });

  return {
    process,
    require(id: string): unknown {
      if (id === 'electron' || id === 'electron/renderer' || id === 'electron/common') return electron;
      return missing(`require('${id}') in a preload script`);
    },
    report(error: unknown): void {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      post({ k: 'preload-error', message });
      console.error(`Unable to load preload script: ${message}`);
    },
  };
}
