// What a teacher does with a running presentation: hold it, go on, show something else, on the same connection.
import { readVideo } from '../support/read-video.ts';
import { startStimulus } from '../support/stimulus.ts';
import { expect, teacherSource, test } from './classroom.ts';
import { present, startLesson } from './teacher.ts';

const windowSource = 77;

test('pause, resume and another source keep the devices connected', async ({ classroom }) => {
  const { page, agents, display } = classroom;
  const agent = agents[0];
  if (agent === undefined) throw new Error('no agent');
  const other = await startStimulus({
    display: display.display,
    source: windowSource,
    // Small and away from the bar code of the screen: only the window itself can show the other one.
    width: 900,
    height: 500,
    isMaximized: false,
    framesPerSecond: 10,
    title: 'Vulkane',
    color: '#f6e3dc',
  });
  try {
    await startLesson(page);
    await present(page);
    const video = (await agent.app.page('presentation')).getByTestId('presentation-video');
    const streamOf = (): Promise<string> =>
      video.evaluate((element) => ((element as HTMLVideoElement).srcObject as MediaStream).id);
    const codeOf = async () => (await readVideo(video)).code;
    await expect.poll(async () => (await codeOf())?.source).toBe(teacherSource);
    const stream = await streamOf();

    await test.step('a pause holds the last picture, resume goes on', async () => {
      await page.getByTestId('present-pause').click();
      await expect(page.getByTestId('presentation-bar')).toHaveAttribute('data-state', 'paused');
      // Frames on their way arrive; then the picture stays as it is.
      let held = await codeOf();
      await expect
        .poll(
          async () => {
            const now = await codeOf();
            const isHeld = now !== null && now.timeMs === held?.timeMs;
            held = now;
            return isHeld;
          },
          { intervals: [700] },
        )
        .toBe(true);
      await page.getByTestId('present-pause').click();
      await expect.poll(async () => (await codeOf())?.timeMs !== held?.timeMs).toBe(true);
    });

    await test.step('a window instead of the screen comes over the same stream', async () => {
      await page.getByTestId('present-change').click();
      await page.getByTestId('tab-window').click();
      await page.getByRole('option', { name: /Vulkane/ }).click();
      await page.getByTestId('present-start').click();
      await expect(page.getByTestId('source-picker')).toHaveCount(0);
      await expect.poll(async () => (await codeOf())?.source, { timeout: 30_000 }).toBe(windowSource);
      expect(await streamOf()).toBe(stream);
      await expect(page.getByTestId('presentation-bar')).toContainText('Vulkane');
    });

    await test.step('a window that is closed is told to the teacher, who chooses again', async () => {
      await other.close();
      await expect(page.getByTestId('presentation-bar')).toHaveAttribute('data-state', 'ended');
      await page.getByTestId('present-change').click();
      await page.getByTestId('source-screen-0').click();
      await page.getByTestId('present-start').click();
      await expect.poll(async () => (await codeOf())?.source, { timeout: 30_000 }).toBe(teacherSource);
      expect(await streamOf()).toBe(stream);
    });
  } finally {
    await other.close();
  }
});
