// The way into a room: the pupil pastes the joining code, and reads what was wrong with it.
import { LogIn } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../lib/error-text.ts';
import { call } from '../../lib/ipc-client.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import styles from './app.module.css';

type Props = { readonly onJoined: (room: string) => void };

export const Enrolment = ({ onJoined }: Props) => {
  const { t } = useTranslation();
  const [token, setToken] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);

  const join = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setIsBusy(true);
    setError(null);
    // Mail programs and chats break long codes into lines.
    const result = await call('device:enrol', { token: token.replace(/\s+/g, '') });
    setIsBusy(false);
    if (result.ok) onJoined(result.value.room);
    else setError(errorText(result.error.code));
  };
  return (
    <form className={styles.enrolment} onSubmit={(event) => void join(event)}>
      <Field
        label={t('agent.enrol.label')}
        hint={t('agent.enrol.hint')}
        value={token}
        onChange={setToken}
        rows={3}
        isCode
        maxLength={1024}
        error={error}
        autoFocus
        spellCheck="false"
        testId="enrol-input"
      />
      <Button
        type="submit"
        look="primary"
        size="large"
        icon={<LogIn size={20} aria-hidden />}
        isDisabled={token.trim() === ''}
        isPending={isBusy}
        testId="enrol-submit"
      >
        {isBusy ? t('agent.enrol.working') : t('agent.enrol.submit')}
      </Button>
    </form>
  );
};
