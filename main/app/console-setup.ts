// The console's first start: a school of its own or the teacher file of school IT; later the recovery sheet.
// It decides nothing about a room that runs.
import { hostname } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { DisplayName } from '../../shared/domain/ids.ts';
import type { SetupState } from '../../shared/ipc/contract.ts';
import { fail, ok, type Result } from '../../shared/result/result.ts';
import type { Policy } from '../../shared/settings/policy.ts';
import { systemClock } from '../lib/clock.ts';
import { openJsonFile } from '../lib/json-file.ts';
import type { Log } from '../lib/log.ts';
import {
  type ConsoleIdentity,
  createOwnSchool,
  isTeacherDue,
  openConsoleIdentity,
} from '../trust/identity-store.ts';
import type { SchoolAuthority } from '../trust/school-authority.ts';
import type { SecretBox } from '../trust/secret-box.ts';
import { importTeacherFile, renewFromFolder } from '../trust/teacher-import.ts';

type Names = { readonly roomName: string; readonly teacherName: string };

export type SetupFiles = {
  /** The text of a file that the person chose, null when they chose none. */
  readonly openTeacherFile: () => Promise<Result<string | null>>;
  /** False when the person said nowhere. */
  readonly saveRecoverySheet: (html: string) => Promise<Result<boolean>>;
};

type Parts = {
  readonly profile: string;
  readonly policy: Policy;
  readonly box: SecretBox;
  readonly files: SetupFiles;
  /** The printable sheet of a school's key in the language in use. */
  readonly drawSheet: (root: SchoolAuthority) => string;
  /** Whose school it is has been settled: the room begins. */
  readonly openRoom: (identity: ConsoleIdentity) => Promise<void>;
  readonly log: Log;
  readonly onChange: (state: SetupState) => void;
};

export type ConsoleSetup = {
  readonly state: () => SetupState;
  /** null until there is one; fails when what is kept cannot be opened: nothing is made anew then. */
  readonly open: () => Promise<Result<ConsoleIdentity | null>>;
  readonly createSchool: (names: Names) => Promise<Result<ConsoleIdentity>>;
  /** null when the person chose no file. */
  readonly importTeacher: (password: string) => Promise<Result<ConsoleIdentity | null>>;
  readonly saveRecovery: () => Promise<Result<boolean>>;
};

/** The name of the host, if it is fit to show, else a word that is. */
const hostName = (): string => {
  const name = DisplayName.safeParse(hostname().slice(0, 64));
  return name.success ? name.data : 'Lehrpult';
};

export const createConsoleSetup = (parts: Parts): ConsoleSetup => {
  const { profile, policy, box, files, log } = parts;
  const path = join(profile, 'school.json');
  const saved = openJsonFile(
    join(profile, 'recovery-saved.json'),
    z.strictObject({ school: z.string() }),
    log,
  );
  const suggested: Names = {
    roomName: policy.roomName ?? hostName(),
    teacherName: policy.teacherName ?? hostName(),
  };
  let identity: ConsoleIdentity | null = null;
  let isRenewed = false;

  const state = (): SetupState => {
    if (identity === null) return { state: 'needed', suggested };
    if (identity.root !== null) {
      const isSaved = saved.load()?.school === identity.fingerprint;
      return { state: 'ready', recovery: isSaved ? 'saved' : 'missing', renewal: 'none' };
    }
    const isDue = isTeacherDue(identity, systemClock.wallMs());
    return { state: 'ready', recovery: 'none', renewal: isRenewed ? 'next-start' : isDue ? 'due' : 'none' };
  };
  const take = async <T extends ConsoleIdentity | null>(opened: Result<T>): Promise<Result<T>> => {
    if (opened.ok && opened.value !== null) {
      await parts.openRoom(opened.value);
      identity = opened.value;
      parts.onChange(state());
    }
    return opened;
  };
  /** The identity with the certificate that school IT has laid ready, else as it is; what is wrong there stops nobody. */
  const renewed = async (current: ConsoleIdentity): Promise<ConsoleIdentity> => {
    const folder = policy.renewalFolder;
    if (folder === undefined || current.root !== null) return current;
    const found = await renewFromFolder(path, box, current, folder, systemClock.wallMs());
    if (!found.ok) log.warn('teacher-not-renewed', { reason: found.error.code });
    return found.ok && found.value !== null ? found.value : current;
  };
  const createSchool = async (names: Names): Promise<Result<ConsoleIdentity>> => {
    if (identity !== null) return fail('already-set-up');
    return take(await createOwnSchool(path, box, { ...names, nowMs: systemClock.wallMs() }));
  };

  return {
    state,
    createSchool,
    async open() {
      const opened = await openConsoleIdentity(path, box, systemClock.wallMs());
      if (!opened.ok) return opened;
      if (opened.value === null && policy.ownSchool) return createSchool(suggested);
      return take<ConsoleIdentity | null>(ok(opened.value && (await renewed(opened.value))));
    },
    async importTeacher(password) {
      // A school of one's own is not left by a file; one of school IT takes its renewals.
      if (identity !== null && identity.root !== null) return fail('already-set-up');
      const text = await files.openTeacherFile();
      if (!text.ok) return text;
      if (text.value === null) return ok(null);
      const imported = await importTeacherFile(path, box, text.value, password, systemClock.wallMs());
      if (identity === null || !imported.ok) return take(imported);
      // The link that runs keeps its certificate; the file is read at the next start.
      isRenewed = true;
      parts.onChange(state());
      return imported;
    },
    async saveRecovery() {
      if (identity === null || identity.root === null) return fail('no-school-key');
      const written = await files.saveRecoverySheet(parts.drawSheet(identity.root));
      if (written.ok && written.value) {
        saved.save({ school: identity.fingerprint });
        await saved.settled();
        parts.onChange(state());
      }
      return written;
    },
  };
};
