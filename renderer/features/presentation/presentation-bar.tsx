// While something is shown: what it is, who really sees it, and the way to pause, change or stop it.
import { CircleAlert, Pause, Play, Repeat2, Square, TriangleAlert } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { Button as AriaButton, Dialog, DialogTrigger, Popover } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { Result } from '../../../shared/result/result.ts';
import { errorText } from '../../lib/error-text.ts';
import { notify } from '../../lib/notices.ts';
import { Button } from '../../ui/button.tsx';
import { DevicePicture } from '../../ui/device-picture.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import type { Audience } from './audience.ts';
import styles from './presentation-bar.module.css';
import { openPicker, usePresentation } from './presentation-store.ts';
import type { PresenterController } from './presenter-controller.ts';
import { useSourceName } from './use-source-name.ts';

const AudienceCount = ({ audience }: { readonly audience: Audience }) => {
  const { t } = useTranslation();
  const { showing, total, missing } = audience;
  const words = t('presentation.showing', { showing, count: total });
  if (missing.length === 0) {
    return (
      <p className={styles.audience} data-testid="audience">
        {words}
      </p>
    );
  }
  return (
    <DialogTrigger>
      <AriaButton className={styles.audience ?? ''} data-incomplete data-testid="audience">
        <CircleAlert size={17} aria-hidden />
        {words}
      </AriaButton>
      <Popover className={styles.popover ?? ''} placement="bottom">
        <Dialog className={styles.missing ?? ''} aria-label={t('presentation.missingTitle')}>
          <h3>{t('presentation.missingTitle')}</h3>
          <ul>
            {missing.map(({ id, name, reason }) => (
              <li key={id}>
                <strong>{name}</strong> <span>{t(`presentation.missing.${reason}`)}</span>
              </li>
            ))}
          </ul>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
};

const attempt = async (step: Promise<Result<void>>): Promise<void> => {
  const result = await step;
  if (!result.ok) notify('problem', errorText(result.error.code));
};

type Props = { readonly controller: PresenterController; readonly audience: Audience };

export const PresentationBar = ({ controller, audience }: Props) => {
  const { t } = useTranslation();
  const view = usePresentation((state) => state.view);
  const capture = usePresentation((state) => state.capture);
  const stream = useSyncExternalStore(
    (listener) => controller.subscribe(listener),
    () => controller.stream(),
  );
  const nameOf = useSourceName();
  if (view.state === 'off') return null;
  const hasEnded = capture === 'ended';
  const state = hasEnded ? 'ended' : view.state;
  const isPaused = view.state === 'paused';
  const detail = (): string => {
    if (hasEnded) return t('presentation.endedHint');
    return isPaused ? t('presentation.pausedHint') : nameOf(view.source, null);
  };
  return (
    <section
      className={styles.bar}
      aria-label={t('presentation.bar')}
      data-state={state}
      data-testid="presentation-bar"
    >
      <div className={styles.preview}>
        <DevicePicture
          stream={stream}
          isStale={isPaused || hasEnded}
          label={t('presentation.preview')}
          testId="present-preview"
        />
        {isPaused && !hasEnded ? <Pause className={styles.pauseMark ?? ''} aria-hidden /> : null}
      </div>
      <div className={styles.words} aria-live="polite">
        <p className={styles.state}>
          {state === 'starting' || state === 'recovering' ? <Spinner /> : null}
          {state === 'ended' ? <TriangleAlert aria-hidden /> : null}
          {t(`presentation.states.${state}`)}
        </p>
        <p className={styles.source} title={nameOf(view.source, null)}>
          {detail()}
        </p>
      </div>
      <AudienceCount audience={audience} />
      <div className={styles.actions}>
        {hasEnded ? (
          <Button look="present" onPress={() => openPicker('change')} testId="present-change">
            {t('presentation.chooseAgain')}
          </Button>
        ) : (
          <>
            <Button
              icon={isPaused ? <Play size={18} aria-hidden /> : <Pause size={18} aria-hidden />}
              isDisabled={view.state !== 'running' && !isPaused}
              onPress={() => void attempt(controller.setPaused(!isPaused))}
              testId="present-pause"
            >
              {isPaused ? t('presentation.resume') : t('presentation.pause')}
            </Button>
            <Button
              icon={<Repeat2 size={18} aria-hidden />}
              onPress={() => openPicker('change')}
              testId="present-change"
            >
              {t('presentation.change')}
            </Button>
          </>
        )}
        <Button
          look="present"
          icon={<Square size={16} aria-hidden />}
          onPress={() => void attempt(controller.stop())}
          testId="present-stop"
        >
          {t('presentation.stop')}
        </Button>
      </div>
    </section>
  );
};
