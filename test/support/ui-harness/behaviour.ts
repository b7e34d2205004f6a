// Uses the console as a teacher would, by mouse and by keyboard, against the fake main. Usage: node behaviour.ts
import assert from 'node:assert/strict';
import { chromium, type Page } from '@playwright/test';
import { buildFakeMain, buildPages, pagesFolder } from './build.ts';
import type { Scene } from './fixtures.ts';
import { servePages } from './serve.ts';

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

const open = async (scene: Scene): Promise<Page> => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const setup = { language: 'de', theme: 'light', scene };
  await page.addInitScript(`window.harnessSetup = ${JSON.stringify(setup)};\n${fake}`);
  await page.goto(`${server.origin}/console/index.html`);
  await page.getByTestId('device-count').waitFor();
  return page;
};
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
    assert.match((await page.getByTestId('focus-view').textContent()) ?? '', /PC-05/);
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
