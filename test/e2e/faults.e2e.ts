// What breaks in a lesson and how it mends itself: killed devices, a killed relay, a killed console.
import type { Locator } from '@playwright/test';
import { findProcesses } from '../support/cpu-usage.ts';
import { readVideo, recordFrames } from '../support/read-video.ts';
import { agentSource, expect, startAgent, teacherSource, test, tileNamed } from './classroom.ts';
import { lockDevices, present, startLesson } from './teacher.ts';

test.use({ classroomOptions: { agentCount: 1, fleetCount: 2 } });

test('a device that is killed and started again comes back into its own tile', async ({ classroom }) => {
  const { page, agents } = classroom;
  const agent = agents[0];
  if (agent === undefined) throw new Error('no agent');
  await startLesson(page);
  const tile = tileNamed(page, agent.name);
  await expect(tile.locator('video[data-live="true"]')).toBeVisible({ timeout: 15_000 });
  const id = await tile.getAttribute('data-testid');
  const seat = await tile.getAttribute('data-seat');

  await agent.app.kill();
  await expect(tile).toHaveAttribute('data-state', /reconnecting|offline/, { timeout: 6_000 });
  await expect(tile).toHaveAttribute('data-state', 'offline', { timeout: 10_000 });
  agent.app = await startAgent(agent.policy, agent.display.display, agent.app.profile);

  await expect(tile.locator('video[data-live="true"]')).toBeVisible({ timeout: 20_000 });
  await expect
    .poll(async () => (await readVideo(tile.locator('video'))).code?.source, { timeout: 10_000 })
    .toBe(agentSource(0));
  expect(await tile.getAttribute('data-testid')).toBe(id);
  expect(await tile.getAttribute('data-seat')).toBe(seat);
  await expect(page.locator('[data-testid^="tile-"]')).toHaveCount(3);
});

test('a relay that is killed during a presentation is replaced within two seconds', async ({ classroom }) => {
  const { page, agents, desk, fleet } = classroom;
  const agent = agents[0];
  if (agent === undefined) throw new Error('no agent');
  await startLesson(page);
  await present(page);
  const video = (await agent.app.page('presentation')).getByTestId('presentation-video');
  await expect
    .poll(async () => (await readVideo(video)).code?.source, { timeout: 15_000 })
    .toBe(teacherSource);

  // Electron names it by its kind of utility process, the stand-in by its script.
  const relayPids = findProcesses(desk.pid, (command) => /relay\.js|utility-sub-type=node/.test(command));
  expect(relayPids).toHaveLength(1);
  const gap = recordGap(video);
  process.kill(relayPids[0] ?? -1, 'SIGKILL');
  const longestGapMs = await gap;
  console.log(`relay killed: longest time without a new frame ${longestGapMs} ms`);
  expect(longestGapMs).toBeGreaterThan(0);
  expect(longestGapMs).toBeLessThan(2_000);
  const { frames } = await recordFrames(video, 1_000);
  expect(frames).toBeGreaterThan(5);
  const before = (await fleet?.framesShown()) ?? [];
  await expect
    .poll(async () =>
      ((await fleet?.framesShown()) ?? []).every((count, index) => count > (before[index] ?? 0)),
    )
    .toBe(true);
});

test('a killed console frees its locked devices at the end of the grace time, not before', async ({
  classroom,
}) => {
  test.setTimeout(150_000);
  const { page, agents, desk } = classroom;
  const agent = agents[0];
  if (agent === undefined) throw new Error('no agent');
  await startLesson(page);
  await lockDevices(page, 'Ruhe bitte');
  const cover = await agent.app.page('lock');
  await expect(cover.getByTestId('lock-text')).toHaveText('Ruhe bitte');

  const killedAt = Date.now();
  await desk.kill();
  const closed = cover.waitForEvent('close', { timeout: 60_000 });
  await closed;
  const heldMs = Date.now() - killedAt;
  console.log(`console killed: device free after ${(heldMs / 1000).toFixed(1)} s of 30 s grace`);
  expect(heldMs).toBeGreaterThan(29_500);
  expect(heldMs).toBeLessThan(35_500);
});

/** The longest time without a new frame in the next five seconds, in milliseconds. */
const recordGap = (video: Locator): Promise<number> =>
  video.evaluate(
    (element) =>
      new Promise<number>((done) => {
        const source = element as HTMLVideoElement;
        let last = performance.now();
        let longest = 0;
        const end = last + 5_000;
        const onFrame = (): void => {
          const now = performance.now();
          longest = Math.max(longest, now - last);
          last = now;
          if (now < end) source.requestVideoFrameCallback(onFrame);
        };
        source.requestVideoFrameCallback(onFrame);
        setTimeout(() => done(Math.round(Math.max(longest, performance.now() - last))), 5_200);
      }),
  );
