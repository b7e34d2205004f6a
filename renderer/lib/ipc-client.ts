// The page's side of the contract: typed calls and events over the one object the preload exposes.
import type { z } from 'zod';
import type { Calls, Events } from '../../shared/ipc/contract.ts';
import type { Result } from '../../shared/result/result.ts';

type CallName = keyof Calls;
type EventName = keyof Events;
export type CallInput<K extends CallName> = z.input<Calls[K]['input']>;
export type CallOutput<K extends CallName> = z.output<Calls[K]['output']>;
export type EventPayload<K extends EventName> = z.output<Events[K]['payload']>;

/** What the preload puts on the page; both names are checked against the contract there. */
type Bridge = {
  readonly call: (channel: string, input: unknown) => Promise<Result<unknown>>;
  readonly on: (channel: string, listener: (payload: unknown) => void) => () => void;
};

declare global {
  interface Window {
    readonly lehrpult: Bridge;
  }
}

/** Sends an order to main. Never rejects for an expected failure: that is a Result with a code. */
export const call = async <K extends CallName>(
  channel: K,
  input: CallInput<K>,
): Promise<Result<CallOutput<K>>> => (await window.lehrpult.call(channel, input)) as Result<CallOutput<K>>;

/** Listens to a fact from main; gives the function that ends it. */
export const on = <K extends EventName>(
  channel: K,
  listener: (payload: EventPayload<K>) => void,
): (() => void) => window.lehrpult.on(channel, (payload) => listener(payload as EventPayload<K>));
