// Devices that want in by hand: the teacher compares pictures with the device's screen and says what they saw.
import { CircleCheck, CircleX, ImageUp } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PairingRequest } from '../../../shared/domain/joining.ts';
import { errorText } from '../../lib/error-text.ts';
import { formatCountdown } from '../../lib/formatters.ts';
import { useNow } from '../../lib/use-now.ts';
import { Button } from '../../ui/button.tsx';
import { PairingPictures } from '../../ui/pairing-pictures.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import styles from './pairing-panel.module.css';
import { decidePairing, openRoom, usePairing } from './pairing-store.ts';
import { useRoom } from './room-store.ts';

const StateWords = ({ request }: { readonly request: PairingRequest }) => {
  const { t } = useTranslation();
  const { state, problem } = request;
  if (state === 'comparing') return <p>{t('pairing.question')}</p>;
  return (
    <p className={styles.state} data-state={state}>
      {state === 'done' ? <CircleCheck aria-hidden /> : null}
      {state === 'refused' || state === 'aborted' ? <CircleX aria-hidden /> : null}
      {state === 'exchanging' || state === 'confirmed' ? <Spinner /> : null}
      <span>
        {t(`pairing.states.${state}`)}
        {problem === null || problem === 'pairing-refused' ? null : ` ${errorText(problem)}`}
      </span>
    </p>
  );
};

const Decision = ({ id }: { readonly id: string }) => {
  const { t } = useTranslation();
  const [isBusy, setIsBusy] = useState(false);
  const decide = async (isSame: boolean): Promise<void> => {
    setIsBusy(true);
    await decidePairing(id, isSame);
    setIsBusy(false);
  };
  return (
    <div className={styles.decision}>
      <Button
        look="primary"
        size="large"
        isPending={isBusy}
        onPress={() => void decide(true)}
        testId="pairing-same"
      >
        {t('pairing.same')}
      </Button>
      <Button size="large" isDisabled={isBusy} onPress={() => void decide(false)} testId="pairing-different">
        {t('pairing.different')}
      </Button>
    </div>
  );
};

const Request = ({ request }: { readonly request: PairingRequest }) => {
  const { id, deviceName, address, code, state } = request;
  const isOpen = state === 'comparing' || state === 'confirmed';
  return (
    <li className={styles.request} data-testid="pairing-request" data-state={state}>
      <header>
        <h3>{deviceName}</h3>
        <span className={styles.address}>{address}</span>
      </header>
      <StateWords request={request} />
      {isOpen && code !== null ? <PairingPictures code={code} /> : null}
      {state === 'comparing' && code !== null ? <Decision id={id} /> : null}
    </li>
  );
};

const Opening = () => {
  const { t } = useTranslation();
  const { openUntil } = usePairing(({ view }) => view);
  const isOpening = usePairing((pairing) => pairing.isOpening);
  const problem = usePairing((pairing) => pairing.problem);
  const now = useNow(1_000);
  if (isOpening) {
    return (
      <p className={styles.time}>
        <Spinner /> {t('pairing.opening')}
      </p>
    );
  }
  if (openUntil === null || openUntil <= now) {
    return (
      <div className={styles.closed} role="alert">
        <p>{problem === null ? t('pairing.closed') : errorText(problem)}</p>
        <Button onPress={() => void openRoom()} testId="pairing-reopen">
          {t('pairing.reopen')}
        </Button>
      </div>
    );
  }
  return (
    <p className={styles.time} data-testid="pairing-time" role="timer" aria-live="off">
      <span className={styles.dot} aria-hidden />
      {t('pairing.open', { time: formatCountdown(openUntil - now) })}
    </p>
  );
};

const isOver = ({ state }: PairingRequest): boolean =>
  state === 'done' || state === 'refused' || state === 'aborted';

/** What still needs somebody stands above what is over. */
const openFirst = (requests: readonly PairingRequest[]): readonly PairingRequest[] =>
  [...requests].sort((a, b) => Number(isOver(a)) - Number(isOver(b)));

export const PairingPanel = () => {
  const { t } = useTranslation();
  const view = usePairing((pairing) => pairing.view);
  const problem = usePairing((pairing) => pairing.problem);
  const room = useRoom((state) => state.current?.room.name ?? '');
  return (
    <>
      <p className={styles.intro}>{t('pairing.intro', { room })}</p>
      <Opening />
      {problem === null || view.openUntil === null ? null : (
        <p className={styles.problem} role="alert">
          {errorText(problem)}
        </p>
      )}
      {/* There from the start, so that a new device is read out. */}
      <div aria-live="polite">
        {view.requests.length === 0 && view.openUntil !== null ? (
          <p className={styles.waiting}>
            <ImageUp size={40} strokeWidth={1.4} aria-hidden />
            {t('pairing.waiting')}
          </p>
        ) : (
          <ul className={styles.requests} aria-label={t('pairing.requests')}>
            {openFirst(view.requests).map((request) => (
              <Request key={request.id} request={request} />
            ))}
          </ul>
        )}
      </div>
    </>
  );
};
