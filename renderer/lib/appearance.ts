// The page's view of how the app looks and speaks: asks main, applies it to the document, follows changes.
import { create } from 'zustand';
import { type Appearance, defaultAppearance } from '../../shared/settings/appearance.ts';
import { languageFor, speak, startTranslation } from './i18n.ts';
import { call, on } from './ipc-client.ts';

export const useAppearance = create<Appearance>(() => defaultAppearance);

const applyTheme = (theme: Appearance['theme']): void => {
  const root = document.documentElement;
  if (theme === 'system') delete root.dataset.theme;
  else root.dataset.theme = theme;
};

const apply = async (appearance: Appearance): Promise<void> => {
  useAppearance.setState(appearance);
  applyTheme(appearance.theme);
  await speak(languageFor(appearance.language));
};

/** First thing a page does: after it the theme is set and every string can be shown. */
export const startAppearance = async (): Promise<void> => {
  const result = await call('appearance:get', {});
  const appearance = result.ok ? result.value : defaultAppearance;
  useAppearance.setState(appearance);
  applyTheme(appearance.theme);
  await startTranslation(languageFor(appearance.language));
  on('appearance:changed', (changed) => void apply(changed));
};

/** Asks main for another look; the page follows the answer, not the wish. */
export const changeAppearance = async (change: Partial<Appearance>): Promise<void> => {
  const result = await call('appearance:set', change);
  if (result.ok) await apply(result.value);
};
