// How this device belongs to a school: the kept identity and roster, joining by token from the policy or from a person,
// renewal, and where the console may be found.
import { join } from 'node:path';
import { z } from 'zod';
import type { DeviceFacts } from '../../shared/domain/device.ts';
import { SignedRoster } from '../../shared/protocol/roster.ts';
import { ok, type Result } from '../../shared/result/result.ts';
import type { Policy } from '../../shared/settings/policy.ts';
import { systemClock } from '../lib/clock.ts';
import { openJsonFile } from '../lib/json-file.ts';
import type { Log } from '../lib/log.ts';
import { enrol } from '../link/enrolment-client.ts';
import { loadAgentIdentity, renewAgentCertificate, saveAgentIdentity } from '../trust/agent-identity.ts';
import type { AgentIdentity } from '../trust/identity.ts';
import { createRosterKeeper, type RosterKeeper } from '../trust/roster.ts';
import { fileModeBox } from '../trust/secret-box.ts';
import { type ConsoleHints, findConsoles } from './discovery-parts.ts';
import { watchRosterFile } from './roster-file.ts';

type Parts = {
  readonly profile: string;
  readonly policy: Policy;
  readonly facts: () => DeviceFacts;
  readonly log: Log;
};

/** What a device of a school holds. */
export type Membership = { readonly identity: AgentIdentity; readonly roster: RosterKeeper };

export type AgentEnrolment = {
  /** null until the device belongs to a school. */
  readonly membership: () => Membership | null;
  /** Where the console may be: last good, configured, from the token, by mDNS. */
  readonly addresses: () => string[];
  /** Where any console may be that takes devices by hand. */
  readonly anyAddresses: () => string[];
  /** Joins with a person's token; what the device held before is replaced. */
  readonly enrol: (token: string) => Promise<Result<{ room: string }>>;
  /** Takes an identity that was agreed on by hand. */
  readonly adopt: (identity: AgentIdentity) => Promise<Result<{ room: string }>>;
  /** Joins with the policy's token and tries again until it has worked; nothing without one. */
  readonly joinByPolicy: () => void;
  /** The key of this device is in use elsewhere, too: with a token in the policy it makes a new one. */
  readonly leaveCopiedKey: () => void;
  /** A new certificate for the same key; used from the next connection on. */
  readonly renewed: (certificatePem: string) => Promise<void>;
  /** The link got through there: the first address to try next time. */
  readonly remember: (address: string) => void;
  readonly onEnrolled: (listener: (membership: Membership) => void) => void;
  /** Something speaks for a console being there now. */
  readonly onHint: (listener: () => void) => void;
  readonly close: () => Promise<void>;
};

const joinAgainMs = { first: 2_000, longest: 60_000 };

/** The newest roster that device and school agree on, kept beside the identity. */
const openRoster = (profile: string, identity: AgentIdentity, isNew: boolean, log: Log): RosterKeeper => {
  const file = openJsonFile(join(profile, 'roster.json'), SignedRoster, log);
  const keeper = createRosterKeeper({
    authorityPem: identity.authorityPem,
    stored: isNew ? null : file.load(),
    save: file.save,
    log,
  });
  keeper.offer(identity.roster);
  return keeper;
};

export const openEnrolment = async ({ profile, policy, facts, log }: Parts): Promise<AgentEnrolment> => {
  const path = join(profile, 'identity.json');
  const loaded = await loadAgentIdentity(path, fileModeBox);
  if (!loaded.ok) log.error('identity-not-loaded', { reason: loaded.error.code });
  let membership: Membership | null =
    loaded.ok && loaded.value !== null
      ? { identity: loaded.value, roster: openRoster(profile, loaded.value, false, log) }
      : null;
  /** A file that could not be read stays until a person joins anew. */
  const isDamaged = !loaded.ok;
  const lastGood = openJsonFile(join(profile, 'last-address.json'), z.string().max(128), log);
  let last = lastGood.load();
  let onEnrolled = (_membership: Membership): void => {};
  let onHint = (): void => {};
  let isClosed = false;
  let isRejoining = false;
  const hints: ConsoleHints = findConsoles(
    policy,
    log,
    (roomId) => membership?.identity.roomId === roomId,
    () => onHint(),
  );
  const stopRosterFile = watchRosterFile({
    path: policy.rosterFile ?? null,
    keeper: () => membership?.roster ?? null,
    clock: systemClock,
    log,
  });

  const adopt = async (
    identity: AgentIdentity,
    existing: 'keep' | 'replace' = 'replace',
  ): Promise<Result<{ room: string }>> => {
    const saved = await saveAgentIdentity(path, fileModeBox, identity, existing);
    if (!saved.ok) return saved;
    membership = { identity, roster: openRoster(profile, identity, true, log) };
    onEnrolled(membership);
    return ok({ room: identity.roomName });
  };

  const joinSchool = async (
    token: string,
    existing: 'keep' | 'replace',
  ): Promise<Result<{ room: string }>> => {
    const joined = await enrol({ token, facts: facts() });
    return joined.ok ? adopt(joined.value, existing) : joined;
  };

  const joinByPolicy = (existing: 'keep' | 'replace', waitMs = joinAgainMs.first): void => {
    const token = policy.enrolmentToken;
    if (token === undefined || isDamaged || isClosed) return;
    if (existing === 'keep' && membership !== null) return;
    void joinSchool(token, existing).then((result) => {
      if (result.ok) {
        isRejoining = false;
        return;
      }
      log.warn('enrolment.policy-failed', {
        reason: result.error.code,
        detail: result.error.detail ?? null,
      });
      systemClock.after(waitMs * (0.5 + Math.random()), () =>
        joinByPolicy(existing, Math.min(waitMs * 2, joinAgainMs.longest)),
      );
    });
  };

  return {
    membership: () => membership,
    addresses: () => [
      ...(last === null ? [] : [last]),
      ...policy.consoleAddresses,
      ...(membership?.identity.addresses ?? []),
      ...(membership === null ? [] : hints.addressesOf(membership.identity.roomId)),
    ],
    anyAddresses: () => [...new Set([...policy.consoleAddresses, ...hints.allAddresses()])],
    enrol: (token) => joinSchool(token, 'replace'),
    adopt: (identity) => adopt(identity),
    joinByPolicy: () => joinByPolicy('keep'),
    leaveCopiedKey() {
      if (isRejoining || policy.enrolmentToken === undefined) return;
      isRejoining = true;
      joinByPolicy('replace');
    },
    async renewed(certificatePem) {
      if (membership === null) return;
      const renewal = await renewAgentCertificate(path, fileModeBox, membership.identity, certificatePem);
      if (!renewal.ok) {
        log.error('certificate-not-renewed', { reason: renewal.error.code });
        return;
      }
      membership = { ...membership, identity: renewal.value };
    },
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
    async close() {
      isClosed = true;
      stopRosterFile();
      hints.close();
      await lastGood.settled();
    },
  };
};
