// A real window on a display that moves like a lesson does: bar code, scrolling text, a moving picture.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium } from '@playwright/test';
import { drawBand } from './bar-code.ts';

export type Stimulus = {
  /** Stops all movement; the bar code stays as it is. */
  readonly freeze: () => Promise<void>;
  readonly close: () => Promise<void>;
};

export type StimulusOptions = {
  readonly display: string;
  /** 0 to 255: who draws. */
  readonly source: number;
  readonly width?: number;
  readonly height?: number;
  readonly framesPerSecond?: number;
  readonly title?: string;
  /** Over the whole display instead of its own size. Default: it is. */
  readonly isMaximized?: boolean;
  /** Text that scrolls; default is a page about the water cycle. */
  readonly color?: string;
};

const pageSource = (options: Required<StimulusOptions>): string => `<!doctype html>
<html><head><meta charset="utf-8"><title>${options.title}</title><style>
html,body{margin:0;height:100%;overflow:hidden;background:${options.color};font:22px/1.5 sans-serif;color:#123}
#band{position:fixed;top:86vh;left:0;z-index:1;width:100vw;height:8vh;image-rendering:pixelated}
#text{position:absolute;top:10vh;left:4vw;width:60vw}
#ball{position:absolute;right:4vw;top:20vh;width:22vw;height:22vw;border-radius:50%;
background:conic-gradient(#e85,#5a8,#58e,#e85)}
</style></head><body><canvas id="band" width="440" height="4"></canvas><div id="text"></div><div id="ball"></div>
<script>
const draw = ${drawBand.toString()};
const text = document.getElementById('text');
text.innerHTML = Array.from({length:60},(_,i)=>'<p>'+(i+1)+'. Wasser verdunstet, steigt auf, k\u00fchlt ab und f\u00e4llt als Regen wieder zur Erde. Der Kreislauf beginnt von vorn.</p>').join('');
const band = document.getElementById('band');
const ball = document.getElementById('ball');
const everyMs = 1000 / ${options.framesPerSecond};
let due = 0;
window.isFrozen = false;
const step = (now) => {
  requestAnimationFrame(step);
  if (window.isFrozen || now < due) return;
  due = Math.max(due + everyMs, now - everyMs);
  draw(band, ${options.source}, Date.now());
  text.style.transform = 'translateY(' + (-(now / 25) % 1600) + 'px)';
  ball.style.transform = 'rotate(' + (now / 10 % 360) + 'deg)';
};
requestAnimationFrame(step);
</script></body></html>`;

/** Opens the window over the whole display. */
export const startStimulus = async (given: StimulusOptions): Promise<Stimulus> => {
  const options: Required<StimulusOptions> = {
    width: 1920,
    height: 1080,
    framesPerSecond: 30,
    title: 'Wasserkreislauf',
    isMaximized: true,
    color: '#f4f1e6',
    ...given,
  };
  const profile = await mkdtemp(join(tmpdir(), 'lehrpult-stimulus-'));
  const context: BrowserContext = await chromium.launchPersistentContext(profile, {
    executablePath: '/usr/bin/chromium',
    headless: false,
    viewport: null,
    env: { ...process.env, DISPLAY: options.display },
    ignoreDefaultArgs: ['--enable-automation'],
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
      '--test-type',
      `--window-size=${options.width},${options.height}`,
      '--window-position=0,0',
      ...(options.isMaximized ? ['--start-maximized'] : []),
      '--app=about:blank',
    ],
  });
  const page = context.pages()[0] ?? (await context.newPage());
  await page.setContent(pageSource(options));
  return {
    freeze: async () => {
      await page.evaluate(() => {
        (window as unknown as { isFrozen: boolean }).isFrozen = true;
      });
    },
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
};
