// Owns the words of every page: both catalogues, the language in use, and the page's lang attribute.
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import de from '../../assets/locales/de.json';
import en from '../../assets/locales/en.json';
import type { Appearance } from '../../shared/settings/appearance.ts';

export type Language = 'de' | 'en';

declare module 'i18next' {
  interface CustomTypeOptions {
    // German is written first; a test holds English to the same keys.
    resources: { translation: typeof de };
  }
}

/** The language to speak for a choice; `system` takes German for German systems and English for all others. */
export const languageFor = (
  choice: Appearance['language'],
  systemLanguages: readonly string[] = navigator.languages,
): Language => {
  if (choice !== 'system') return choice;
  return systemLanguages[0]?.toLowerCase().startsWith('de') ? 'de' : 'en';
};

/** Loads both catalogues and speaks `language` from the first string on. */
export const startTranslation = async (language: Language): Promise<void> => {
  await i18next.use(initReactI18next).init({
    resources: { de: { translation: de }, en: { translation: en } },
    lng: language,
    fallbackLng: 'de',
    // React escapes what it renders; escaping here would show names with entities.
    interpolation: { escapeValue: false },
  });
  document.documentElement.lang = language;
};

/** Changes the language of a running page. */
export const speak = async (language: Language): Promise<void> => {
  if (i18next.language !== language) await i18next.changeLanguage(language);
  document.documentElement.lang = language;
};
