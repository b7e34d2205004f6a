// What stands on the locked screens, and for how long.
import { Lock } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field } from '../../ui/field.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { closeLockDialog, rememberText, useControl } from './control-store.ts';
import { lockDevices, type Target } from './device-orders.ts';
import styles from './lock-dialog.module.css';

const readyTexts = ['attention', 'listen', 'discuss', 'pause', 'pack'] as const;
const maxTextLength = 500;
const durations = ['none', '2', '5', '10', '20', '45'] as const;
type Duration = (typeof durations)[number];

type Props = { readonly targets: readonly Target[]; readonly isEverybody: boolean };

const LockForm = ({ targets, isEverybody }: Props) => {
  const { t } = useTranslation();
  const lastText = useControl((state) => state.lastText);
  const [text, setText] = useState(lastText ?? t('control.ready.attention'));
  const [duration, setDuration] = useState<Duration>('none');
  const count = targets.length;

  const confirm = (): void => {
    rememberText(text.trim());
    closeLockDialog();
    void lockDevices(targets, text.trim(), duration === 'none' ? null : Number(duration));
  };
  return (
    <Dialog
      isOpen
      onClose={closeLockDialog}
      testId="lock-dialog"
      title={isEverybody ? t('control.dialog.titleAll') : t('control.dialog.titleSome', { count })}
      footer={
        <>
          <p className={styles.scope}>
            {isEverybody ? t('control.scopeAll', { count }) : t('control.scopeSelected', { count })}
          </p>
          <Button onPress={closeLockDialog}>{t('common.cancel')}</Button>
          <Button
            look="primary"
            icon={<Lock size={18} aria-hidden />}
            onPress={confirm}
            testId="lock-confirm"
          >
            {t('control.dialog.confirm')}
          </Button>
        </>
      }
    >
      <p className={styles.intro}>{t('control.dialog.intro')}</p>
      <Field
        label={t('control.dialog.text')}
        value={text}
        onChange={setText}
        rows={3}
        maxLength={maxTextLength}
        autoFocus
        testId="lock-text-input"
        {...(text.length > maxTextLength - 100
          ? { hint: t('control.dialog.left', { count: maxTextLength - text.length }) }
          : {})}
      />
      <fieldset className={styles.ready}>
        <legend>{t('control.dialog.ready')}</legend>
        {readyTexts.map((id) => (
          <Button
            key={id}
            size="small"
            onPress={() => setText(t(`control.ready.${id}`))}
            testId={`ready-${id}`}
          >
            {t(`control.ready.${id}`)}
          </Button>
        ))}
      </fieldset>
      <div className={styles.duration}>
        <span>{t('control.dialog.duration')}</span>
        <Segmented
          label={t('control.dialog.duration')}
          value={duration}
          onChange={setDuration}
          options={durations.map((id) => ({
            id,
            label:
              id === 'none'
                ? t('control.dialog.untilReleased')
                : t('control.dialog.minutes', { count: Number(id) }),
          }))}
        />
        <p className={styles.intro}>{t('control.dialog.ends')}</p>
      </div>
    </Dialog>
  );
};

export const LockDialog = () => {
  const dialog = useControl((state) => state.dialog);
  if (dialog.state === 'closed') return null;
  return <LockForm targets={dialog.targets} isEverybody={dialog.isEverybody} />;
};
