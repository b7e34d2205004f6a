// The cover over a locked screen: the teacher's words, readable from the back row, and nothing to press.
import { Lock } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useAgent } from '../../lib/use-agent.ts';
import styles from './app.module.css';

/** Longer texts get smaller letters, so that 500 characters still fit. */
const sizeFor = (text: string): 'huge' | 'large' | 'medium' | 'small' => {
  if (text.length <= 40) return 'huge';
  if (text.length <= 120) return 'large';
  return text.length <= 260 ? 'medium' : 'small';
};

export const App = () => {
  const { t, i18n } = useTranslation();
  const agent = useAgent();
  const lock = agent?.lock ?? null;
  const watched = agent?.watched ?? null;
  // The words stay while the cover goes away.
  const [shown, setShown] = useState(lock);
  useEffect(() => {
    if (lock !== null) setShown(lock);
  }, [lock]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the title is in the language in use
  useEffect(() => {
    document.title = t('app.lockTitle');
  }, [t, i18n.language]);
  // Before the first answer there is only the calm colour: no word that another one would replace.
  if (shown === null) return <main className={styles.cover} />;
  const text = shown.text.trim() === '' ? t('lock.noText') : shown.text;
  return (
    <main className={styles.cover}>
      {watched === null ? null : (
        // The cover hides the indicator, so it says itself that somebody looks.
        <p className={styles.watched} data-testid="lock-watched">
          {t(watched.quality === 'blurred' ? 'indicator.watchingBlurred' : 'indicator.watching', {
            name: watched.by,
          })}
        </p>
      )}
      <Lock className={styles.icon ?? ''} strokeWidth={1.6} aria-hidden />
      <p className={styles.text} data-size={sizeFor(text)} data-testid="lock-text" role="alert">
        {text}
      </p>
      <p className={styles.from} data-testid="lock-teacher">
        {t('lock.from', { teacher: shown.teacher })}
      </p>
    </main>
  );
};
