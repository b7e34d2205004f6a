// Opens this profile's log of who did what. A log that cannot be opened is told and counted; the lesson goes on without.
import { join } from 'node:path';
import type { Policy } from '../../shared/settings/policy.ts';
import { openAuditKey } from '../features/audit/audit-key.ts';
import { type Audit, openAudit } from '../features/audit/audit-log.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { SecretBox } from '../trust/secret-box.ts';

type Parts = {
  readonly profile: string;
  readonly policy: Pick<Policy, 'auditDays'>;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly log: Log;
};

const noAudit = (log: Log): Audit => ({
  append: () => log.error('audit-not-written', { detail: 'not open' }),
  entries: () => [],
  close: () => {},
});

export const openProfileAudit = async ({ profile, policy, box, clock, log }: Parts): Promise<Audit> => {
  const key = await openAuditKey(join(profile, 'audit-key.json'), box);
  if (!key.ok) {
    log.error('audit-not-opened', { reason: key.error.code });
    return noAudit(log);
  }
  try {
    const path = join(profile, 'audit.sqlite');
    return openAudit({ path, key: key.value, retentionDays: policy.auditDays, clock, log });
  } catch (error) {
    log.error('audit-not-opened', { reason: error instanceof Error ? error.message : String(error) });
    return noAudit(log);
  }
};
