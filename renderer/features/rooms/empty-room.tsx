// What a teacher sees before the first device is in the room: how to get one in.
import { MonitorSmartphone } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { AddDevicesButton } from './add-devices.tsx';
import styles from './empty-room.module.css';

export const EmptyRoom = () => {
  const { t } = useTranslation();
  return (
    <div className={styles.empty} data-testid="empty-room">
      <MonitorSmartphone size={56} strokeWidth={1.4} aria-hidden />
      <h2>{t('room.empty.title')}</h2>
      <p>{t('room.empty.text')}</p>
      <AddDevicesButton look="primary" size="large" testId="add-devices-first" />
      <p className={styles.it}>{t('room.empty.it')}</p>
    </div>
  );
};
