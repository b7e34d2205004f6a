// `npm run package`: packs what this machine can and says what it leaves out and why.
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { Arch, build, Platform } from 'electron-builder';
import { describeRuntime, resolveRuntime } from './electron-runtime.ts';
import { run } from './run-step.ts';

const runtime = await resolveRuntime();
console.log(describeRuntime(runtime));
if ((await run('npm', ['run', '--silent', 'build'])) !== 0) process.exit(1);

const electronDist = dirname(runtime.executablePath);
// Every installer format first loads its tools from a release host; a folder needs nothing.
const isReal = runtime.kind === 'electron';
const targets = isReal
  ? Platform.current().createTarget()
  : Platform.current().createTarget('dir', Arch[process.arch as 'x64' | 'arm64']);
if (!isReal) {
  console.log(
    'Packed: the unpacked folder. Left out: installers, for they need the real Electron and its tools.',
  );
}
const files = await build({ targets, config: { electronDist }, publish: 'never' });
for (const file of files) console.log(file);
const folder = 'dist/linux-unpacked';
if (existsSync(folder)) console.log(folder);
