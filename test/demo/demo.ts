// `npm run demo`: a ready room. With a display it stays open for a person; with --headless (or without a display) it
// plays a lesson on displays of its own, writes pictures and a report, and succeeds only if all of it worked.
import { mkdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { describeRuntime, resolveRuntime } from '../support/electron-runtime.ts';
import { ensureBuilt } from '../support/start.ts';
import { displayPackages, ensurePackages } from '../support/system-packages.ts';
import { openRoom } from './room.ts';
import { playLesson } from './scripted-lesson.ts';

const { values } = parseArgs({
  options: { headless: { type: 'boolean' }, devices: { type: 'string', default: '11' } },
});
const isHeadless = values.headless === true || !process.env.DISPLAY;
const simulatedCount = Number(values.devices);
if (!Number.isInteger(simulatedCount) || simulatedCount < 1 || simulatedCount > 120) {
  throw new Error('--devices takes 1 to 120');
}
const folder = 'test-results/demo';

ensurePackages(displayPackages);
const runtime = await resolveRuntime();
console.log(describeRuntime(runtime));
ensureBuilt();
await mkdir(folder, { recursive: true });

const room = await openRoom(isHeadless ? null : (process.env.DISPLAY ?? null), simulatedCount);
try {
  if (isHeadless) {
    process.exitCode = (await playLesson(room, folder)) ? 0 : 1;
  } else {
    console.log('Raum 204 ist bereit. Zum Beenden das Fenster schließen oder Strg+C drücken.');
    console.log('Room 204 is ready. Close the window or press Ctrl+C to end.');
    const closed = room.desk.exited;
    const stopped = new Promise((done) => process.once('SIGINT', done));
    await Promise.race([closed, stopped]);
  }
} finally {
  await room.close();
}
