// One device on the wall: its screen or what there is instead, its name, its state.
import { Lock, Maximize2, Presentation } from 'lucide-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceView } from '../../../shared/domain/device.ts';
import type { DeviceId } from '../../../shared/domain/ids.ts';
import { type DeviceStatus, deviceStatus, isLocked } from '../../lib/device-status.ts';
import { DeviceScreen } from '../../ui/device-screen.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import styles from './device-tile.module.css';
import { usePicture } from './use-picture.ts';
import { useWall } from './wall-store.ts';

const LockBadge = ({ device }: { readonly device: DeviceView }) => {
  const { t } = useTranslation();
  if (device.pending !== null) {
    return (
      <span className={styles.badge} data-tone="lock">
        <Spinner />
        {t(`device.${device.pending}`)}
      </span>
    );
  }
  if (!isLocked(device)) return null;
  return (
    <span className={styles.badge} data-tone="lock">
      <Lock aria-hidden />
      {t('device.locked')}
    </span>
  );
};

const PresentationBadge = ({ device }: { readonly device: DeviceView }) => {
  const { t } = useTranslation();
  const { state } = device.report.presentation;
  if (state === 'none' || device.connection.state !== 'online') return null;
  return (
    <span className={styles.badge} data-tone={state === 'failed' ? 'danger' : 'present'}>
      <Presentation aria-hidden />
      {t(`device.presentation.${state}`)}
    </span>
  );
};

type Props = { readonly id: DeviceId; readonly hasLesson: boolean };

export const DeviceTile = memo(({ id, hasLesson }: Props) => {
  const { t } = useTranslation();
  const device = useWall((wall) => wall.devices.get(id));
  const picture = usePicture(id);
  const status: DeviceStatus =
    device === undefined ? { kind: 'never-seen' } : deviceStatus(device, hasLesson, picture.state);
  if (device === undefined) return null;
  return (
    <div
      className={styles.tile}
      data-testid={`tile-${id}`}
      data-state={status.kind}
      data-seat={device.seat}
      data-name={device.name}
      data-locked={isLocked(device)}
      data-presentation={device.report.presentation.state}
    >
      <div className={styles.screen}>
        <DeviceScreen device={device} status={status} stream={picture.stream} testId={`video-${id}`} />
        <span className={styles.open} aria-hidden>
          <Maximize2 />
        </span>
      </div>
      <div className={styles.foot}>
        <span className={styles.dot} aria-hidden />
        <span className={styles.name}>{device.name}</span>
        <PresentationBadge device={device} />
        <LockBadge device={device} />
        <span className={styles.state} data-long={status.kind === 'reconnecting' || undefined}>
          {t(`device.states.${status.kind}`)}
        </span>
      </div>
    </div>
  );
});
