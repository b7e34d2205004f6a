// How an agent stands with its console: one union, never three booleans.
import type { LinkRefusal } from '../../shared/protocol/link.ts';
import type { TransportFailure } from './tls-settings.ts';

/**
 * Why there is no connection now. `connection-lost`: it was there; `not-welcomed`: hello got no answer in time; `revoked`:
 * the school's roster does not let this teacher, or this device, take part.
 */
export type LinkProblem = TransportFailure | LinkRefusal | 'connection-lost' | 'not-welcomed';

export type LinkStatus =
  | { readonly state: 'unenrolled' }
  /** No address is known; waiting for discovery or policy to name one. */
  | { readonly state: 'searching' }
  | { readonly state: 'connecting'; readonly addresses: readonly string[] }
  | {
      readonly state: 'online';
      readonly address: string;
      readonly roomName: string;
      readonly teacherName: string;
      /** Unix milliseconds. */
      readonly since: number;
      /** By how much our clock is ahead of the console's; null up to 5 minutes. For people: nothing depends on it. */
      readonly clockDifferenceMs: number | null;
    }
  | { readonly state: 'waiting'; readonly problem: LinkProblem; readonly retryInMs: number }
  | { readonly state: 'stopped' };
