// What a pupil sees while anybody looks at the screen: who, and how much.
import { Eye, EyeOff } from 'lucide-react';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useAgent } from '../../lib/use-agent.ts';
import styles from './app.module.css';

export const App = () => {
  const { t, i18n } = useTranslation();
  const snapshot = useAgent();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the title is in the language in use
  useEffect(() => {
    document.title = t('app.indicatorTitle');
  }, [t, i18n.language]);
  if (snapshot === null) return null;
  const { watched } = snapshot;
  const isBlurred = watched?.quality === 'blurred';
  const text = (): string => {
    if (watched === null) return t('indicator.none');
    return t(isBlurred ? 'indicator.watchingBlurred' : 'indicator.watching', { name: watched.by });
  };
  return (
    <main
      className={styles.pill}
      data-look={watched === null ? 'none' : watched.quality}
      title={text()}
      role="status"
    >
      <span className={styles.icon}>{watched === null ? <EyeOff aria-hidden /> : <Eye aria-hidden />}</span>
      <span className={styles.text} data-testid="indicator-text">
        {text()}
      </span>
    </main>
  );
};
