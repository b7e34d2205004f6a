// "Raum 204": a console, eleven simulated devices and one real agent window.
import type { Page } from '@playwright/test';
import type {} from '../../renderer/lib/ipc-client.ts';
import { type Fleet, startFleet } from '../fleet/fleet.ts';
import { type LaunchedApp, launchApp } from '../support/launch-app.ts';
import { type Stimulus, startStimulus } from '../support/stimulus.ts';
import { startDisplay, type XDisplay } from '../support/x-display.ts';

export const agentName = 'Amira';

export type DemoRoom = {
  readonly desk: LaunchedApp;
  readonly page: Page;
  readonly agent: LaunchedApp;
  readonly fleet: Fleet;
  readonly simulatedCount: number;
  /** Displays of the scripted lesson; null where a person sits in front of a real one. */
  readonly displays: { readonly desk: XDisplay; readonly agent: XDisplay } | null;
  readonly close: () => Promise<void>;
};

const createToken = async (page: Page, uses: number): Promise<string> => {
  const result = await page.evaluate(
    (count) => window.lehrpult.call('room:create-token', { uses: count, hours: 8 }),
    uses,
  );
  if (!result.ok) throw new Error(`no joining code: ${result.error.code}`);
  return (result.value as { token: string }).token;
};

/** `display` is a person's own, null to make two of its own. */
export const openRoom = async (display: string | null, simulatedCount: number): Promise<DemoRoom> => {
  const closing: (() => Promise<unknown>)[] = [];
  const keep = <T extends { readonly close: () => Promise<unknown> }>(thing: T): T => {
    closing.unshift(thing.close);
    return thing;
  };
  const close = async (): Promise<void> => {
    for (const each of closing.splice(0)) {
      await each().catch((error: unknown) => console.error('closing:', error));
    }
  };
  try {
    const size = { width: 1920, height: 1080 };
    const displays =
      display === null
        ? { desk: keep(await startDisplay(size)), agent: keep(await startDisplay(size)) }
        : null;
    const stimuli: Stimulus[] = [];
    if (displays !== null) {
      stimuli.push(keep(await startStimulus({ display: displays.desk.display, source: 1 })));
      stimuli.push(
        keep(
          await startStimulus({
            display: displays.agent.display,
            source: 11,
            framesPerSecond: 10,
            color: '#e6f1f4',
          }),
        ),
      );
    }
    const policy = {
      roomName: 'Raum 204',
      teacherName: 'Frau Muster',
      ownSchool: true,
      linkPort: 0,
      listenAddress: '127.0.0.1',
      useDiscovery: false,
    };
    const desk = keep(
      await launchApp({ role: 'console', display: displays?.desk.display ?? display ?? '', policy }),
    );
    const page = await desk.page('console');
    const token = await createToken(page, simulatedCount + 1);
    const agent = keep(
      await launchApp({
        role: 'agent',
        display: displays?.agent.display ?? display ?? '',
        policy: { deviceName: agentName, enrolmentToken: token, useDiscovery: false },
      }),
    );
    const fleet = keep(await startFleet({ count: simulatedCount, token }));
    return { desk, page, agent, fleet, simulatedCount, displays, close };
  } catch (error) {
    await close();
    throw error;
  }
};
