// A school without IT on its first morning: a new classroom, a device joined by pictures, a lesson; clicks are counted.
import { createServer } from 'node:net';
import { expect, type Locator, test } from '@playwright/test';
import { launchApp } from '../support/launch-app.ts';
import { startDisplay } from '../support/x-display.ts';
import { agentSize, teacherSize, tileNamed } from './classroom.ts';

const clickLimit = 10;
const pictures = 'test-results/first-start';

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

test('a teacher alone makes a classroom, joins a device by pictures and starts a lesson in under ten clicks', async () => {
  test.setTimeout(120_000);
  const linkPort = await freePort();
  const common = { useDiscovery: false, language: 'de' } as const;
  const displays = [await startDisplay(teacherSize), await startDisplay(agentSize)] as const;
  const desk = await launchApp({
    role: 'console',
    display: displays[0].display,
    policy: { ...common, linkPort, relayPort: 0, listenAddress: '127.0.0.1' },
  });
  const agent = await launchApp({
    role: 'agent',
    display: displays[1].display,
    policy: { ...common, deviceName: 'Tablet 1', consoleAddresses: [`127.0.0.1:${linkPort}`] },
  });
  let clicks = 0;
  const click = async (target: Locator): Promise<void> => {
    await target.click();
    clicks += 1;
  };
  try {
    const page = await desk.page('console');
    await page.getByTestId('setup-room-name').fill('Raum 12');
    await page.getByTestId('setup-teacher-name').fill('Frau Yıldız');
    await page.screenshot({ path: `${pictures}/1-setup.png` });
    await click(page.getByTestId('setup-create'));
    await expect(page.getByTestId('lesson-start')).toBeVisible();
    await page.screenshot({ path: `${pictures}/2-desk.png` });
    await click(page.getByTestId('add-devices'));

    const device = await agent.page('device');
    await click(device.getByTestId('find-rooms'));
    const found = device.getByTestId('found-room');
    await expect(found).toContainText('Raum 12');
    await expect(found).toContainText('Frau Yıldız');
    await device.screenshot({ path: `${pictures}/3-found.png` });
    await click(found);

    const request = page.getByTestId('pairing-request');
    await expect(request).toContainText('Tablet 1');
    const words = async (place: Locator): Promise<string[]> =>
      await place.getByTestId('pairing-picture').allInnerTexts();
    await expect(request.getByTestId('pairing-picture')).toHaveCount(6);
    await expect(device.getByTestId('pairing-picture')).toHaveCount(6);
    expect(await words(request)).toEqual(await words(device.locator('body')));
    await page.screenshot({ path: `${pictures}/4-pictures-teacher.png` });
    await device.screenshot({ path: `${pictures}/5-pictures-device.png` });
    await click(device.getByTestId('device-pairing-same'));
    await click(request.getByTestId('pairing-same'));
    await expect(device.getByTestId('link-state')).toHaveAttribute('data-state', 'online');
    await page.screenshot({ path: `${pictures}/6-joined.png` });
    await page.keyboard.press('Escape');
    await expect(tileNamed(page, 'Tablet 1')).toHaveAttribute('data-state', 'idle');

    await click(page.getByTestId('lesson-start'));
    await expect(page.getByTestId('lesson-end')).toBeVisible();
    await expect(tileNamed(page, 'Tablet 1')).toHaveAttribute('data-state', 'live');
    await page.screenshot({ path: `${pictures}/7-lesson.png` });
    console.log(`clicks from the first start to the lesson: ${clicks}`);
    expect(clicks).toBeLessThan(clickLimit);

    // Who looked is on the device itself.
    await click(device.getByTestId('watch-log'));
    await expect(device.getByTestId('watch-entry').first()).toContainText('Frau Yıldız');
    await device.screenshot({ path: `${pictures}/8-who-looked.png` });
  } finally {
    await agent.close();
    await desk.close();
    for (const display of displays) await display.close();
  }
});
