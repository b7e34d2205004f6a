// Uses the console as a teacher would, by mouse and by keyboard, against the fake main. Usage: node behaviour.ts
import assert from 'node:assert/strict';
import { chromium, type Page } from '@playwright/test';
import jsQRModule from 'jsqr';
import { buildFakeMain, buildPages, pagesFolder } from './build.ts';
import { cameraToken } from './camera-token.ts';
import type { Answers, Scene } from './fixtures.ts';
import { servePages } from './serve.ts';

/** The package is a script of the old kind: what it exports lies one step deeper. */
const jsQR = (jsQRModule as unknown as { readonly default: typeof jsQRModule }).default;

type Call = { readonly channel: string; readonly input: Record<string, unknown> };
type Wanted = readonly { readonly id: string; readonly quality: string }[];

await buildPages();
const fake = await buildFakeMain();
const server = await servePages(pagesFolder);
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  headless: true,
  args: [
    '--no-sandbox',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--no-first-run',
    '--disable-features=WebRtcHideLocalIpsWithMdns',
  ],
});

const openPage = async (name: 'console' | 'device', setup: object): Promise<Page> => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const all = { language: 'de', theme: 'light', ...setup };
  await page.addInitScript(`window.harnessSetup = ${JSON.stringify(all)};\n${fake}`);
  await page.goto(`${server.origin}/${name}/index.html`);
  return page;
};
const open = async (scene: Scene, answers: Answers = {}): Promise<Page> => {
  const page = await openPage('console', { scene, answers });
  await page.getByTestId('device-count').waitFor();
  return page;
};
const focusedTestId = (page: Page): Promise<string | null> =>
  page.evaluate(() => document.activeElement?.getAttribute('data-testid') ?? null);
/** A PNG as the pixels a camera would see. */
const pixelsOf = (page: Page, png: Buffer) =>
  page.evaluate(
    async (bytes) => {
      const picture = await createImageBitmap(new Blob([Uint8Array.from(bytes)], { type: 'image/png' }));
      const pen = new OffscreenCanvas(picture.width, picture.height).getContext('2d');
      if (pen === null) throw new Error('No canvas in this browser.');
      pen.drawImage(picture, 0, 0);
      const { data, width, height } = pen.getImageData(0, 0, picture.width, picture.height);
      return { data: [...data], width, height };
    },
    [...png],
  );
const violationsOf = (page: Page): Promise<unknown> => page.evaluate('window.harness.violations()');
const callsTo = async (page: Page, channel: string): Promise<readonly Call[]> => {
  const calls = await page.evaluate('window.harness.calls()');
  return (calls as Call[]).filter((call) => call.channel === channel);
};
const lastWanted = async (page: Page): Promise<Wanted> =>
  ((await callsTo(page, 'wall:watch')).at(-1)?.input.wanted ?? []) as Wanted;
const until = async (what: string, holds: () => Promise<boolean>): Promise<void> => {
  const deadline = Date.now() + 10_000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, `never happened: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
};
const focusedSeat = (page: Page): Promise<string | null> =>
  page.evaluate(
    () => document.activeElement?.querySelector('[data-seat]')?.getAttribute('data-seat') ?? null,
  );
const count = (wanted: Wanted, quality: string): number =>
  wanted.filter((each) => each.quality === quality).length;

const sixty: Scene = { count: 60, hasLesson: true, kinds: 'calm', presentation: 'off' };
const checks: Record<string, () => Promise<void>> = {
  'asks for nothing while no lesson runs, and for tiles once it does': async () => {
    const page = await open({ ...sixty, count: 4, hasLesson: false });
    assert.equal((await callsTo(page, 'wall:watch')).length, 0);
    await page.getByTestId('lesson-start').click();
    await until('three tiles wanted', async () => count(await lastWanted(page), 'tile') >= 3);
    await page.close();
  },
  'asks only for tiles on screen, and follows scrolling': async () => {
    const page = await open(sixty);
    await until('tiles wanted', async () => count(await lastWanted(page), 'tile') > 5);
    const before = await lastWanted(page);
    assert.ok(count(before, 'tile') < 35, 'far tiles stay off');
    await page.locator('[data-seat="58"]').scrollIntoViewIfNeeded();
    await until('the last tile wanted', async () => (await lastWanted(page)).at(-1)?.quality === 'tile');
    await until('the first tile off', async () => (await lastWanted(page))[0]?.quality === 'off');
    await page.close();
  },
  'opens a device by click, asks for it alone, and gives the keyboard back': async () => {
    const page = await open(sixty);
    await page.locator('[data-seat="3"]').click();
    await page.getByTestId('focus-view').waitFor();
    await until('one focus', async () => count(await lastWanted(page), 'focus') === 1);
    await until('no tile', async () => count(await lastWanted(page), 'tile') === 0);
    await page.keyboard.press('ArrowRight');
    await page.getByTestId('focus-view').getByRole('heading', { name: 'PC-05' }).waitFor();
    await page.keyboard.press('Escape');
    await until('the tile has the keyboard', async () => (await focusedSeat(page)) === '4');
    await page.close();
  },
  'selects by keyboard and control-click, opens with enter even with a selection': async () => {
    const page = await open({ ...sixty, count: 12 });
    await page.locator('[data-seat="0"]').click({ modifiers: ['Control'] });
    assert.equal(await page.getByTestId('focus-view').count(), 0);
    await page.locator('[role="row"]').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Space');
    await until(
      'two selected',
      async () => (await page.locator('[role="row"][data-selected]').count()) === 2,
    );
    await page.keyboard.press('Enter');
    await page.getByTestId('focus-view').waitFor();
    await page.close();
  },
  'locks the selection with a text and a time, and says who did not obey': async () => {
    const page = await open({ ...sixty, count: 12 });
    await page.getByTestId('select-all').click();
    await page.getByTestId('lock-open').click();
    await page.getByTestId('ready-listen').click();
    await page.getByRole('radio', { name: '5 min', exact: true }).click();
    await page.getByTestId('lock-confirm').click();
    await page.getByTestId('notice-problem').waitFor();
    const [order] = await callsTo(page, 'devices:lock');
    assert.equal(order?.input.text, 'Bitte kurz zuhören.');
    assert.equal(order?.input.minutes, 5);
    assert.equal((order?.input.ids as string[] | undefined)?.length, 12);
    await page.close();
  },
  'ends a lesson with something locked only after a question': async () => {
    const page = await open({ ...sixty, count: 4, kinds: 'locked' });
    await page.getByTestId('lesson-end').click();
    await page.getByRole('alertdialog').waitFor();
    assert.equal((await callsTo(page, 'lesson:end')).length, 0);
    await page.keyboard.press('Escape');
    await page.getByTestId('lesson-end').click();
    await page.getByTestId('lesson-end-confirm').click();
    await page.getByTestId('lesson-start').waitFor();
    assert.equal(await page.locator('video').count(), 0);
    await page.close();
  },
  'changes the source without starting again, and waits when the source is gone': async () => {
    const page = await open({ ...sixty, count: 4 });
    await page.getByTestId('present-open').click();
    await page.getByTestId('source-screen-1').click();
    await page.getByTestId('present-start').click();
    await page.getByTestId('presentation-bar').waitFor();
    await page.getByTestId('present-change').click();
    await page.getByTestId('tab-window').click();
    await page.getByTestId('source-window-0').click();
    await page.getByTestId('present-start').click();
    await page.getByTestId('source-picker').waitFor({ state: 'detached' });
    assert.equal((await callsTo(page, 'presentation:start')).length, 1);
    const chosen = (await callsTo(page, 'presentation:choose-source')).map(({ input }) => input.id);
    assert.deepEqual(chosen, ['s1', 'w0']);
    await page.evaluate(() => {
      const video = document.querySelector<HTMLVideoElement>('[data-testid="present-preview"]');
      const stream = video?.srcObject as MediaStream | null | undefined;
      stream?.getVideoTracks()[0]?.dispatchEvent(new Event('ended'));
    });
    await page.locator('[data-testid="presentation-bar"][data-state="ended"]').waitFor();
    assert.deepEqual((await callsTo(page, 'presentation:set-paused')).at(-1)?.input, { isPaused: true });
    await page.getByTestId('present-stop').click();
    await page.getByTestId('presentation-bar').waitFor({ state: 'detached' });
    await page.close();
  },
  'sets up a desk by keyboard alone, and saves the recovery sheet when the teacher likes': async () => {
    const page = await openPage('console', { answers: { setup: 'needed' } });
    await until('the first field', async () => (await focusedTestId(page)) === 'setup-room-name');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('Raum 12');
    await page.keyboard.press('Tab');
    await page.keyboard.press('ControlOrMeta+a');
    await page.keyboard.type('Frau Yıldız');
    await page.keyboard.press('Enter');
    await page.getByTestId('lesson-start').waitFor();
    const [order] = await callsTo(page, 'setup:create-school');
    assert.deepEqual(order?.input, { roomName: 'Raum 12', teacherName: 'Frau Yıldız' });
    await page.getByTestId('recovery-save').click();
    await page.getByTestId('recovery').waitFor({ state: 'detached' });
    assert.deepEqual(await violationsOf(page), []);
    await page.close();
  },
  'keeps what was typed when a setup fails, and says why': async () => {
    const answers: Answers = { setup: 'needed', setupProblem: 'file-unreadable' };
    const page = await openPage('console', { answers });
    await page.getByTestId('setup-password').fill('geheim');
    await page.keyboard.press('Enter');
    await page.getByTestId('setup-password-error').waitFor();
    assert.equal(await page.getByTestId('setup-password').inputValue(), 'geheim');
    await page.close();
  },
  'takes devices exactly while the dialog is open, and gives the keyboard back': async () => {
    const page = await open({ ...sixty, count: 4 }, { pairing: 'comparing' });
    await page.getByTestId('add-devices').focus();
    await page.keyboard.press('Enter');
    const request = page.getByTestId('pairing-request');
    await request.waitFor();
    assert.deepEqual(await request.getByTestId('pairing-picture').allInnerTexts(), [
      ...['Hund', 'Pilz', 'Mond'],
      ...['Igel', 'Schildkröte', 'Regenschirm'],
    ]);
    assert.equal((await callsTo(page, 'pairing:open')).length, 1);
    await page.getByTestId('pairing-same').click();
    await page.locator('[data-testid="pairing-request"][data-state="confirmed"]').waitFor();
    assert.deepEqual((await callsTo(page, 'pairing:decide'))[0]?.input, { id: '1', isSame: true });
    await page.keyboard.press('Escape');
    await page.getByTestId('add-devices-dialog').waitFor({ state: 'detached' });
    assert.equal((await callsTo(page, 'pairing:close')).length, 1);
    await until('the button again', async () => (await focusedTestId(page)) === 'add-devices');
    assert.deepEqual(await violationsOf(page), []);
    await page.close();
  },
  'draws a joining code that a camera can read, in the dark theme, too': async () => {
    const page = await openPage('console', { theme: 'dark' });
    await page.getByTestId('add-devices').click();
    await page.getByTestId('code-tab').click();
    await page.getByTestId('token-create').click();
    await page.getByTestId('token-qr').waitFor();
    const png = await page.getByTestId('token-qr').screenshot();
    const { data, width, height } = await pixelsOf(page, png);
    const read = jsQR(Uint8ClampedArray.from(data), width, height)?.data;
    assert.equal(read, cameraToken.replaceAll('-', ''));
    await page.close();
  },
  'keeps the dialog open when the first device leaves the room no longer empty': async () => {
    const page = await openPage('console', { answers: { pairing: 'comparing' } });
    await page.getByTestId('add-devices-first').click();
    await page.getByTestId('pairing-request').waitFor();
    await page.evaluate('window.harness.addDevice()');
    await page.getByTestId('empty-room').waitFor({ state: 'detached' });
    assert.equal(await page.getByTestId('pairing-request').count(), 1);
    await page.close();
  },
  'offers both ways out of a doubled identity, each after a question': async () => {
    const page = await open({ ...sixty, kinds: 'mixed' });
    await page.locator('[data-state="quarantined"]').first().click();
    await page.getByTestId('quarantine-admit').click();
    await page.getByRole('alertdialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('alertdialog').waitFor({ state: 'detached' });
    assert.equal((await callsTo(page, 'room:admit-device')).length, 0);
    await page.getByTestId('focus-view').waitFor();
    await page.getByTestId('quarantine-forget').click();
    await page.getByTestId('quarantine-forget-confirm').click();
    await page.getByTestId('focus-view').waitFor({ state: 'detached' });
    assert.equal((await callsTo(page, 'room:forget-device')).length, 1);
    await page.close();
  },
  'opens a web page with https where nothing else was said, and tries again where it failed': async () => {
    const page = await open({ ...sixty, count: 12 });
    await page.getByTestId('open-url').click();
    await page.getByTestId('open-url-input').fill('javascript:alert(1)');
    await page.keyboard.press('Enter');
    await page.getByTestId('open-url-input-error').waitFor();
    assert.equal((await callsTo(page, 'devices:open-url')).length, 0);
    await page.getByTestId('open-url-input').fill('de.wikipedia.org/wiki/Wald');
    await page.getByTestId('open-url-send').click();
    await page.getByTestId('open-url-result').first().waitFor();
    await page.getByTestId('open-url-send').click();
    await page.getByTestId('notice-good').waitFor();
    const orders = (await callsTo(page, 'devices:open-url')).map(({ input }) => input);
    assert.deepEqual(
      orders.map(({ ids, url }) => [(ids as string[]).length, url]),
      [
        [11, 'https://de.wikipedia.org/wiki/Wald'],
        [1, 'https://de.wikipedia.org/wiki/Wald'],
      ],
    );
    await page.close();
  },
  'joins by pictures with the keyboard, and finds the way back from a failure': async () => {
    const answers: Answers = { rooms: 1, devicePairing: 'comparing' };
    const page = await openPage('device', { agent: 'unenrolled', answers });
    await page.getByTestId('find-rooms').press('Enter');
    await page.getByTestId('found-room').press('Enter');
    await page.getByTestId('device-pairing-same').waitFor();
    await until('the keyboard at the question', async () => (await focusedTestId(page)) === 'join');
    await page.keyboard.press('Tab');
    assert.equal(await focusedTestId(page), 'device-pairing-same');
    await page.getByTestId('device-pairing-different').press('Enter');
    await page.getByTestId('pairing-again').press('Enter');
    await page.getByTestId('find-rooms').waitFor();
    assert.deepEqual((await callsTo(page, 'device:pair'))[0]?.input, { address: '10.20.0.5:47100' });
    assert.deepEqual(await violationsOf(page), []);
    await page.close();
  },
  'reads a code by camera, sends it, and has the camera off at once': async () => {
    const page = await openPage('device', { agent: 'unenrolled', answers: { camera: 'code' } });
    await page.getByTestId('enrol-camera').click();
    await until('the code sent', async () => (await callsTo(page, 'device:enrol')).length === 1);
    assert.deepEqual((await callsTo(page, 'device:enrol'))[0]?.input, {
      token: cameraToken.replaceAll('-', ''),
    });
    assert.equal(await page.evaluate('window.cameraStream.active'), false);
    await page.getByTestId('enrol-input-error').waitFor();
    assert.deepEqual(await violationsOf(page), []);
    await page.close();
  },
  'switches the camera off when the pupil leaves it': async () => {
    const page = await openPage('device', { agent: 'unenrolled', answers: { camera: 'picture' } });
    await page.getByTestId('enrol-camera').click();
    await page.locator('[data-testid="code-camera"][data-state="on"]').waitFor();
    await page.keyboard.press('Escape');
    await page.getByTestId('enrol-input').waitFor();
    assert.equal(await page.evaluate('window.cameraStream.active'), false);
    await until('the button again', async () => (await focusedTestId(page)) === 'enrol-camera');
    await page.close();
  },
  'lists who looked, follows a new look, and goes back with Escape': async () => {
    const page = await openPage('device', { agent: 'unwatched' });
    await page.getByTestId('watch-log').press('Enter');
    await page.getByTestId('watch-entry').first().waitFor();
    const before = (await callsTo(page, 'device:watch-log')).length;
    await page.evaluate('window.harness.emit("device:changed", window.harness.agents().watched)');
    await until('asked again', async () => (await callsTo(page, 'device:watch-log')).length > before);
    await page.keyboard.press('Escape');
    await until('the button again', async () => (await focusedTestId(page)) === 'watch-log');
    await page.close();
  },
  'keeps to the content security policy': async () => {
    const page = await open({ ...sixty, count: 4 });
    await page.getByTestId('appearance-menu').click();
    await page.getByTestId('theme-dark').click();
    assert.deepEqual(await page.evaluate('window.harness.violations()'), []);
    await page.close();
  },
};

let failures = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok   ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`FAIL ${name}\n     ${String(error).slice(0, 600)}`);
  }
}
await browser.close();
server.close();
process.exitCode = failures === 0 ? 0 : 1;
