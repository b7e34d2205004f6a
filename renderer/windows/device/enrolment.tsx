// The second way into a room: a joining code, pasted or read by the camera, and what was wrong with it.
import { Camera, LogIn } from 'lucide-react';
import { type FormEvent, lazy, Suspense, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../lib/error-text.ts';
import { call } from '../../lib/ipc-client.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import styles from './join.module.css';

// Few devices join this way: the reader is loaded only where somebody asks for it.
const CodeCamera = lazy(async () => ({ default: (await import('./code-camera.tsx')).CodeCamera }));

type Props = { readonly onJoined: (room: string) => void };

export const Enrolment = ({ onJoined }: Props) => {
  const { t } = useTranslation();
  const [token, setToken] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const [isReading, setIsReading] = useState(false);
  const wasReading = useRef(false);

  const join = async (text: string): Promise<void> => {
    setIsBusy(true);
    setError(null);
    // Mail programs and chats break long codes into lines.
    const result = await call('device:enrol', { token: text.replace(/\s+/g, '') });
    setIsBusy(false);
    if (result.ok) onJoined(result.value.room);
    else setError(errorText(result.error.code));
  };
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void join(token);
  };
  const startReading = (): void => {
    wasReading.current = true;
    setIsReading(true);
  };
  const takeRead = (text: string): void => {
    setIsReading(false);
    setToken(text);
    void join(text);
  };
  return (
    <form className={styles.join} onSubmit={submit} aria-label={t('agent.join.other')}>
      <h2 className={styles.other}>{t('agent.join.other')}</h2>
      {isReading ? (
        <Suspense fallback={<Spinner />}>
          <CodeCamera onRead={takeRead} onStop={() => setIsReading(false)} />
        </Suspense>
      ) : (
        <>
          <Field
            label={t('agent.enrol.label')}
            hint={t('agent.enrol.hint')}
            value={token}
            onChange={setToken}
            rows={2}
            isCode
            maxLength={1024}
            error={error}
            spellCheck="false"
            testId="enrol-input"
          />
          <div className={styles.choices}>
            <Button
              type="submit"
              icon={<LogIn size={18} aria-hidden />}
              isDisabled={token.trim() === ''}
              isPending={isBusy}
              testId="enrol-submit"
            >
              {isBusy ? t('agent.enrol.working') : t('agent.enrol.submit')}
            </Button>
            <Button
              look="quiet"
              icon={<Camera size={18} aria-hidden />}
              // Back from the camera, the keyboard is where it was.
              autoFocus={wasReading.current}
              onPress={startReading}
              testId="enrol-camera"
            >
              {t('agent.join.camera')}
            </Button>
          </div>
        </>
      )}
    </form>
  );
};
