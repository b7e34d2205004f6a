// Which web page to open on the devices, and what each device answered where not all of them did.
import { CircleCheck, CircleX, Globe } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PerDevice } from '../../../shared/ipc/contract.ts';
import { errorText } from '../../lib/error-text.ts';
import { call } from '../../lib/ipc-client.ts';
import { notify } from '../../lib/notices.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field } from '../../ui/field.tsx';
import { closeUrlDialog, useControl } from './control-store.ts';
import type { Target } from './device-orders.ts';
import styles from './url-dialog.module.css';
import { toWebAddress } from './web-address.ts';

const maxUrlLength = 2_000;

type Props = { readonly targets: readonly Target[]; readonly isEverybody: boolean };

const Results = ({
  answers,
  targets,
}: {
  readonly answers: PerDevice;
  readonly targets: readonly Target[];
}) => {
  const { t } = useTranslation();
  const names = new Map(targets.map(({ id, name }) => [id, name]));
  const failedFirst = [...answers].sort((a, b) => Number(a.error === null) - Number(b.error === null));
  const failedCount = answers.filter(({ error }) => error !== null).length;
  return (
    <section className={styles.results} aria-label={t('control.url.results')}>
      <p role="alert">{t('control.openFailed', { count: failedCount })}</p>
      <ul>
        {failedFirst.map(({ id, error }) => (
          <li key={id} data-failed={error !== null || undefined} data-testid="open-url-result">
            {error === null ? <CircleCheck aria-hidden /> : <CircleX aria-hidden />}
            <strong>{names.get(id) ?? id.slice(0, 8)}</strong>
            <span>{error === null ? t('control.url.done') : errorText(error)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
};

const UrlForm = ({ targets, isEverybody }: Props) => {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<string | null>(null);
  const [answers, setAnswers] = useState<PerDevice>([]);
  const [isBusy, setIsBusy] = useState(false);
  const url = toWebAddress(typed);
  const failed = answers.filter((answer) => answer.error !== null);

  const open = async (): Promise<void> => {
    if (isBusy || typed.trim() === '') return;
    if (url === null) return setError(errorText('bad-url'));
    setIsBusy(true);
    setError(null);
    // A second try goes to those that did not open it.
    const ids = failed.length > 0 ? failed.map(({ id }) => id) : targets.map(({ id }) => id);
    const result = await call('devices:open-url', { ids, url });
    setIsBusy(false);
    if (!result.ok) return setError(errorText(result.error.code));
    const done = answers.filter((answer) => answer.error === null);
    const all = [...done, ...result.value];
    if (all.some((answer) => answer.error !== null)) return setAnswers(all);
    closeUrlDialog();
    notify('good', t('control.opened', { count: all.length }));
  };
  return (
    <Dialog
      isOpen
      onClose={closeUrlDialog}
      testId="open-url-dialog"
      title={isEverybody ? t('control.url.titleAll') : t('control.url.titleSome', { count: targets.length })}
      footer={
        <>
          <Button onPress={closeUrlDialog}>
            {answers.length > 0 ? t('common.close') : t('common.cancel')}
          </Button>
          <Button
            look="primary"
            icon={<Globe size={18} aria-hidden />}
            isDisabled={typed.trim() === ''}
            isPending={isBusy}
            onPress={() => void open()}
            testId="open-url-send"
          >
            {failed.length > 0 ? t('control.url.again') : t('control.url.submit')}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void open();
        }}
      >
        <Field
          label={t('control.url.address')}
          hint={url === null ? t('control.url.hint') : t('control.url.opens', { url })}
          value={typed}
          onChange={(text) => {
            setTyped(text);
            setError(null);
            setAnswers([]);
          }}
          inputMode="url"
          spellCheck="false"
          autoFocus
          maxLength={maxUrlLength}
          error={error}
          testId="open-url-input"
        />
      </form>
      {failed.length > 0 ? <Results answers={answers} targets={targets} /> : null}
    </Dialog>
  );
};

export const UrlDialog = () => {
  const dialog = useControl((state) => state.urlDialog);
  if (dialog.state === 'closed') return null;
  return <UrlForm targets={dialog.targets} isEverybody={dialog.isEverybody} />;
};
