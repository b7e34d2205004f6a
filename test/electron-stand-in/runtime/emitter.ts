// Owns the event emitter of Electron's objects: registering for an event that never comes here throws by name.
import { EventEmitter } from 'node:events';
import { notInTheStandIn } from './refuse.ts';

/** An EventEmitter that knows which events its Electron counterpart has. */
export class ElectronEmitter extends EventEmitter {
  // Declared by subclasses through setKnownEvents; null means any name is allowed.
  private knownEvents: ReadonlySet<string> | null = null;
  private emitterName = '';

  /**
   * @param name shown in the refusal
   * @param events events the stand-in emits, and events that can truthfully never happen in it
   */
  setKnownEvents(name: string, events: readonly string[]): void {
    this.emitterName = name;
    this.knownEvents = new Set(['newListener', 'removeListener', 'error', ...events]);
  }

  private check(event: string | symbol): void {
    if (typeof event !== 'string' || this.knownEvents === null || this.knownEvents.has(event)) return;
    throw notInTheStandIn(`${this.emitterName} event '${event}'`);
  }

  // biome-ignore lint/suspicious/noExplicitAny: the signature of Node's own EventEmitter
  override on(event: string | symbol, listener: (...args: any[]) => void): this {
    this.check(event);
    return super.on(event, listener);
  }

  // biome-ignore lint/suspicious/noExplicitAny: the signature of Node's own EventEmitter
  override once(event: string | symbol, listener: (...args: any[]) => void): this {
    this.check(event);
    return super.once(event, listener);
  }

  // biome-ignore lint/suspicious/noExplicitAny: the signature of Node's own EventEmitter
  override addListener(event: string | symbol, listener: (...args: any[]) => void): this {
    return this.on(event, listener);
  }
}

/** The event object handed to listeners: preventDefault() plus whatever the event carries. */
export interface PreventableEvent {
  defaultPrevented: boolean;
  preventDefault(): void;
}

/** Makes an event object; `extra` members are copied onto it. */
export function makeEvent<T extends object>(extra: T): T & PreventableEvent {
  const event = {
    ...extra,
    defaultPrevented: false,
    preventDefault(): void {
      event.defaultPrevented = true;
    },
  };
  return event;
}
