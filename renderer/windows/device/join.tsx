// The ways of a device into a room: by comparing pictures with the teacher's screen, or with a code.
import { CircleCheck, CircleX } from 'lucide-react';
import { type ReactNode, useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { DevicePairing } from '../../../shared/domain/joining.ts';
import { errorText } from '../../lib/error-text.ts';
import { Button } from '../../ui/button.tsx';
import { PairingPictures } from '../../ui/pairing-pictures.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { Enrolment } from './enrolment.tsx';
import { FindRooms } from './find-rooms.tsx';
import styles from './join.module.css';
import { type DevicePairingControl, useDevicePairing } from './use-pairing.ts';

type Compared = Extract<DevicePairing, { state: 'comparing' | 'waiting-for-teacher' }>;

const Compare = ({ pairing, control }: { pairing: Compared; control: DevicePairingControl }) => {
  const { t } = useTranslation();
  const isWaiting = pairing.state === 'waiting-for-teacher';
  return (
    <>
      <p className={styles.question} aria-live="polite">
        {isWaiting ? <Spinner /> : null}
        {isWaiting ? t('agent.join.waiting') : t('agent.join.compare')}
      </p>
      <PairingPictures code={pairing.code} />
      {isWaiting ? (
        <Button onPress={control.cancel} testId="pairing-cancel">
          {t('common.cancel')}
        </Button>
      ) : (
        <div className={styles.decision}>
          <Button
            look="primary"
            size="large"
            onPress={() => control.decide(true)}
            testId="device-pairing-same"
          >
            {t('agent.join.same')}
          </Button>
          <Button size="large" onPress={() => control.decide(false)} testId="device-pairing-different">
            {t('agent.join.different')}
          </Button>
        </div>
      )}
    </>
  );
};

const Step = ({ control }: { readonly control: DevicePairingControl }): ReactNode => {
  const { t } = useTranslation();
  const { pairing } = control;
  switch (pairing.state) {
    case 'done':
      return (
        <p className={styles.question} role="status">
          <CircleCheck aria-hidden /> {t('agent.enrol.done', { room: pairing.room })}
        </p>
      );
    case 'idle':
      return <FindRooms onChoose={control.start} />;
    case 'connecting':
      return (
        <>
          <p className={styles.question} role="status">
            <Spinner /> {t('agent.join.connecting')}
          </p>
          <Button onPress={control.cancel} testId="pairing-cancel">
            {t('common.cancel')}
          </Button>
        </>
      );
    case 'comparing':
    case 'waiting-for-teacher':
      return <Compare pairing={pairing} control={control} />;
    case 'failed':
      return (
        <>
          <div className={styles.failed} role="alert" data-testid="pairing-failed" data-code={pairing.code}>
            <CircleX aria-hidden />
            <div>
              <h3>{t('agent.join.failedTitle')}</h3>
              <p>{errorText(pairing.code)}</p>
            </div>
          </div>
          <Button look="primary" size="large" onPress={control.cancel} testId="pairing-again">
            {t('common.retry')}
          </Button>
        </>
      );
  }
};

type Props = {
  readonly onJoined: (room: string) => void;
  /** Stands above while nothing is under way; the pictures need the place. */
  readonly head: ReactNode;
};

export const Join = ({ onJoined, head }: Props) => {
  const { t } = useTranslation();
  const control = useDevicePairing();
  const { pairing } = control;
  const step = useRef<HTMLElement>(null);
  const doneRoom = pairing.state === 'done' ? pairing.room : null;
  useEffect(() => {
    if (doneRoom !== null) onJoined(doneRoom);
  }, [doneRoom, onJoined]);
  const shownState = useRef(pairing.state);
  useEffect(() => {
    // The button that was pressed is gone: the keyboard stays where the next question is.
    if (pairing.state !== shownState.current) step.current?.focus();
    shownState.current = pairing.state;
  }, [pairing.state]);
  const isUnderWay = pairing.state !== 'idle' && pairing.state !== 'failed';
  return (
    <>
      {isUnderWay ? null : head}
      <section
        ref={step}
        className={styles.join}
        aria-label={t('agent.join.title')}
        tabIndex={-1}
        data-testid="join"
        data-state={pairing.state}
        onKeyDown={(event) => {
          if (event.key === 'Escape' && isUnderWay) control.cancel();
        }}
      >
        <h2>{'code' in pairing && pairing.state !== 'failed' ? pairing.room : t('agent.join.title')}</h2>
        <Step control={control} />
      </section>
      {pairing.state === 'idle' ? <Enrolment onJoined={onJoined} /> : null}
    </>
  );
};
