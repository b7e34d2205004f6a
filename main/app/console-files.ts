// What a console keeps over a restart, each in its own file of the profile.
import { join } from 'node:path';
import { z } from 'zod';
import { DeviceId, DisplayName, LockId, PupilText } from '../../shared/domain/ids.ts';
import { Lesson } from '../../shared/domain/lesson.ts';
import { Appearance } from '../../shared/settings/appearance.ts';
import { openJsonFile } from '../lib/json-file.ts';
import type { Log } from '../lib/log.ts';

const KnownDevices = z
  .array(
    z.strictObject({
      id: DeviceId,
      name: DisplayName,
      seat: z.int().min(0).max(10_000),
      quarantine: z
        .strictObject({ since: z.int(), addresses: z.array(z.string().max(64)).max(8) })
        .optional(),
    }),
  )
  .max(2_000);

const WantedLocks = z
  .array(z.tuple([DeviceId, z.strictObject({ lockId: LockId, text: PupilText, capAt: z.int() })]))
  .max(200);

export const openConsoleFiles = (profile: string, log: Log) => {
  const file = <T>(name: string, schema: z.ZodType<T>) => openJsonFile(join(profile, name), schema, log);
  const devices = file('devices.json', KnownDevices);
  const lesson = file('lesson.json', z.strictObject({ lesson: Lesson, aliveAt: z.int() }));
  const locks = file('locks.json', WantedLocks);
  return {
    devices,
    lesson,
    locks,
    settled: async (): Promise<void> => {
      await Promise.all([devices.settled(), lesson.settled(), locks.settled()]);
    },
  };
};
export type ConsoleFiles = ReturnType<typeof openConsoleFiles>;

export const openAppearanceFile = (profile: string, log: Log) =>
  openJsonFile(join(profile, 'appearance.json'), Appearance, log);
