// `npm run package`: packs what this machine can and says what it leaves out and why.
import { dirname } from 'node:path';
import { Arch, build, Platform } from 'electron-builder';
import { assembleElectronDist } from '../electron-stand-in/assemble.ts';
import { describeRuntime, resolveRuntime } from './electron-runtime.ts';
import { run } from './run-step.ts';

const runtime = await resolveRuntime();
console.log(describeRuntime(runtime));
if ((await run('npm', ['run', '--silent', 'build'])) !== 0) process.exit(1);

const isReal = runtime.kind === 'electron';
const electronDist = isReal ? dirname(runtime.executablePath) : assembleElectronDist();
// Every installer format first loads its tools from a release host; a folder needs nothing.
const { arch } = process;
if (arch !== 'x64' && arch !== 'arm64') throw new Error(`No packages are made on ${arch}.`);
const targets = isReal
  ? Platform.current().createTarget()
  : Platform.current().createTarget('dir', Arch[arch]);
// The mark lets a folder on the stand-in keep its secrets without a keyring; a release never carries it.
const mark = isReal ? {} : { extraMetadata: { lehrpult: { isTestBuild: true } } };
const files = await build({ targets, config: { electronDist, ...mark }, publish: 'never' });
for (const file of files) console.log(`Packed: ${file}`);
if (!isReal) {
  console.log('Packed: dist/linux-unpacked on the stand-in.');
  console.log(
    'Left out: deb, AppImage, nsis, msi and dmg; they need the real Electron and tools from its release host.',
  );
  console.log('Fuses: written into the stand-in as into Electron; it obeys none of them.');
}
