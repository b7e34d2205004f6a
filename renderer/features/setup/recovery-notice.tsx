// Asks, quietly and until it is done, to save the school's recovery sheet. Nothing waits for it.
import { FileKey2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../lib/error-text.ts';
import { call } from '../../lib/ipc-client.ts';
import { notify } from '../../lib/notices.ts';
import { Button } from '../../ui/button.tsx';
import styles from './recovery-notice.module.css';
import { loadSetup, useSetup } from './setup-store.ts';

export const RecoveryNotice = () => {
  const { t } = useTranslation();
  const isMissing = useSetup(({ setup }) => setup?.state === 'ready' && setup.recovery === 'missing');
  const [isBusy, setIsBusy] = useState(false);
  if (!isMissing) return null;

  const save = async (): Promise<void> => {
    setIsBusy(true);
    const result = await call('setup:save-recovery', {});
    setIsBusy(false);
    if (!result.ok) return notify('problem', errorText(result.error.code));
    if (!result.value.isSaved) return;
    const { setup } = useSetup.getState();
    if (setup?.state === 'ready') loadSetup({ ...setup, recovery: 'saved' });
    notify('good', t('setup.recovery.saved'));
  };
  return (
    <section className={styles.notice} aria-label={t('setup.recovery.title')} data-testid="recovery">
      <FileKey2 size={22} aria-hidden />
      <p>
        <strong>{t('setup.recovery.title')}</strong> {t('setup.recovery.text')}
      </p>
      <Button size="small" isPending={isBusy} onPress={() => void save()} testId="recovery-save">
        {t('setup.recovery.save')}
      </Button>
    </section>
  );
};
