// Makes the recorded pupil desktops in .cache/fleet: draws them in headless Chromium and encodes them there.
// Run it alone to make them ahead of time: node test/fleet/record-desktops.ts
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { chromium, type Page } from '@playwright/test';
import type * as recorderModule from './desktops/record.ts';
import type { PageRecording, RecordingOrder } from './desktops/record.ts';
import { parseRecording, type SentQuality, writeRecording } from './recording.ts';

const pageFolder = join(import.meta.dirname, 'desktops');
const cacheFolder = join(import.meta.dirname, '../../.cache/fleet');
const origin = 'http://localhost';

export const orders: Readonly<Record<SentQuality, RecordingOrder>> = {
  blurred: {
    width: 64,
    height: 36,
    framesPerSecond: 1,
    frameCount: 16,
    keyFrameInterval: 16,
    bitsPerSecond: 20_000,
  },
  tile: {
    width: 480,
    height: 270,
    framesPerSecond: 5,
    frameCount: 80,
    keyFrameInterval: 20,
    bitsPerSecond: 230_000,
  },
  focus: {
    width: 1920,
    height: 1080,
    framesPerSecond: 15,
    frameCount: 60,
    keyFrameInterval: 60,
    bitsPerSecond: 2_500_000,
  },
};

const sentQualities = ['blurred', 'tile', 'focus'] as const satisfies readonly SentQuality[];

/** Flags that keep Chromium from calling home and let it run as root. */
export const chromiumArguments = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** Changes with everything that changes a recording. */
const versionStamp = (): string => {
  const hash = createHash('sha256').update(JSON.stringify(orders));
  for (const name of readdirSync(pageFolder).sort()) hash.update(readFileSync(join(pageFolder, name)));
  return hash.digest('hex').slice(0, 16);
};

declare global {
  /** The drawing code inside the page. */
  var recorder: typeof recorderModule;
}

/** Loads the module by itself: an import() in evaluated code would be rewritten by test runners. */
const pageHtml = `<!doctype html><title>recorder</title><script type="module">
import * as recorder from '/record.ts';
globalThis.recorder = recorder;
</script>`;

/** The drawing code as the page sees it: modules without types, on an origin where WebCodecs is allowed. */
const servePage = async (page: Page): Promise<void> => {
  await page.route(`${origin}/**`, async (route) => {
    const path = new URL(route.request().url()).pathname;
    if (path === '/') {
      await route.fulfill({ contentType: 'text/html', body: pageHtml });
      return;
    }
    const source = readFileSync(join(pageFolder, path.slice(1)), 'utf8');
    await route.fulfill({ contentType: 'text/javascript', body: stripTypeScriptTypes(source) });
  });
  await page.goto(`${origin}/`, { waitUntil: 'load' });
};

const recordInPage = (page: Page, index: number, order: RecordingOrder): Promise<PageRecording> =>
  page.evaluate(
    ({ index, order }) => {
      const desktop = recorder.desktops[index];
      if (desktop === undefined) throw new Error('no such desktop');
      return recorder.record(desktop, order);
    },
    { index, order },
  );

const recordAll = async (folder: string): Promise<void> => {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: chromiumArguments });
  try {
    const page = await browser.newPage();
    await servePage(page);
    const names = await page.evaluate(() => recorder.desktops.map((desktop) => desktop.name));
    for (const [index, name] of names.entries()) {
      for (const quality of sentQualities) {
        const { frames, data } = await recordInPage(page, index, orders[quality]);
        const file = writeRecording(orders[quality], frames, Buffer.from(data, 'base64'));
        parseRecording(file);
        writeFileSync(join(folder, `${name}.${quality}`), file);
      }
    }
    writeFileSync(join(folder, 'desktops.json'), JSON.stringify(names));
  } finally {
    await browser.close();
  }
};

/**
 * Gives the folder with the recordings of this version, making them if nobody has (half a minute). Several processes
 * may ask at once: each works in its own folder and the first to finish gives it the final name.
 */
export const ensureRecordings = async (): Promise<string> => {
  const folder = join(cacheFolder, versionStamp());
  if (existsSync(folder)) return folder;
  const temporary = join(cacheFolder, `making-${randomBytes(4).toString('hex')}`);
  mkdirSync(temporary, { recursive: true });
  try {
    await recordAll(temporary);
    renameSync(temporary, folder);
  } catch (cause) {
    // Somebody else was first: theirs is as good as ours.
    if (!existsSync(folder)) throw cause;
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  for (const name of readdirSync(cacheFolder))
    if (/^[0-9a-f]{16}$/.test(name) && join(cacheFolder, name) !== folder)
      rmSync(join(cacheFolder, name), { recursive: true, force: true });
  return folder;
};

if (import.meta.main) {
  const startMs = performance.now();
  const folder = await ensureRecordings();
  console.log(`${folder} ready after ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
}
