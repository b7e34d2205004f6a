// The few words that the operating system shows for us, outside any page.

import de from '../../assets/locales/de.json' with { type: 'json' };
import en from '../../assets/locales/en.json' with { type: 'json' };
import type { Appearance } from '../../shared/settings/appearance.ts';
import { systemLanguage } from './app-life.ts';

/** The catalogue's `native` part in the language of that setting. */
export const nativeWords = (appearance: Appearance): typeof de.native => {
  const language = appearance.language === 'system' ? systemLanguage() : appearance.language;
  return language.toLowerCase().startsWith('de') ? de.native : en.native;
};
