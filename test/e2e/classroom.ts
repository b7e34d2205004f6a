// A room for one test: a console, real agents and simulated devices, each agent on a display of its own.
import { test as base, expect, type Page } from '@playwright/test';
import type { Policy } from '../../shared/settings/policy.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import { type LaunchedApp, launchApp } from '../support/launch-app.ts';
import { type Stimulus, startStimulus } from '../support/stimulus.ts';
import { startDisplay, type XDisplay } from '../support/x-display.ts';

export type RealAgent = {
  readonly name: string;
  readonly display: XDisplay;
  readonly stimulus: Stimulus;
  readonly policy: { readonly deviceName: string; readonly enrolmentToken: string };
  app: LaunchedApp;
};

export type Classroom = {
  readonly desk: LaunchedApp;
  readonly page: Page;
  readonly display: XDisplay;
  readonly stimulus: Stimulus;
  readonly agents: readonly RealAgent[];
  readonly fleet: Fleet | null;
  /** Bar code sources: 1 is the teacher's screen, 11 and on the agents'. */
  readonly teacherSource: number;
};

export type ClassroomOptions = { readonly agentCount: number; readonly fleetCount: number };

/** Screens smaller than today's: one machine of two cores draws, captures and decodes all of them in software. */
export const agentSize = { width: 1280, height: 720 };
export const teacherSize = { width: 1600, height: 900 };
export const teacherSource = 1;
export const agentSource = (index: number): number => 11 + index;

export const consolePolicy: Partial<Policy> = {
  roomName: 'Raum 204',
  teacherName: 'Frau Muster',
  ownSchool: true,
  linkPort: 0,
  relayPort: 0,
  listenAddress: '127.0.0.1',
  useDiscovery: false,
  lockGraceSeconds: 30,
  language: 'de',
};

/** Makes a joining code in the console as a teacher does and gives its text. */
export const createToken = async (page: Page): Promise<string> => {
  await page.getByTestId('add-devices').click();
  await page.getByTestId('code-tab').click();
  await page.getByTestId('code-tab').click();
  await page.getByTestId('token-create').click();
  const field = page.getByTestId('token-text');
  await expect(field).toBeVisible();
  const token = (await field.evaluate((element) =>
    'value' in element ? String(element.value) : (element.textContent ?? ''),
  )) as string;
  await page.keyboard.press('Escape');
  return token.trim();
};

export const tileNamed = (page: Page, name: string) => page.locator(`[data-name="${name}"]`);

export const startAgent = (
  policy: RealAgent['policy'],
  display: string,
  profile?: string,
): Promise<LaunchedApp> =>
  launchApp({
    role: 'agent',
    display,
    policy: { ...policy, useDiscovery: false, language: 'de' },
    ...(profile === undefined ? {} : { profile }),
  });

type Closing = (() => Promise<unknown>)[];

const openClassroom = async (options: ClassroomOptions, closing: Closing): Promise<Classroom> => {
  const keep = <T extends { close: () => Promise<unknown> }>(thing: T): T => {
    closing.unshift(() => thing.close());
    return thing;
  };
  const display = keep(await startDisplay(teacherSize));
  const stimulus = keep(
    await startStimulus({
      display: display.display,
      source: teacherSource,
      ...teacherSize,
      framesPerSecond: 15,
    }),
  );
  const desk = keep(await launchApp({ role: 'console', display: display.display, policy: consolePolicy }));
  const page = await desk.page('console');
  // The lower part of the screen, where the bar code is, stays free.
  await desk.electron.evaluate(({ BrowserWindow }) => {
    BrowserWindow.getAllWindows()[0]?.setBounds({ x: 0, y: 0, width: 1280, height: 700 });
  });
  const token = await createToken(page);

  const agents: RealAgent[] = [];
  for (let index = 0; index < options.agentCount; index += 1) {
    const name = `Gerät ${index + 1}`;
    const own = keep(await startDisplay(agentSize));
    const drawing = keep(
      await startStimulus({
        display: own.display,
        source: agentSource(index),
        ...agentSize,
        framesPerSecond: 5,
        color: '#e6f1f4',
      }),
    );
    const policy = { deviceName: name, enrolmentToken: token };
    const agent = {
      name,
      display: own,
      stimulus: drawing,
      policy,
      app: await startAgent(policy, own.display),
    };
    closing.unshift(() => agent.app.close());
    agents.push(agent);
  }
  const fleet =
    options.fleetCount === 0 ? null : keep(await startFleet({ count: options.fleetCount, token }));
  return { desk, page, display, stimulus, agents, fleet, teacherSource };
};

/** `classroom` is opened with `classroomOptions` and closed whatever the test does. */
export const test = base.extend<{ classroomOptions: ClassroomOptions; classroom: Classroom }>({
  classroomOptions: [{ agentCount: 1, fleetCount: 0 }, { option: true }],
  classroom: async ({ classroomOptions }, use, testInfo) => {
    const closing: Closing = [];
    try {
      const room = await openClassroom(classroomOptions, closing);
      await use(room);
      if (testInfo.status !== testInfo.expectedStatus) {
        await room.page.screenshot({ path: testInfo.outputPath('console.png') });
      }
    } finally {
      for (const close of closing) await close().catch((error: unknown) => console.error('closing', error));
    }
  },
});
export { expect };
