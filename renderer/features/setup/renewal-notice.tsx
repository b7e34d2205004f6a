// Says in good time that school IT has to renew this teacher's certificate, and takes the file it sends.
import { BadgeCheck, CalendarClock } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../lib/error-text.ts';
import { call } from '../../lib/ipc-client.ts';
import { notify } from '../../lib/notices.ts';
import { Button } from '../../ui/button.tsx';
import styles from './recovery-notice.module.css';
import { useSetup } from './setup-store.ts';

export const RenewalNotice = () => {
  const { t } = useTranslation();
  const renewal = useSetup(({ setup }) => (setup?.state === 'ready' ? setup.renewal : 'none'));
  const [isBusy, setIsBusy] = useState(false);
  if (renewal === 'none') return null;

  const load = async (): Promise<void> => {
    setIsBusy(true);
    const result = await call('setup:import-teacher', { password: '' });
    setIsBusy(false);
    if (!result.ok) notify('problem', errorText(result.error.code));
  };
  const isDue = renewal === 'due';
  const words = isDue ? 'due' : 'done';
  return (
    <section className={styles.notice} aria-label={t(`setup.renewal.${words}Title`)} data-testid="renewal">
      {isDue ? <CalendarClock size={22} aria-hidden /> : <BadgeCheck size={22} aria-hidden />}
      <p>
        <strong>{t(`setup.renewal.${words}Title`)}</strong> {t(`setup.renewal.${words}Text`)}
      </p>
      {isDue ? (
        <Button size="small" isPending={isBusy} onPress={() => void load()} testId="renewal-load">
          {t('setup.renewal.load')}
        </Button>
      ) : null}
    </section>
  );
};
