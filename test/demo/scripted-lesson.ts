// The lesson that the demo plays by itself: wall live, present, lock, release. Every step is checked by what is seen.
import { join } from 'node:path';
import { expect, type Locator } from '@playwright/test';
import { type CpuMeter, startCpuMeter } from '../support/cpu-usage.ts';
import { percentile, readVideo, recordFrames } from '../support/read-video.ts';
import { saveScreen } from '../support/screen-pixels.ts';
import { type DemoFigures, writeReport } from './report.ts';
import { agentName, type DemoRoom } from './room.ts';

type Step = { readonly name: string; readonly work: () => Promise<void> };

const isRelay = (command: string): boolean => command.includes('relay.js');
const isPages = (command: string): boolean => command.includes('--type=');

const cpuFigures = (desk: CpuMeter, agent: CpuMeter): DemoFigures['cpuPercent'] => ({
  relay: desk.percent(isRelay),
  pages: desk.percent(isPages),
  console: desk.percent(),
  agent: agent.percent(),
});

/** Gives whether every step worked; pictures and report lie in `folder` either way. */
export const playLesson = async (room: DemoRoom, folder: string): Promise<boolean> => {
  const { page, agent, fleet, desk, simulatedCount } = room;
  const shot = (name: string): Promise<Buffer> => page.screenshot({ path: join(folder, `${name}.png`) });
  const agentShot = async (name: string): Promise<void> => {
    if (room.displays !== null) await saveScreen(room.displays.agent.display, join(folder, `${name}.png`));
  };
  const tiles = page.locator('[data-testid^="tile-"]');
  const liveTiles = page.locator('[data-testid^="tile-"] video[data-live="true"]');
  const figures: DemoFigures = { framesShown: {}, latencyMs: { p50: null, p95: null }, cpuPercent: null };
  const presented = async (): Promise<Locator> =>
    (await agent.page('presentation')).getByTestId('presentation-video');

  const steps: readonly Step[] = [
    {
      name: 'all devices are there',
      work: async () => {
        await expect(tiles).toHaveCount(simulatedCount + 1, { timeout: 20_000 });
        await expect(page.locator('[data-testid^="tile-"][data-state="idle"]')).toHaveCount(
          simulatedCount + 1,
        );
        await shot('1-before-the-lesson');
      },
    },
    {
      name: 'the wall is live',
      work: async () => {
        await page.getByTestId('lesson-start').click();
        // Tiles below the fold are not asked for their screens.
        const visible = Math.min(simulatedCount + 1, 15);
        await expect.poll(() => liveTiles.count(), { timeout: 20_000 }).toBeGreaterThanOrEqual(visible);
        const own = page.locator(`[data-name="${agentName}"] video`);
        await expect.poll(async () => (await readVideo(own)).code?.source, { timeout: 15_000 }).toBe(11);
        await shot('2-wall');
        await agentShot('2-agent-is-watched');
      },
    },
    {
      name: 'one device in focus',
      work: async () => {
        await page.locator(`[data-name="${agentName}"] video`).click();
        const large = page.getByTestId('focus-view').locator('video');
        await expect.poll(async () => (await readVideo(large)).width, { timeout: 10_000 }).toBe(1920);
        await shot('3-focus');
        await page.getByTestId('focus-close').click();
      },
    },
    {
      name: 'the teacher presents',
      work: async () => {
        await page.getByTestId('present-open').click();
        await expect(page.getByTestId('source-screen-0')).toBeVisible({ timeout: 20_000 });
        await shot('4-source-picker');
        await page.getByTestId('source-screen-0').click();
        await page.getByTestId('present-start').click();
        const video = await presented();
        await expect.poll(async () => (await readVideo(video)).code?.source, { timeout: 15_000 }).toBe(1);
        const before = await fleet.framesShown();
        const meters = [startCpuMeter(desk.pid), startCpuMeter(agent.pid)] as const;
        const { ages, frames } = await recordFrames(video, 8_000);
        figures.cpuPercent = cpuFigures(...meters);
        figures.latencyMs = { p50: percentile(ages, 0.5), p95: percentile(ages, 0.95) };
        const after = await fleet.framesShown();
        figures.framesShown[agentName] = frames;
        for (const [index, count] of after.entries()) {
          figures.framesShown[`simulated ${index + 1}`] = count - (before[index] ?? 0);
        }
        for (const count of Object.values(figures.framesShown)) expect(count).toBeGreaterThan(20);
        await shot('5-presenting');
        await agentShot('5-agent-shows-it');
        await page.getByTestId('present-stop').click();
        await expect(page.getByTestId('present-open')).toBeVisible();
      },
    },
    {
      name: 'all eyes to the front',
      work: async () => {
        await page.getByTestId('lock-open').click();
        await page.getByTestId('lock-text-input').fill('Augen nach vorn');
        await shot('6-lock-dialog');
        await page.getByTestId('lock-confirm').click();
        await expect((await agent.page('lock')).getByTestId('lock-text')).toHaveText('Augen nach vorn');
        await expect(page.locator('[data-testid^="tile-"][data-locked="true"]')).toHaveCount(
          simulatedCount + 1,
        );
        await shot('7-locked');
        await agentShot('7-agent-is-locked');
      },
    },
    {
      name: 'everybody is free again',
      work: async () => {
        await page.getByTestId('unlock').click();
        await expect(page.locator('[data-testid^="tile-"][data-locked="true"]')).toHaveCount(0);
        await expect.poll(() => agent.openPage('lock')).toBeUndefined();
        await shot('8-released');
      },
    },
  ];

  const results: { name: string; error: string | null }[] = [];
  for (const { name, work } of steps) {
    const error = await work().then(
      () => null,
      (reason: unknown) => (reason instanceof Error ? reason.message : String(reason)),
    );
    results.push({ name, error });
    console.log(`${error === null ? 'ok    ' : 'FAILED'} ${name}`);
    if (error !== null) {
      console.error(error);
      await shot('failed').catch(() => {});
      break;
    }
  }
  const hasWorked = results.length === steps.length && results.every(({ error }) => error === null);
  await writeReport(join(folder, 'report.md'), results, figures);
  console.log(`Report and pictures: ${folder}/report.md`);
  return hasWorked;
};
