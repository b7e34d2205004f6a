// The one way from a page to main: sender rule -> parse -> handler -> Result. Every refusal has a code and is counted.
import type { z } from 'zod';
import { type Calls, calls, type Events, events } from '../../shared/ipc/contract.ts';
import type { CallSpec, EventSpec, WindowKind } from '../../shared/ipc/define.ts';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import type { Log } from '../lib/log.ts';

export type Sender = { readonly kind: WindowKind; readonly windowId: number };

type HandlerOf<C extends CallSpec> = (
  input: z.output<C['input']>,
  sender: Sender,
) => Result<z.output<C['output']>> | Promise<Result<z.output<C['output']>>>;

/** Handlers for calls that a role serves; those of other roles are refused. */
export type Handlers = { readonly [K in keyof Calls]?: HandlerOf<Calls[K]> };

/** All calls that any of these windows may make: a role that opens them has to handle them, or it does not compile. */
export type HandlersFor<W extends WindowKind> = {
  readonly [K in keyof Calls as Extract<Calls[K]['from'][number], W> extends never ? never : K]: HandlerOf<
    Calls[K]
  >;
};

export type Router = {
  /** Answers one call. `sender` is null when it did not come from the main frame of one of our windows. */
  readonly handle: (channel: unknown, input: unknown, sender: Sender | null) => Promise<Result<unknown>>;
};

/** `handlers` is asked at each call, for a console serves more once it belongs to a school. */
export const createRouter = (handlers: () => Handlers, log: Log): Router => {
  const refuse = (code: string, channel: unknown, detail?: string): Result<never> => {
    log.warn('ipc-refused', { code, channel: String(channel).slice(0, 64), ...(detail ? { detail } : {}) });
    return fail(code);
  };

  return {
    async handle(channel, input, sender) {
      if (sender === null) return refuse('ipc-sender', channel);
      if (typeof channel !== 'string' || !Object.hasOwn(calls, channel))
        return refuse('ipc-unknown', channel);
      const spec: CallSpec = calls[channel as keyof Calls];
      if (!spec.from.includes(sender.kind)) return refuse('ipc-sender', channel);
      const parsed = spec.input.safeParse(input);
      if (!parsed.success) return refuse('ipc-input', channel, parsed.error.message.slice(0, 300));
      const handler = handlers()[channel as keyof Calls] as HandlerOf<CallSpec> | undefined;
      if (handler === undefined) return refuse('ipc-role', channel);
      try {
        return await handler(parsed.data, sender);
      } catch (error) {
        // A bug: the page gets a code, the log gets the words.
        log.error('ipc-failed', {
          channel,
          detail: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
        return fail('internal', 'retry');
      }
    },
  };
};

/** A window that events can be sent to. */
export type EventTarget = {
  readonly kind: WindowKind;
  readonly send: (channel: string, payload: unknown) => void;
};

/** Sends a fact to every open window that the contract names for it. */
export const createBroadcast =
  (targets: () => Iterable<EventTarget>) =>
  <K extends keyof Events>(channel: K, payload: z.input<Events[K]['payload']>): void => {
    const spec: EventSpec = events[channel];
    for (const target of targets()) if (spec.to.includes(target.kind)) target.send(channel, payload);
  };

export type Broadcast = ReturnType<typeof createBroadcast>;

export const done = (): Result<Record<string, never>, AppError> => ok({});
