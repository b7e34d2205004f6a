// Start of the lesson, since when it runs, and its end, with a question when something would end with it.
import { Play, Square } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../lib/error-text.ts';
import { formatClock, minutesBetween } from '../../lib/formatters.ts';
import { call } from '../../lib/ipc-client.ts';
import { notify } from '../../lib/notices.ts';
import { useNow } from '../../lib/use-now.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import styles from './lesson-control.module.css';
import { loadLesson, useLesson } from './lesson-store.ts';

type Props = {
  /** Devices that are locked now; ending the lesson releases them. */
  readonly lockedCount: number;
  readonly isPresenting: boolean;
};

const startLesson = async (): Promise<void> => {
  const result = await call('lesson:start', {});
  if (result.ok) loadLesson(result.value);
  else notify('problem', errorText(result.error.code));
};

const endLesson = async (): Promise<void> => {
  const result = await call('lesson:end', {});
  if (result.ok) loadLesson(null);
  else notify('problem', errorText(result.error.code));
};

export const LessonControl = ({ lockedCount, isPresenting }: Props) => {
  const { t, i18n } = useTranslation();
  const lesson = useLesson((state) => state.lesson);
  const [isAsking, setIsAsking] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const now = useNow(10_000);

  const run = async (step: () => Promise<void>): Promise<void> => {
    setIsBusy(true);
    await step();
    setIsBusy(false);
  };
  const onEnd = (): void => {
    if (lockedCount > 0 || isPresenting) setIsAsking(true);
    else void run(endLesson);
  };
  if (lesson === null) {
    return (
      <Button
        look="primary"
        icon={<Play size={18} aria-hidden />}
        isPending={isBusy}
        onPress={() => void run(startLesson)}
        testId="lesson-start"
      >
        {t('lesson.start')}
      </Button>
    );
  }
  return (
    <div className={styles.running}>
      <p className={styles.state} data-testid="lesson-state">
        <span className={styles.dot} aria-hidden />
        <span>
          {t('lesson.runningSince', { time: formatClock(lesson.startedAt, i18n.language, now) })}
          <small>{t('lesson.minutes', { count: minutesBetween(lesson.startedAt, now) })}</small>
        </span>
      </p>
      <Button
        size="small"
        icon={<Square size={15} aria-hidden />}
        isPending={isBusy}
        onPress={onEnd}
        testId="lesson-end"
        aria-label={t('lesson.end')}
      >
        {t('lesson.endShort')}
      </Button>
      <Dialog
        isOpen={isAsking}
        isAlert
        width="narrow"
        title={t('lesson.endTitle')}
        onClose={() => setIsAsking(false)}
        footer={
          <>
            <Button onPress={() => setIsAsking(false)} autoFocus>
              {t('lesson.keep')}
            </Button>
            <Button
              look="danger"
              testId="lesson-end-confirm"
              onPress={() => {
                setIsAsking(false);
                void run(endLesson);
              }}
            >
              {t('lesson.end')}
            </Button>
          </>
        }
      >
        <ul className={styles.consequences}>
          {lockedCount > 0 ? <li>{t('lesson.endLocked', { count: lockedCount })}</li> : null}
          {isPresenting ? <li>{t('lesson.endPresenting')}</li> : null}
        </ul>
      </Dialog>
    </div>
  );
};
