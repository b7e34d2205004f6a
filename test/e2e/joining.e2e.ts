// A device joins by hand: the pupil's window, the teacher's code, clear words when it is wrong.
import { launchApp } from '../support/launch-app.ts';
import { startDisplay } from '../support/x-display.ts';
import { agentSize, createToken, expect, test, tileNamed } from './classroom.ts';

test.use({ classroomOptions: { agentCount: 0, fleetCount: 0 } });

test('a code that is pasted brings the device onto the wall, a wrong one is explained', async ({
  classroom,
}) => {
  const { page } = classroom;
  const token = await createToken(page);
  const display = await startDisplay(agentSize);
  const agent = await launchApp({
    role: 'agent',
    display: display.display,
    policy: { deviceName: 'Neues Gerät', useDiscovery: false, language: 'de' },
  });
  try {
    const device = await agent.page('device');
    await expect(device.getByTestId('link-state')).toHaveAttribute('data-state', 'unenrolled');
    const last = token.at(-1) === 'A' ? 'B' : 'A';
    await device.getByTestId('enrol-input').fill(`${token.slice(0, -1)}${last}`);
    await device.getByTestId('enrol-submit').click();
    await expect(device.getByTestId('enrol-input-error')).toContainText('Beitrittscode');
    await expect(tileNamed(page, 'Neues Gerät')).toHaveCount(0);

    await device.getByTestId('enrol-input').fill(token.toLowerCase());
    await device.getByTestId('enrol-submit').click();
    await expect(device.getByTestId('link-state')).toHaveAttribute('data-state', 'online');
    await expect(device.getByText('Niemand sieht deinen Bildschirm')).toBeVisible();
    await expect(tileNamed(page, 'Neues Gerät')).toHaveAttribute('data-state', 'idle');
  } finally {
    await agent.close();
    await display.close();
  }
});
