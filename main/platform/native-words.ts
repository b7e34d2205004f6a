// The few words that the operating system shows for us, outside any page.

import de from '../../assets/locales/de.json' with { type: 'json' };
import en from '../../assets/locales/en.json' with { type: 'json' };
import type { Appearance } from '../../shared/settings/appearance.ts';
import { systemLanguage } from './app-life.ts';

export const nativeLanguage = ({ language }: Appearance): 'de' | 'en' => {
  const chosen = language === 'system' ? systemLanguage() : language;
  return chosen.toLowerCase().startsWith('de') ? 'de' : 'en';
};

/** The catalogue's `native` part in the language of that setting. */
export const nativeWords = (appearance: Appearance): typeof de.native =>
  nativeLanguage(appearance) === 'de' ? de.native : en.native;
