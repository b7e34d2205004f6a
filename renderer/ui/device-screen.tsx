// What a device's screen looks like here: its live picture, or plain words why there is none, and its lock.
import {
  CircleDashed,
  Copy,
  EyeOff,
  Lock,
  MonitorOff,
  Presentation,
  ShieldAlert,
  WifiOff,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceView } from '../../shared/domain/device.ts';
import { type DeviceStatus, isLocked } from '../lib/device-status.ts';
import { formatClock } from '../lib/formatters.ts';
import { DevicePicture } from './device-picture.tsx';
import styles from './device-screen.module.css';
import { Spinner } from './spinner.tsx';

type Instead = { readonly icon: ReactNode; readonly text: string; readonly hint?: string };

/** What stands where the screen would be, null when the picture speaks for itself. */
const useInstead = (status: DeviceStatus): Instead | null => {
  const { t, i18n } = useTranslation();
  switch (status.kind) {
    case 'live':
      return null;
    case 'never-seen':
      return { icon: <CircleDashed aria-hidden />, text: t('device.states.never-seen') };
    case 'idle':
      return { icon: <EyeOff aria-hidden />, text: t('device.idleHint') };
    case 'connecting':
      return { icon: <Spinner />, text: t('device.states.connecting') };
    case 'reconnecting':
      return { icon: <Spinner />, text: t('device.states.reconnecting') };
    case 'offline':
      return {
        icon: <WifiOff aria-hidden />,
        text: t('device.offlineSince', { time: formatClock(status.since, i18n.language, Date.now()) }),
      };
    case 'quarantined':
      return {
        icon: <Copy aria-hidden />,
        text: t('device.quarantined'),
        hint: t('device.quarantinedHint', {
          addresses: new Intl.ListFormat(i18n.language).format(status.addresses),
        }),
      };
    case 'screen-problem':
      return { icon: <MonitorOff aria-hidden />, text: t(`device.problems.${status.problem}`) };
    case 'insecure':
      return {
        icon: <ShieldAlert aria-hidden />,
        text: t('device.states.insecure'),
        hint: t('device.insecureHint'),
      };
  }
};

const hasPicture = (kind: DeviceStatus['kind']): boolean =>
  kind === 'live' || kind === 'connecting' || kind === 'reconnecting';

const Badges = ({ device }: { readonly device: DeviceView }) => {
  const { t } = useTranslation();
  const { state } = device.report.presentation;
  const isOnline = device.connection.state === 'online';
  return (
    <div className={styles.badges}>
      {device.pending === null ? null : (
        <span data-tone="lock">
          <Spinner />
          {t(`device.${device.pending}`)}
        </span>
      )}
      {state === 'none' || !isOnline ? null : (
        <span
          data-tone={state === 'failed' || state === 'insecure' ? 'danger' : 'present'}
          data-usual={state === 'showing' || undefined}
          title={t(`device.presentation.${state}`)}
        >
          <Presentation aria-hidden />
          <b>{t(`device.presentation.${state}`)}</b>
        </span>
      )}
    </div>
  );
};

type Props = {
  readonly device: DeviceView;
  readonly status: DeviceStatus;
  readonly stream: MediaStream | null;
  readonly testId: string;
  readonly onFrame: () => void;
  readonly onSize?: (width: number, height: number) => void;
  /** What can be done about it, where there is room for it. */
  readonly actions?: ReactNode;
};

export const DeviceScreen = ({ device, status, stream, testId, onFrame, onSize, actions }: Props) => {
  const { t } = useTranslation();
  const instead = useInstead(status);
  const isOnline = device.connection.state === 'online';
  return (
    <div className={styles.screen} data-state={status.kind}>
      {hasPicture(status.kind) ? (
        <DevicePicture
          stream={stream}
          isStale={status.kind === 'reconnecting'}
          label={device.name}
          testId={testId}
          onFrame={onFrame}
          {...(onSize === undefined ? {} : { onSize })}
        />
      ) : null}
      {instead === null ? null : (
        <div className={styles.instead}>
          {instead.icon}
          <span className={styles.words}>{instead.text}</span>
          {instead.hint === undefined ? null : <span className={styles.hint}>{instead.hint}</span>}
          {actions}
        </div>
      )}
      {isLocked(device) && (isOnline || device.connection.state === 'reconnecting') ? (
        <div className={styles.cover}>
          <Lock aria-hidden />
          {t('device.locked')}
        </div>
      ) : null}
      <Badges device={device} />
    </div>
  );
};
