// Looks for rooms that take devices by hand now; where none answers, an address can be typed.
import { Search } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { FoundRoom } from '../../../shared/domain/joining.ts';
import { NetworkAddress } from '../../../shared/settings/policy.ts';
import { errorText } from '../../lib/error-text.ts';
import { call } from '../../lib/ipc-client.ts';
import { Button } from '../../ui/button.tsx';
import { Field } from '../../ui/field.tsx';
import styles from './join.module.css';

type Props = { readonly onChoose: (address: string) => void };

const AddressForm = ({ onChoose }: Props) => {
  const { t } = useTranslation();
  const [address, setAddress] = useState('');
  const [error, setError] = useState<string | null>(null);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const parsed = NetworkAddress.safeParse(address.trim());
    if (parsed.success) onChoose(parsed.data);
    else setError(t('agent.join.addressBad'));
  };
  return (
    <form className={styles.address} onSubmit={submit}>
      <Field
        label={t('agent.join.address')}
        hint={t('agent.join.addressHint')}
        value={address}
        onChange={(value) => {
          setAddress(value);
          setError(null);
        }}
        maxLength={128}
        error={error}
        spellCheck="false"
        testId="pairing-address"
      />
      <Button type="submit" isDisabled={address.trim() === ''} testId="pairing-address-submit">
        {t('agent.join.addressSubmit')}
      </Button>
    </form>
  );
};

const RoomList = ({ rooms, onChoose }: Props & { readonly rooms: readonly FoundRoom[] }) => {
  const { t } = useTranslation();
  return (
    <section className={styles.found} aria-label={t('agent.join.found')}>
      <h3>{t('agent.join.found')}</h3>
      <ul>
        {rooms.map(({ address, room, teacher }) => (
          <li key={address}>
            <AriaButton
              className={styles.room ?? ''}
              onPress={() => onChoose(address)}
              data-testid="found-room"
            >
              <strong>{room}</strong>
              <span>{t('agent.join.teacher', { teacher })}</span>
            </AriaButton>
          </li>
        ))}
      </ul>
    </section>
  );
};

type Finding =
  | { readonly state: 'idle' | 'searching' }
  | { readonly state: 'found'; readonly rooms: readonly FoundRoom[] }
  | { readonly state: 'failed'; readonly code: string };

export const FindRooms = ({ onChoose }: Props) => {
  const { t } = useTranslation();
  const [search, setSearch] = useState<Finding>({ state: 'idle' });
  const find = async (): Promise<void> => {
    setSearch({ state: 'searching' });
    const result = await call('device:find-rooms', {});
    setSearch(
      result.ok ? { state: 'found', rooms: result.value } : { state: 'failed', code: result.error.code },
    );
  };
  const hasNone = search.state === 'found' && search.rooms.length === 0;
  const hasSearched = search.state === 'found' || search.state === 'failed';
  return (
    <>
      <p className={styles.text}>{t('agent.join.text')}</p>
      <div className={styles.result} aria-live="polite">
        {search.state === 'found' && !hasNone ? <RoomList rooms={search.rooms} onChoose={onChoose} /> : null}
        {search.state === 'failed' ? <p className={styles.error}>{errorText(search.code)}</p> : null}
        {hasNone ? (
          <div data-testid="no-room">
            <h3>{t('agent.join.noneTitle')}</h3>
            <p className={styles.text}>{t('agent.join.noneText')}</p>
          </div>
        ) : null}
      </div>
      <Button
        look={search.state === 'found' && !hasNone ? 'plain' : 'primary'}
        size="large"
        icon={<Search size={20} aria-hidden />}
        isPending={search.state === 'searching'}
        onPress={() => void find()}
        testId="find-rooms"
      >
        {search.state === 'searching'
          ? t('agent.join.finding')
          : hasSearched
            ? t('agent.join.findAgain')
            : t('agent.join.find')}
      </Button>
      {hasNone || search.state === 'failed' ? <AddressForm onChoose={onChoose} /> : null}
    </>
  );
};
