// The program's first lines: browser switches and schemes before anything is ready, then the role.

import { exitWith, prepareBrowser, profileFolder, setProfile, whenReady } from '../platform/app-life.ts';
import { registerAppScheme } from '../platform/app-protocol.ts';
import { guardPages, refusedSwitch } from '../platform/page-guard.ts';
import { startAdminApp } from './admin/admin-app.ts';
import { startAgentApp } from './agent-app.ts';
import { startConsoleApp } from './console-app.ts';
import { openLog } from './open-log.ts';
import { readStartOptions } from './start-options.ts';

const options = readStartOptions(process.argv.slice(1), null);
registerAppScheme();
prepareBrowser();
if (options.profile !== null) setProfile(options.profile);

const start = async (): Promise<void> => {
  const refused = refusedSwitch();
  if (refused !== null) throw new Error(`Lehrpult does not start with --${refused}.`);
  const profile = profileFolder();
  const log = openLog(profile);
  guardPages(log);
  for (const problem of options.problems) log.warn('start-option', { detail: problem });
  await whenReady();
  if (options.role === 'console') {
    await startConsoleApp({ profile, policy: options.policy, log });
  } else if (options.role === 'agent') {
    await startAgentApp({ profile, policy: options.policy, log });
  } else {
    exitWith(await startAdminApp(profile, options.adminLine));
  }
};

start().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  exitWith(1);
});
