// Every view that is looked at, and how to get there.
import type { Page } from '@playwright/test';
import type { Answers, Scene } from './fixtures.ts';

export type View = {
  readonly name: string;
  readonly page: 'console' | 'device' | 'lock' | 'indicator';
  readonly scene?: Scene;
  readonly agent?: string;
  readonly answers?: Answers;
  /** Sizes of its own, for windows that are never large. */
  readonly sizes?: readonly { readonly width: number; readonly height: number }[];
  readonly prepare?: (page: Page) => Promise<void>;
};

const lesson: Scene = { count: 12, hasLesson: true, kinds: 'calm', presentation: 'off' };
const mixed: Scene = { ...lesson, count: 60, kinds: 'mixed' };

const live = async (page: Page, count: number): Promise<void> => {
  await page.waitForFunction(
    (wanted) => document.querySelectorAll('video[data-live="true"]').length >= wanted,
    count,
    { timeout: 12_000 },
  );
};
const press = (page: Page, testId: string) => page.getByTestId(testId).click();

const present = async (page: Page): Promise<void> => {
  await live(page, 8);
  await press(page, 'present-open');
  await page.getByTestId('source-screen-0').waitFor();
  await press(page, 'present-start');
  await page.getByTestId('presentation-bar').waitFor();
  await page.waitForFunction(
    () => document.querySelector('[data-testid="present-preview"]')?.getAttribute('data-live') === 'true',
  );
};

/** As it opens, and as small as it can be made. */
const pupilWindow = [
  { width: 520, height: 640 },
  { width: 420, height: 480 },
] as const;

export const views: readonly View[] = [
  { name: 'console-empty', page: 'console' },
  { name: 'console-before-lesson', page: 'console', scene: { ...lesson, hasLesson: false } },
  { name: 'console-wall', page: 'console', scene: lesson, prepare: (page) => live(page, 11) },
  { name: 'console-all-states', page: 'console', scene: mixed, prepare: (page) => live(page, 6) },
  {
    name: 'console-selected',
    page: 'console',
    scene: mixed,
    prepare: async (page) => {
      await live(page, 6);
      for (const seat of [0, 2, 5]) {
        await page.locator(`[data-seat="${seat}"]`).click({ modifiers: ['Control'] });
      }
      await page.keyboard.press('Tab');
    },
  },
  {
    name: 'console-smallest',
    page: 'console',
    scene: { ...mixed, presentation: 'off' },
    sizes: [{ width: 900, height: 600 }],
    prepare: async (page) => {
      await live(page, 4);
      for (const seat of [0, 2, 3]) {
        await page.locator(`[data-seat="${seat}"]`).click({ modifiers: ['Control'] });
      }
    },
  },
  {
    name: 'console-setup-smallest',
    page: 'console',
    answers: { setup: 'needed' },
    sizes: [{ width: 900, height: 600 }],
  },
  {
    name: 'console-pairing-smallest',
    page: 'console',
    answers: { pairing: 'comparing', setup: 'missing' },
    sizes: [{ width: 900, height: 600 }],
    prepare: async (page) => {
      await press(page, 'add-devices');
      await page.getByTestId('pairing-request').waitFor();
    },
  },
  {
    name: 'console-small-tiles',
    page: 'console',
    scene: mixed,
    prepare: async (page) => {
      await page.getByRole('radio').first().click();
      await live(page, 20);
    },
  },
  {
    name: 'console-keyboard',
    page: 'console',
    scene: lesson,
    prepare: async (page) => {
      await live(page, 8);
      await page.locator('[role="row"]').first().focus();
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Space');
      await page.keyboard.press('ArrowDown');
    },
  },
  {
    name: 'console-focus',
    page: 'console',
    scene: lesson,
    prepare: async (page) => {
      await live(page, 8);
      await page.locator('[data-seat="1"]').click();
      await page.locator('[data-testid="sharpness"][data-sharp="true"]').waitFor();
    },
  },
  {
    name: 'console-focus-offline',
    page: 'console',
    scene: lesson,
    prepare: async (page) => page.locator('[data-seat="11"]').click(),
  },
  { name: 'console-setup', page: 'console', answers: { setup: 'needed' } },
  {
    name: 'console-setup-error',
    page: 'console',
    answers: { setup: 'needed', setupProblem: 'file-unreadable' },
    prepare: async (page) => {
      await page.getByTestId('setup-password').fill('geheim');
      await press(page, 'setup-import');
      await page.getByTestId('setup-password-error').waitFor();
    },
  },
  {
    name: 'console-recovery',
    page: 'console',
    answers: { setup: 'missing' },
    scene: lesson,
    prepare: (page) => live(page, 11),
  },
  {
    name: 'console-renewal',
    page: 'console',
    answers: { setup: 'due' },
    scene: lesson,
    prepare: (page) => live(page, 11),
  },
  {
    name: 'console-add-devices',
    page: 'console',
    scene: { ...lesson, hasLesson: false },
    prepare: async (page) => {
      await press(page, 'add-devices');
      await press(page, 'code-tab');
    },
  },
  {
    name: 'console-pairing-waiting',
    page: 'console',
    prepare: async (page) => {
      await press(page, 'add-devices-first');
      await page.getByTestId('pairing-time').waitFor();
    },
  },
  {
    name: 'console-pairing',
    page: 'console',
    answers: { pairing: 'comparing' },
    prepare: async (page) => {
      await press(page, 'add-devices');
      await page.getByTestId('pairing-request').waitFor();
    },
  },
  {
    name: 'console-pairing-many',
    page: 'console',
    answers: { pairing: 'many' },
    prepare: async (page) => {
      await press(page, 'add-devices');
      await page.getByTestId('pairing-request').first().waitFor();
    },
  },
  {
    name: 'console-pairing-states',
    page: 'console',
    answers: { pairing: 'many' },
    prepare: async (page) => {
      await press(page, 'add-devices');
      await page.getByTestId('pairing-request').last().scrollIntoViewIfNeeded();
    },
  },
  {
    name: 'console-pairing-closed',
    page: 'console',
    answers: { pairing: 'closed' },
    prepare: async (page) => {
      await press(page, 'add-devices');
      await page.getByTestId('pairing-reopen').waitFor();
    },
  },
  {
    name: 'console-quarantined',
    page: 'console',
    scene: mixed,
    prepare: async (page) => {
      await page.locator('[data-state="quarantined"]').first().click();
      await page.getByTestId('quarantine-forget').waitFor();
    },
  },
  {
    name: 'console-quarantined-question',
    page: 'console',
    scene: mixed,
    prepare: async (page) => {
      await page.locator('[data-state="quarantined"]').first().click();
      await press(page, 'quarantine-admit');
      await page.getByRole('alertdialog').waitFor();
    },
  },
  {
    name: 'console-open-url',
    page: 'console',
    scene: lesson,
    prepare: async (page) => {
      await live(page, 8);
      await press(page, 'open-url');
      await page.getByTestId('open-url-input').fill('de.wikipedia.org/wiki/Wald');
    },
  },
  {
    name: 'console-open-url-results',
    page: 'console',
    scene: lesson,
    prepare: async (page) => {
      await live(page, 8);
      await press(page, 'open-url');
      await page.getByTestId('open-url-input').fill('de.wikipedia.org/wiki/Wald');
      await press(page, 'open-url-send');
      await page.getByTestId('open-url-result').first().waitFor();
    },
  },
  {
    name: 'console-problem',
    page: 'console',
    scene: { ...lesson, hasLesson: false, problem: 'revoked' },
  },
  {
    name: 'console-token',
    page: 'console',
    scene: { ...lesson, hasLesson: false },
    prepare: async (page) => {
      await press(page, 'add-devices');
      await press(page, 'code-tab');
      await press(page, 'token-create');
      await page.getByTestId('token-text').waitFor();
    },
  },
  {
    name: 'console-lock-dialog',
    page: 'console',
    scene: lesson,
    prepare: async (page) => {
      await live(page, 8);
      await press(page, 'lock-open');
    },
  },
  {
    name: 'console-locked',
    page: 'console',
    scene: { ...lesson, count: 13 },
    prepare: async (page) => {
      await live(page, 8);
      await press(page, 'attention');
      await page.getByTestId('notice-problem').waitFor();
    },
  },
  {
    name: 'console-picker',
    page: 'console',
    scene: lesson,
    prepare: async (page) => {
      await live(page, 8);
      await press(page, 'present-open');
      await page.getByTestId('source-screen-0').waitFor();
    },
  },
  {
    name: 'console-picker-windows',
    page: 'console',
    scene: lesson,
    prepare: async (page) => {
      await press(page, 'present-open');
      await press(page, 'tab-window');
      await press(page, 'source-window-0');
    },
  },
  {
    name: 'console-presenting',
    page: 'console',
    scene: { ...lesson, count: 14, kinds: 'showing' },
    prepare: present,
  },
  {
    name: 'console-presenting-paused',
    page: 'console',
    scene: { ...lesson, count: 14, kinds: 'showing' },
    prepare: async (page) => {
      await present(page);
      await press(page, 'present-pause');
      await press(page, 'audience');
    },
  },
  {
    name: 'console-end-lesson',
    page: 'console',
    scene: { ...lesson, kinds: 'locked' },
    prepare: async (page) => press(page, 'lesson-end'),
  },
  {
    name: 'console-menu',
    page: 'console',
    scene: { ...lesson, hasLesson: false, problem: 'no-multicast' },
    prepare: (page) => press(page, 'appearance-menu'),
  },
  { name: 'device-unenrolled', page: 'device', agent: 'unenrolled', sizes: pupilWindow },
  {
    name: 'device-enrol-error',
    page: 'device',
    agent: 'unenrolled',
    sizes: pupilWindow,
    prepare: async (page) => {
      await page.getByTestId('enrol-input').fill('LP1-7QK2M-VX4TR');
      await press(page, 'enrol-submit');
      await page.getByTestId('enrol-input-error').waitFor();
    },
  },
  ...['none', 'denied', 'starting', 'picture'].map(
    (camera): View => ({
      name: `device-camera-${camera}`,
      page: 'device',
      agent: 'unenrolled',
      answers: { camera: camera as NonNullable<Answers['camera']> },
      sizes: pupilWindow,
      prepare: async (page) => {
        await press(page, 'enrol-camera');
        const wanted = { picture: 'on', starting: 'starting' }[camera] ?? 'failed';
        const view = page.locator(`[data-testid="code-camera"][data-state="${wanted}"]`);
        await view.waitFor();
        await view.scrollIntoViewIfNeeded();
        await page.getByTestId('camera-stop').scrollIntoViewIfNeeded();
      },
    }),
  ),
  {
    name: 'device-no-room',
    page: 'device',
    agent: 'unenrolled',
    sizes: pupilWindow,
    prepare: async (page) => {
      await press(page, 'find-rooms');
      await page.getByTestId('no-room').waitFor();
    },
  },
  {
    name: 'device-found-rooms',
    page: 'device',
    agent: 'unenrolled',
    answers: { rooms: 2 },
    sizes: pupilWindow,
    prepare: async (page) => {
      await press(page, 'find-rooms');
      await page.getByTestId('found-room').first().waitFor();
    },
  },
  ...(['connecting', 'comparing', 'waiting-for-teacher', 'failed'] as const).map(
    (state): View => ({
      name: `device-pairing-${state}`,
      page: 'device',
      agent: 'unenrolled',
      answers: { rooms: 1, devicePairing: state },
      sizes: pupilWindow,
      prepare: async (page) => {
        await press(page, 'find-rooms');
        await press(page, 'found-room');
        await page.locator(`[data-testid="join"][data-state="${state}"]`).waitFor();
      },
    }),
  ),
  { name: 'device-cloned', page: 'device', agent: 'cloned', sizes: pupilWindow },
  { name: 'device-revoked', page: 'device', agent: 'revoked', sizes: pupilWindow },
  { name: 'device-wrong-clock', page: 'device', agent: 'wrong-clock', sizes: pupilWindow },
  {
    name: 'device-watch-log',
    page: 'device',
    agent: 'watched',
    sizes: pupilWindow,
    prepare: async (page) => {
      await press(page, 'watch-log');
      await page.getByTestId('watch-entry').first().waitFor();
    },
  },
  {
    name: 'device-watch-log-empty',
    page: 'device',
    agent: 'unwatched',
    answers: { hasNoWatchLog: true },
    sizes: pupilWindow,
    prepare: async (page) => {
      await press(page, 'watch-log');
      await page.getByTestId('watch-log-empty').waitFor();
    },
  },
  { name: 'device-searching', page: 'device', agent: 'searching', sizes: pupilWindow },
  { name: 'device-waiting', page: 'device', agent: 'waiting', sizes: pupilWindow },
  { name: 'device-unwatched', page: 'device', agent: 'unwatched', sizes: pupilWindow },
  { name: 'device-watched', page: 'device', agent: 'watched', sizes: pupilWindow },
  { name: 'device-locked', page: 'device', agent: 'locked', sizes: pupilWindow },
  { name: 'lock-short', page: 'lock', agent: 'locked' },
  { name: 'lock-long', page: 'lock', agent: 'lockedLong' },
  { name: 'indicator-watched', page: 'indicator', agent: 'watched', sizes: [{ width: 320, height: 56 }] },
  { name: 'indicator-blurred', page: 'indicator', agent: 'blurred', sizes: [{ width: 320, height: 56 }] },
];
