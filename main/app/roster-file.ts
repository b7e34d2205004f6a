// Reads the roster that school IT lays on a share. What it says is believed for its signature, never for its place.
import { readFile, stat } from 'node:fs/promises';
import { SignedRoster } from '../../shared/protocol/roster.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { RosterKeeper } from '../trust/roster.ts';

/** A revocation reaches every device within a minute, with room for a slow share. */
const readAgainMs = 15_000;
const maxFileBytes = 512 * 1024;

type Parts = {
  /** null: nothing to read. */
  readonly path: string | null;
  readonly keeper: () => RosterKeeper | null;
  readonly clock: Clock;
  readonly log: Log;
};

/** Begins at once; gives the way to end it. A file that is missing or wrong changes nothing and is logged once per change. */
export const watchRosterFile = ({ path, keeper, clock, log }: Parts): (() => void) => {
  if (path === null) return () => {};
  let told = '';
  let isReading = false;

  const tell = (code: string, detail = ''): void => {
    const news = `${code} ${detail}`;
    if (news !== told && code !== '') log.warn(code, { detail });
    told = news;
  };

  const read = async (): Promise<void> => {
    const holder = keeper();
    if (holder === null) return;
    try {
      if ((await stat(path)).size > maxFileBytes) return tell('roster-file-too-long');
      const parsed = SignedRoster.safeParse(JSON.parse(await readFile(path, 'utf8')));
      if (!parsed.success) return tell('roster-file-damaged', parsed.error.issues[0]?.path.join('.') ?? '');
      const offered = holder.offer(parsed.data);
      // An older one is what a slow share shows for a while; the newer one that is known stays.
      if (offered.ok) tell('');
      else tell(offered.error.code);
    } catch (error) {
      tell('roster-file-unreadable', error instanceof Error && 'code' in error ? String(error.code) : 'JSON');
    }
  };

  const readOnce = (): void => {
    if (isReading) return;
    isReading = true;
    void read().finally(() => {
      isReading = false;
    });
  };
  readOnce();
  return clock.every(readAgainMs, readOnce);
};
