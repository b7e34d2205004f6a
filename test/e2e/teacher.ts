// What a teacher does with the console, by the same clicks.
import { expect, type Page } from '@playwright/test';

export const startLesson = async (page: Page): Promise<void> => {
  await page.getByTestId('lesson-start').click();
  await expect(page.getByTestId('lesson-end')).toBeVisible();
};

/** Shows the whole screen to everybody. */
export const present = async (page: Page): Promise<void> => {
  await page.getByTestId('present-open').click();
  await page.getByTestId('source-screen-0').click();
  await page.getByTestId('present-start').click();
  await expect(page.getByTestId('present-stop')).toBeVisible();
};

/** Locks every device of the room with that text. */
export const lockDevices = async (page: Page, text: string): Promise<void> => {
  await page.getByTestId('lock-open').click();
  await page.getByTestId('lock-text-input').fill(text);
  await page.getByTestId('lock-confirm').click();
};
