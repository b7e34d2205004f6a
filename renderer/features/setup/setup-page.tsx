// The first start of a desk: a school of its own, or the teacher file of school IT. Nothing else is asked.
import { FileKey2, School } from 'lucide-react';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../lib/error-text.ts';
import { call } from '../../lib/ipc-client.ts';
import { AppearanceMenu } from '../../ui/appearance-menu.tsx';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import { Logo } from '../../ui/logo.tsx';
import styles from './setup-page.module.css';

type Suggested = { readonly roomName: string; readonly teacherName: string };
type CardProps = {
  readonly icon: ReactNode;
  readonly title: string;
  readonly text: string;
  readonly onSubmit: () => void;
  readonly children: ReactNode;
};

const Card = ({ icon, title, text, onSubmit, children }: CardProps) => {
  const id = useId();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form className={styles.card} aria-labelledby={id} onSubmit={submit}>
      <span className={styles.icon}>{icon}</span>
      <h2 id={id}>{title}</h2>
      <p className={styles.text}>{text}</p>
      {children}
    </form>
  );
};

const CreateCard = ({
  suggested,
  onDone,
}: {
  readonly suggested: Suggested;
  readonly onDone: () => void;
}) => {
  const { t } = useTranslation();
  const [roomName, setRoomName] = useState(suggested.roomName);
  const [teacherName, setTeacherName] = useState(suggested.teacherName);
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const isComplete = roomName.trim() !== '' && teacherName.trim() !== '';

  const create = async (): Promise<void> => {
    if (!isComplete || isBusy) return;
    setIsBusy(true);
    setError(null);
    const names = { roomName: roomName.trim(), teacherName: teacherName.trim() };
    const result = await call('setup:create-school', names);
    setIsBusy(false);
    if (result.ok) onDone();
    else setError(errorText(result.error.code));
  };
  return (
    <Card
      icon={<School aria-hidden />}
      title={t('setup.create.title')}
      text={t('setup.create.text')}
      onSubmit={() => void create()}
    >
      <Field
        label={t('setup.create.room')}
        hint={t('setup.create.roomHint')}
        value={roomName}
        onChange={setRoomName}
        maxLength={64}
        autoFocus
        testId="setup-room-name"
      />
      <Field
        label={t('setup.create.teacher')}
        hint={t('setup.create.teacherHint')}
        value={teacherName}
        onChange={setTeacherName}
        maxLength={64}
        testId="setup-teacher-name"
      />
      {error === null ? null : (
        <p className={styles.error} role="alert" data-testid="setup-create-error">
          {error}
        </p>
      )}
      <Button
        type="submit"
        look="primary"
        size="large"
        isDisabled={!isComplete}
        isPending={isBusy}
        testId="setup-create"
      >
        {t('setup.create.submit')}
      </Button>
    </Card>
  );
};

const ImportCard = ({ onDone }: { readonly onDone: () => void }) => {
  const { t } = useTranslation();
  const [password, setPassword] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);

  const open = async (): Promise<void> => {
    if (password === '' || isBusy) return;
    setIsBusy(true);
    setError(null);
    const result = await call('setup:import-teacher', { password });
    setIsBusy(false);
    if (!result.ok) setError(errorText(result.error.code));
    else if (result.value.isImported) onDone();
  };
  return (
    <Card
      icon={<FileKey2 aria-hidden />}
      title={t('setup.import.title')}
      text={t('setup.import.text')}
      onSubmit={() => void open()}
    >
      <Field
        type="password"
        autoComplete="off"
        label={t('setup.import.password')}
        hint={t('setup.import.passwordHint')}
        value={password}
        onChange={setPassword}
        maxLength={256}
        error={error}
        testId="setup-password"
      />
      <Button
        type="submit"
        size="large"
        isDisabled={password === ''}
        isPending={isBusy}
        testId="setup-import"
      >
        {t('setup.import.submit')}
      </Button>
    </Card>
  );
};

type Props = {
  readonly suggested: Suggested;
  /** The desk has a school now and can be opened. */
  readonly onDone: () => void;
};

export const SetupPage = ({ suggested, onDone }: Props) => {
  const { t } = useTranslation();
  return (
    <div className={styles.page} data-testid="setup">
      <header className={styles.top}>
        <Logo size={36} />
        <span className={styles.name}>{t('app.name')}</span>
        <AppearanceMenu />
      </header>
      <main className={styles.main}>
        <h1>{t('setup.title')}</h1>
        <p className={styles.intro}>{t('setup.intro')}</p>
        <div className={styles.cards}>
          <CreateCard suggested={suggested} onDone={onDone} />
          <ImportCard onDone={onDone} />
        </div>
      </main>
    </div>
  );
};
