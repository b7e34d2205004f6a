// What a source is called in front of a teacher.
import { useTranslation } from 'react-i18next';
import type { PresentationSource } from '../../../shared/domain/lesson.ts';

/** Words for a source: systems call screens anything, teachers count them. */
export const useSourceName = () => {
  const { t } = useTranslation();
  return (
    source: { readonly kind: PresentationSource['kind']; readonly name: string },
    number: number | null,
  ): string => {
    if (source.kind === 'window' && source.name !== '') return source.name;
    if (source.kind === 'screen' && number !== null) return t('presentation.dialog.screenName', { number });
    return source.kind === 'screen' ? t('presentation.wholeScreen') : source.name;
  };
};
