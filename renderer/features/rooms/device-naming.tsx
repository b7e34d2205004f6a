// Gives a device another name in the room, or takes it out of the room.
import { Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceId } from '../../../shared/domain/ids.ts';
import { errorText } from '../../lib/error-text.ts';
import { call } from '../../lib/ipc-client.ts';
import { Button, IconButton } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Field } from '../../ui/field.tsx';

type Props = { readonly id: DeviceId; readonly name: string; readonly onForgotten: () => void };

const RenameDialog = ({
  id,
  name,
  onClose,
}: {
  readonly id: DeviceId;
  readonly name: string;
  readonly onClose: () => void;
}) => {
  const { t } = useTranslation();
  const [text, setText] = useState(name);
  const [error, setError] = useState<string | null>(null);
  const save = async (): Promise<void> => {
    const result = await call('room:rename-device', { id, name: text.trim() });
    if (result.ok) onClose();
    else setError(errorText(result.error.code));
  };
  return (
    <Dialog
      isOpen
      width="narrow"
      title={t('focus.rename')}
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          <Button
            look="primary"
            isDisabled={text.trim() === ''}
            onPress={() => void save()}
            testId="rename-save"
          >
            {t('common.save')}
          </Button>
        </>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim() !== '') void save();
        }}
      >
        <Field
          label={t('focus.renameTitle')}
          hint={t('focus.renameHint')}
          value={text}
          onChange={setText}
          maxLength={64}
          error={error}
          autoFocus
          testId="rename-input"
        />
      </form>
    </Dialog>
  );
};

const ForgetDialog = ({ id, name, onForgotten, onClose }: Props & { readonly onClose: () => void }) => {
  const { t } = useTranslation();
  const [error, setError] = useState<string | null>(null);
  const forget = async (): Promise<void> => {
    const result = await call('room:forget-device', { id });
    if (!result.ok) return setError(errorText(result.error.code));
    onClose();
    onForgotten();
  };
  return (
    <Dialog
      isOpen
      isAlert
      width="narrow"
      title={t('focus.forgetTitle', { name })}
      onClose={onClose}
      footer={
        <>
          <Button onPress={onClose} autoFocus>
            {t('common.cancel')}
          </Button>
          <Button look="danger" onPress={() => void forget()} testId="forget-confirm">
            {t('focus.forgetConfirm')}
          </Button>
        </>
      }
    >
      <p>{t('focus.forgetText')}</p>
      {error === null ? null : <p role="alert">{error}</p>}
    </Dialog>
  );
};

export const DeviceNaming = ({ id, name, onForgotten }: Props) => {
  const { t } = useTranslation();
  const [dialog, setDialog] = useState<'none' | 'rename' | 'forget'>('none');
  const close = (): void => setDialog('none');
  return (
    <>
      <IconButton
        label={t('focus.rename')}
        icon={<Pencil size={18} aria-hidden />}
        onPress={() => setDialog('rename')}
        testId="rename"
      />
      <IconButton
        label={t('focus.forget')}
        icon={<Trash2 size={18} aria-hidden />}
        onPress={() => setDialog('forget')}
        testId="forget"
      />
      {dialog === 'rename' ? <RenameDialog id={id} name={name} onClose={close} /> : null}
      {dialog === 'forget' ? (
        <ForgetDialog id={id} name={name} onForgotten={onForgotten} onClose={close} />
      ) : null}
    </>
  );
};
