// A whole lesson in real windows: wall, focus, presentation, lock. Pixels decide, not states.
import { ageMs } from '../support/bar-code.ts';
import { percentile, readVideo, recordFrames } from '../support/read-video.ts';
import { screenColors } from '../support/screen-pixels.ts';
import { agentSize, agentSource, expect, teacherSize, teacherSource, test, tileNamed } from './classroom.ts';
import { lockDevices, present, startLesson } from './teacher.ts';

test.use({ classroomOptions: { agentCount: 2, fleetCount: 10 } });
test.setTimeout(240_000);

test('two real devices and ten simulated ones through one lesson', async ({ classroom }) => {
  const { page, agents, fleet, desk } = classroom;
  const live = page.locator('[data-testid^="tile-"] video[data-live="true"]');

  await test.step('before the lesson nobody is watched', async () => {
    await expect(page.locator('[data-testid^="tile-"]')).toHaveCount(12);
    await expect(live).toHaveCount(0);
    for (const agent of agents) expect(agent.app.openPage('indicator')).toBeUndefined();
  });

  await test.step('every device is live on the wall, each real one with its own screen', async () => {
    await startLesson(page);
    await expect(live).toHaveCount(12, { timeout: 20_000 });
    for (const [index, agent] of agents.entries()) {
      const video = tileNamed(page, agent.name).locator('video');
      await expect
        .poll(async () => (await readVideo(video)).code?.source, { timeout: 15_000 })
        .toBe(agentSource(index));
      const { frames, ages } = await recordFrames(video, 3_000);
      console.log(`tile of ${agent.name}: ${frames} frames in 3 s, age p50 ${percentile(ages, 0.5)} ms`);
      expect(frames).toBeGreaterThanOrEqual(9);
      const { width, height } = await readVideo(video);
      expect(width).toBeLessThanOrEqual(640);
      expect(width / height).toBeCloseTo(16 / 9, 1);
    }
  });

  await test.step('the pupil sees who is watching', async () => {
    for (const agent of agents) {
      const indicator = await agent.app.page('indicator');
      await expect(indicator.getByTestId('indicator-text')).toContainText('Frau Muster');
    }
  });

  await test.step('focus brings the full resolution on the same track, and back', async () => {
    const [agent] = agents;
    if (agent === undefined) throw new Error('no agent');
    await tileNamed(page, agent.name).locator('video').click();
    const large = page.getByTestId('focus-view').locator('video');
    const clickedAt = Date.now();
    await expect
      .poll(async () => (await readVideo(large)).width, { intervals: [20], timeout: 10_000 })
      .toBe(agentSize.width);
    console.log(`focus: full resolution ${Date.now() - clickedAt} ms after the click`);
    const reading = await readVideo(large);
    expect(reading.height).toBe(agentSize.height);
    await expect.poll(async () => (await readVideo(large)).code?.source).toBe(agentSource(0));
    await page.getByTestId('focus-close').click();
    const small = tileNamed(page, agent.name).locator('video');
    await expect
      .poll(async () => (await readVideo(small)).width, { timeout: 15_000 })
      .toBeLessThanOrEqual(640);
  });

  await test.step('the teacher’s screen is on every device, fresh', async () => {
    await present(page);
    for (const agent of agents) {
      const video = (await agent.app.page('presentation')).getByTestId('presentation-video');
      await expect
        .poll(async () => (await readVideo(video)).code?.source, { timeout: 15_000 })
        .toBe(teacherSource);
      const { ages, frames } = await recordFrames(video, 4_000);
      const [p50, p95] = [percentile(ages, 0.5), percentile(ages, 0.95)];
      console.log(`${agent.name} shows ${frames} frames in 4 s, glass to glass p50 ${p50} ms, p95 ${p95} ms`);
      expect(frames).toBeGreaterThan(20);
      expect(p50).toBeLessThan(400);
      expect((await readVideo(video)).width).toBe(teacherSize.width);
    }
    await expect
      .poll(() => fleet?.framesShown(), { timeout: 10_000 })
      .toEqual(expect.arrayContaining([expect.any(Number)]));
    const before = (await fleet?.framesShown()) ?? [];
    await expect
      .poll(async () =>
        ((await fleet?.framesShown()) ?? []).every((count, index) => count > (before[index] ?? 0) + 20),
      )
      .toBe(true);
  });

  await test.step('a stopped presentation gives the screens back', async () => {
    await page.getByTestId('present-stop').click();
    for (const agent of agents) {
      const video = agent.app.openPage('presentation')?.getByTestId('presentation-video');
      await expect.poll(async () => video && (await readVideo(video)).width).toBe(0);
    }
  });

  await test.step('a lock covers every device with the text, a release uncovers it', async () => {
    await lockDevices(page, 'Bitte schaut alle nach vorn');
    for (const agent of agents) {
      const cover = await agent.app.page('lock');
      await expect(cover.getByTestId('lock-text')).toHaveText('Bitte schaut alle nach vorn');
      // The display itself is covered: no bar code is left where it was.
      await expect
        .poll(() => screenColors(agent.display.display, { x: 0, y: 620, width: 1280, height: 54 }))
        .toBeLessThan(8);
    }
    await expect(page.locator('[data-testid^="tile-"][data-locked="true"]')).toHaveCount(12);
    await page.getByTestId('unlock').click();
    for (const agent of agents) {
      await expect.poll(() => agent.app.openPage('lock')).toBeUndefined();
      const video = tileNamed(page, agent.name).locator('video');
      await expect
        .poll(async () => {
          const { code, readAt } = await readVideo(video);
          return code === null ? null : ageMs(code, readAt) < 3_000;
        })
        .toBe(true);
    }
  });

  await test.step('the end of the lesson ends every look', async () => {
    await page.getByTestId('lesson-end').click();
    const confirm = page.getByTestId('lesson-end-confirm');
    if (await confirm.isVisible()) await confirm.click();
    await expect(live).toHaveCount(0);
    for (const agent of agents) await expect.poll(() => agent.app.openPage('indicator')).toBeUndefined();
    expect(desk.openPage('console')).toBeDefined();
  });
});
