// Turns an error's code into words. Codes without words of their own get a general sentence that names the code.
import i18next from 'i18next';

/** What a person reads for `code` in the language in use. */
export const errorText = (code: string): string => {
  const key = `errors.${code}`;
  const known: string | undefined = i18next.exists(key) ? i18next.t(key as 'errors.unknown') : undefined;
  return known ?? i18next.t('errors.unknown', { code });
};
