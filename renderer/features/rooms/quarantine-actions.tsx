// What a teacher can do about a device whose identity two computers use: both join anew, or the right one comes back.
import { ShieldCheck, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceId } from '../../../shared/domain/ids.ts';
import { errorText } from '../../lib/error-text.ts';
import { call } from '../../lib/ipc-client.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import styles from './quarantine-actions.module.css';

type Way = 'forget' | 'admit';
type Props = { readonly id: DeviceId; readonly name: string; readonly onForgotten: () => void };

const Confirm = ({ way, id, name, onForgotten, onClose }: Props & { way: Way; onClose: () => void }) => {
  const { t } = useTranslation();
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const confirm = async (): Promise<void> => {
    setIsBusy(true);
    const result = await (way === 'forget'
      ? call('room:forget-device', { id })
      : call('room:admit-device', { id }));
    setIsBusy(false);
    if (!result.ok) return setError(errorText(result.error.code));
    onClose();
    if (way === 'forget') onForgotten();
  };
  return (
    <Dialog
      isOpen
      isAlert
      width="narrow"
      title={t(`room.quarantine.${way}Title`, { name })}
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose} autoFocus>
            {t('common.cancel')}
          </Button>
          <Button
            look={way === 'forget' ? 'danger' : 'primary'}
            isPending={isBusy}
            onPress={() => void confirm()}
            testId={`quarantine-${way}-confirm`}
          >
            {t(`room.quarantine.${way}Confirm`)}
          </Button>
        </>
      }
    >
      <p>{t(`room.quarantine.${way}Text`)}</p>
      {error === null ? null : (
        <p className={styles.error} role="alert">
          {error}
        </p>
      )}
    </Dialog>
  );
};

export const QuarantineActions = ({ id, name, onForgotten }: Props) => {
  const { t } = useTranslation();
  const [way, setWay] = useState<Way | null>(null);
  return (
    <div className={styles.actions}>
      <Button
        look="primary"
        icon={<Trash2 size={18} aria-hidden />}
        onPress={() => setWay('forget')}
        testId="quarantine-forget"
      >
        {t('room.quarantine.forget')}
      </Button>
      <Button
        icon={<ShieldCheck size={18} aria-hidden />}
        onPress={() => setWay('admit')}
        testId="quarantine-admit"
      >
        {t('room.quarantine.admit')}
      </Button>
      {way === null ? null : (
        <Confirm way={way} id={id} name={name} onForgotten={onForgotten} onClose={() => setWay(null)} />
      )}
    </div>
  );
};
