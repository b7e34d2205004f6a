// Puts together a folder that serves as electron-builder's electronDist and needs nothing of this repository.
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { versions } from './runtime/host.ts';

const root = resolve(import.meta.dirname, '../..');
const runtimeParts = ['electron', 'package.json', 'runtime', 'modules'];

/** The wire that @electron/fuses flips: sentinel, version 1, eight fuses, all on. The stand-in keeps it and obeys none. */
const fuseWire = `dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX\u0001\u0008${'1'.repeat(8)}`;

/** Same file where the disk allows it, else a copy: the Node binary has 120 MB. */
function linkOrCopy(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target);
  }
}

/**
 * Makes the folder anew and gives its path.
 * @param target default `.cache/electron-dist` of the repository
 */
export function assembleElectronDist(target = join(root, '.cache/electron-dist')): string {
  const fresh = `${target}.new-${process.pid}`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(join(fresh, 'resources'), { recursive: true });
  // electron-builder thins this folder out by the app's languages and insists on finding it.
  mkdirSync(join(fresh, 'locales'));
  for (const language of ['de', 'en-US']) writeFileSync(join(fresh, 'locales', `${language}.pak`), '');
  for (const part of runtimeParts)
    cpSync(join(import.meta.dirname, part), join(fresh, part), { recursive: true });
  // After the launcher has become Node nobody reads on: the wire is a comment.
  appendFileSync(join(fresh, 'electron'), `\n# ${fuseWire}\n`);
  chmodSync(join(fresh, 'electron'), 0o755);
  linkOrCopy(join(root, 'node_modules/node/bin/node'), join(fresh, 'node'));
  writeFileSync(join(fresh, 'version'), versions.electron);
  rmSync(target, { recursive: true, force: true });
  renameSync(fresh, target);
  return target;
}

if (import.meta.main) console.log(assembleElectronDist(process.argv[2]));
