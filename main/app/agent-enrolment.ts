// How this device belongs to a school: the kept identity, joining by token from the policy or from a person, and where
// the console may be found.
import { join } from 'node:path';
import { z } from 'zod';
import type { DeviceFacts } from '../../shared/domain/device.ts';
import { fail, ok, type Result } from '../../shared/result/result.ts';
import type { Policy } from '../../shared/settings/policy.ts';
import { systemClock } from '../lib/clock.ts';
import { openJsonFile } from '../lib/json-file.ts';
import type { Log } from '../lib/log.ts';
import { enrol } from '../link/enrolment-client.ts';
import type { AgentIdentity } from '../trust/identity.ts';
import { loadAgentIdentity, saveAgentIdentity } from '../trust/identity-store.ts';
import { fileModeBox } from '../trust/secret-box.ts';
import { type ConsoleHints, findConsoles } from './discovery-parts.ts';

type Parts = {
  readonly profile: string;
  readonly policy: Policy;
  readonly facts: () => DeviceFacts;
  readonly log: Log;
};

export type AgentEnrolment = {
  readonly identity: () => AgentIdentity | null;
  /** Where the console may be: last good, configured, from the token, by mDNS. */
  readonly addresses: () => string[];
  readonly enrol: (token: string) => Promise<Result<{ room: string }>>;
  /** Joins with the policy's token and tries again until it has worked; nothing without one. */
  readonly joinByPolicy: () => void;
  /** The link got through there: the first address to try next time. */
  readonly remember: (address: string) => void;
  readonly onEnrolled: (listener: (identity: AgentIdentity) => void) => void;
  /** Something speaks for a console being there now. */
  readonly onHint: (listener: () => void) => void;
  readonly close: () => void;
};

const joinAgainMs = { first: 2_000, longest: 60_000 };

export const openEnrolment = async ({ profile, policy, facts, log }: Parts): Promise<AgentEnrolment> => {
  const path = join(profile, 'identity.json');
  const loaded = await loadAgentIdentity(path, fileModeBox);
  if (!loaded.ok) log.error('identity-not-loaded', { reason: loaded.error.code });
  let identity = loaded.ok ? loaded.value : null;
  /** A file that could not be read stays until a person joins anew. */
  const isDamaged = !loaded.ok;
  const lastGood = openJsonFile(join(profile, 'last-address.json'), z.string().max(128), log);
  let last = lastGood.load();
  let onEnrolled = (_identity: AgentIdentity): void => {};
  let onHint = (): void => {};
  let isClosed = false;
  const hints: ConsoleHints = findConsoles(policy, log, () => onHint());

  const joinSchool = async (
    token: string,
    existing: 'keep' | 'replace',
  ): Promise<Result<{ room: string }>> => {
    const joined = await enrol({ token, facts: facts() });
    if (!joined.ok) return joined;
    const saved = await saveAgentIdentity(path, fileModeBox, joined.value, existing);
    if (!saved.ok) return saved;
    identity = joined.value;
    onEnrolled(joined.value);
    return ok({ room: joined.value.roomName });
  };

  const joinByPolicy = (waitMs = joinAgainMs.first): void => {
    const token = policy.enrolmentToken;
    if (token === undefined || identity !== null || isDamaged || isClosed) return;
    void joinSchool(token, 'keep').then((result) => {
      if (result.ok) return;
      log.warn('enrolment.policy-failed', {
        reason: result.error.code,
        detail: result.error.detail ?? null,
      });
      systemClock.after(waitMs * (0.5 + Math.random()), () =>
        joinByPolicy(Math.min(waitMs * 2, joinAgainMs.longest)),
      );
    });
  };

  return {
    identity: () => identity,
    addresses: () => [
      ...(last === null ? [] : [last]),
      ...policy.consoleAddresses,
      ...(identity?.addresses ?? []),
      ...(identity === null ? [] : hints.addressesOf(identity.roomId)),
    ],
    async enrol(token) {
      const result = await joinSchool(token, 'replace');
      return result.ok ? result : fail(result.error.code, result.error.retry, result.error.detail);
    },
    joinByPolicy,
    remember(address) {
      if (address === last) return;
      last = address;
      lastGood.save(address);
    },
    onEnrolled(listener) {
      onEnrolled = listener;
    },
    onHint(listener) {
      onHint = listener;
    },
    close() {
      isClosed = true;
      hints.close();
    },
  };
};
