// What this program is: sources of a developer, a package made for tests, or a release. It decides nothing else.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { app } from 'electron/main';

/** Only the pack step without Electron's own binary writes this mark; a file beside the app cannot. */
const isTestPackage = (): boolean => {
  try {
    const about: unknown = JSON.parse(readFileSync(join(app.getAppPath(), 'package.json'), 'utf8'));
    const { lehrpult } = about as { lehrpult?: { isTestBuild?: unknown } };
    return lehrpult?.isTestBuild === true;
  } catch {
    return false;
  }
};

/** True for what school IT installs. */
export const isReleaseBuild = (): boolean => app.isPackaged && !isTestPackage();
