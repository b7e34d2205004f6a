// How a contract between main and the pages is written down. Nothing here knows a channel by name.
import type { z } from 'zod';

/** The windows of the app; each call says which of them may use it. */
export type WindowKind = 'console' | 'device' | 'capture' | 'presentation' | 'lock' | 'indicator';

export type CallSpec = {
  readonly from: readonly WindowKind[];
  readonly input: z.ZodType;
  readonly output: z.ZodType;
};

export type EventSpec = { readonly to: readonly WindowKind[]; readonly payload: z.ZodType };

/** A map of calls: orders from a page to main (`devices:lock`). */
export const defineCalls = <const T extends Record<string, CallSpec>>(calls: T): T => calls;

/** A map of events: facts from main to pages (`devices:changed`). */
export const defineEvents = <const T extends Record<string, EventSpec>>(events: T): T => events;
