// Takes a picture of every view in both languages and both themes. Usage: node screenshots.ts [name part] [--small]
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from '@playwright/test';
import { buildFakeMain, buildPages, pagesFolder, projectRoot } from './build.ts';
import { servePages } from './serve.ts';
import { type View, views } from './views.ts';

const outputFolder = join(projectRoot, 'test-results/ui');
const sizes = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
] as const;

type Look = {
  readonly language: 'de' | 'en';
  readonly theme: 'light' | 'dark';
  readonly size: { readonly width: number; readonly height: number };
};

const looksAt = (view: View): readonly Look[] =>
  (['de', 'en'] as const).flatMap((language) =>
    (['light', 'dark'] as const).flatMap((theme) =>
      (view.sizes ?? sizes).map((size) => ({ language, theme, size })),
    ),
  );

const take = async (browser: Browser, origin: string, fake: string, view: View, look: Look) => {
  const viewport = look.size;
  const context = await browser.newContext({
    viewport,
    locale: look.language,
    reducedMotion: 'reduce',
    deviceScaleFactor: 1,
  });
  const page: Page = await context.newPage();
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
  });
  page.on('pageerror', (error) => problems.push(String(error)));
  const { scene, agent, answers } = view;
  const setup = { language: look.language, theme: look.theme, scene, agent, answers };
  await page.addInitScript(`window.harnessSetup = ${JSON.stringify(setup)};\n${fake}`);
  await page.goto(`${origin}/${view.page}/index.html`);
  await page.evaluate(() => document.fonts.ready);
  try {
    await view.prepare?.(page);
  } catch (error) {
    // The picture shows best what was there instead.
    problems.push(String(error));
  }
  const name = `${view.name}-${look.language}-${look.theme}-${viewport.width}x${viewport.height}.png`;
  await page.screenshot({ path: join(outputFolder, name), omitBackground: view.page === 'indicator' });
  await context.close();
  for (const problem of new Set(problems)) console.log(`${name}: ${problem}`);
  return problems.length;
};

const [part = ''] = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const isSmall = process.argv.includes('--small');
const isQuick = process.argv.includes('--quick');
await mkdir(outputFolder, { recursive: true });
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
let problems = 0;
for (const view of views.filter(({ name }) => name.includes(part))) {
  for (const look of looksAt(view)) {
    if (isSmall && look.size.width > 1280) continue;
    if (isQuick && (look.language === 'en') !== (look.theme === 'dark')) continue;
    problems += await take(browser, server.origin, fake, view, look);
  }
}
await browser.close();
server.close();
console.log(problems === 0 ? 'No complaint of any page.' : `${problems} complaints.`);
