// One device on the wall: its screen or what there is instead, its name, its state.
import { Maximize2 } from 'lucide-react';
import { memo, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceId } from '../../../shared/domain/ids.ts';
import { type DeviceStatus, deviceStatus, isLocked } from '../../lib/device-status.ts';
import { DeviceScreen } from '../../ui/device-screen.tsx';
import styles from './device-tile.module.css';
import { usePicture } from './use-picture.ts';
import { useWall } from './wall-store.ts';

type Props = { readonly id: DeviceId; readonly hasLesson: boolean };

export const DeviceTile = memo(({ id, hasLesson }: Props) => {
  const { t } = useTranslation();
  const device = useWall((wall) => wall.devices.get(id));
  const picture = usePicture(id);
  // Connected is not yet seen: "live" begins with the first frame.
  const [hasFrame, setHasFrame] = useState(false);
  useEffect(() => {
    if (picture.state === 'none' || picture.state === 'insecure') setHasFrame(false);
  }, [picture.state]);
  const status: DeviceStatus =
    device === undefined
      ? { kind: 'never-seen' }
      : deviceStatus(
          device,
          hasLesson,
          hasFrame || picture.state === 'insecure' ? picture.state : 'connecting',
        );
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
        <DeviceScreen
          device={device}
          status={status}
          stream={picture.stream}
          testId={`video-${id}`}
          onFrame={() => setHasFrame(true)}
        />
        <span className={styles.open} aria-hidden>
          <Maximize2 />
        </span>
      </div>
      <div className={styles.foot}>
        <span className={styles.dot} aria-hidden />
        <span className={styles.name}>{device.name}</span>
        <span className={styles.state} data-long={status.kind === 'reconnecting' || undefined}>
          {t(`device.states.${status.kind}`)}
        </span>
      </div>
    </div>
  );
});
