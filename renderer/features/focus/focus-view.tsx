// One device's screen at full quality, with what can be done to this one device.
import { ArrowLeft, ChevronLeft, ChevronRight, Lock, LockOpen } from 'lucide-react';
import { type KeyboardEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceView } from '../../../shared/domain/device.ts';
import { deviceStatus, isLocked, type PictureState } from '../../lib/device-status.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { DeviceScreen } from '../../ui/device-screen.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import styles from './focus-view.module.css';

/** A picture that wide is no tile any more. */
const sharpFromWidth = 640;

type Props = {
  readonly device: DeviceView;
  readonly hasLesson: boolean;
  readonly picture: { readonly state: PictureState; readonly stream: MediaStream | null };
  /** 1-based place of the device on the wall. */
  readonly position: number;
  readonly total: number;
  readonly onMove: (step: -1 | 1) => void;
  readonly onClose: () => void;
  readonly onLock: () => void;
  readonly onUnlock: () => void;
  /** Further things to do to the device. */
  readonly extras: ReactNode;
  /** What can be done about what stands instead of the picture, null when nothing. */
  readonly remedy: ReactNode;
};

const Sharpness = ({ width }: { readonly width: number }) => {
  const { t } = useTranslation();
  const isSharp = width >= sharpFromWidth;
  return (
    <span className={styles.chip} data-testid="sharpness" data-sharp={isSharp}>
      {isSharp ? null : <Spinner />}
      {isSharp ? t('focus.sharp') : t('focus.sharpening')}
    </span>
  );
};

export const FocusView = ({
  device,
  hasLesson,
  picture,
  position,
  total,
  onMove,
  onClose,
  onLock,
  onUnlock,
  extras,
  remedy,
}: Props) => {
  const { t } = useTranslation();
  const view = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(0);
  const [shown, setShown] = useState<string | null>(null);
  // Connected is not yet seen: the words stay until the first frame of this device.
  const isKnown = shown === device.id || picture.state === 'insecure';
  const status = deviceStatus(device, hasLesson, isKnown ? picture.state : 'connecting');
  useEffect(() => view.current?.focus(), []);

  const onKeyDown = (event: KeyboardEvent): void => {
    // Keys of a dialog above this view are its own.
    if (!event.currentTarget.contains(event.target as Node)) return;
    if (event.key === 'Escape') onClose();
    else if (event.key === 'ArrowLeft') onMove(-1);
    else if (event.key === 'ArrowRight') onMove(1);
    else return;
    event.preventDefault();
  };
  return (
    <section
      ref={view}
      className={styles.view}
      aria-label={t('focus.label', { name: device.name })}
      tabIndex={-1}
      onKeyDown={onKeyDown}
      data-testid="focus-view"
      data-device={device.id}
      data-state={status.kind}
    >
      <header className={styles.head}>
        <Button
          look="quiet"
          icon={<ArrowLeft size={18} aria-hidden />}
          onPress={onClose}
          testId="focus-close"
        >
          {t('focus.back')}
        </Button>
        <h2 className={styles.name}>{device.name}</h2>
        {status.kind === 'live' ? <Sharpness width={width} /> : null}
        {isLocked(device) ? (
          <span className={styles.chip} data-tone="lock">
            <Lock aria-hidden />
            {t('device.locked')}
          </span>
        ) : null}
        <span className={styles.gap} />
        {extras}
        {isLocked(device) ? (
          <Button
            look="lock"
            icon={<LockOpen size={18} aria-hidden />}
            isDisabled={!hasLesson}
            onPress={onUnlock}
            testId="focus-unlock"
          >
            {t('focus.unlock')}
          </Button>
        ) : (
          <Button
            icon={<Lock size={18} aria-hidden />}
            isDisabled={!hasLesson || device.connection.state !== 'online'}
            onPress={onLock}
            testId="focus-lock"
          >
            {t('focus.lock')}
          </Button>
        )}
      </header>
      <div className={styles.stage}>
        <IconButton
          look="plain"
          label={t('focus.previous')}
          icon={<ChevronLeft size={26} aria-hidden />}
          onPress={() => onMove(-1)}
          isDisabled={total < 2}
          testId="focus-previous"
        />
        <div className={styles.frame}>
          <div className={styles.fit}>
            <DeviceScreen
              key={device.id}
              device={device}
              status={status}
              stream={picture.stream}
              testId="focus-video"
              onFrame={() => setShown(device.id)}
              onSize={setWidth}
              actions={remedy}
            />
          </div>
        </div>
        <IconButton
          look="plain"
          label={t('focus.next')}
          icon={<ChevronRight size={26} aria-hidden />}
          onPress={() => onMove(1)}
          isDisabled={total < 2}
          testId="focus-next"
        />
      </div>
      <p className={styles.position}>{t('focus.position', { position, total })}</p>
    </section>
  );
};
