// Brings devices into the room: by comparing pictures, or with a joining code and what to do with it on the device.
import { Check, Copy, Images, KeyRound, MonitorSmartphone } from 'lucide-react';
import { useState } from 'react';
import { Button as AriaButton, Group, Input, Label, NumberField } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../lib/error-text.ts';
import { formatDayAndClock } from '../../lib/formatters.ts';
import { call } from '../../lib/ipc-client.ts';
import { Button, type ButtonLook } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { QrCode } from '../../ui/qr-code.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { Tabs } from '../../ui/tabs.tsx';
import styles from './add-devices.module.css';
import { PairingPanel } from './pairing-panel.tsx';
import { closeAddDevices, openAddDevices, usePairing } from './pairing-store.ts';
import { useRoom } from './room-store.ts';

const maxUses = 200;
const defaultUses = 30;
const hoursChoices = ['1', '8', '24', '72'] as const;
type HoursChoice = (typeof hoursChoices)[number];

type Token = { readonly token: string; readonly expiresAt: number; readonly uses: number };

const TokenForm = ({ onToken }: { readonly onToken: (token: Token) => void }) => {
  const { t } = useTranslation();
  const [uses, setUses] = useState(defaultUses);
  const [hours, setHours] = useState<HoursChoice>('8');
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);

  const create = async (): Promise<void> => {
    setIsBusy(true);
    setError(null);
    const result = await call('room:create-token', { uses, hours: Number(hours) });
    setIsBusy(false);
    if (result.ok) onToken(result.value);
    else setError(errorText(result.error.code));
  };
  return (
    <>
      <div className={styles.choices}>
        <NumberField
          value={uses}
          onChange={(value) => setUses(Number.isNaN(value) ? 1 : value)}
          minValue={1}
          maxValue={maxUses}
          className={styles.number ?? ''}
        >
          <Label className={styles.label ?? ''}>{t('room.add.uses')}</Label>
          <Group className={styles.stepper ?? ''}>
            <AriaButton slot="decrement">−</AriaButton>
            <Input data-testid="token-uses" />
            <AriaButton slot="increment">+</AriaButton>
          </Group>
        </NumberField>
        <div className={styles.number}>
          <span className={styles.label}>{t('room.add.hours')}</span>
          <Segmented
            label={t('room.add.hours')}
            value={hours}
            options={hoursChoices.map((id) => ({
              id,
              label: t('room.add.hoursChoice', { count: Number(id) }),
            }))}
            onChange={setHours}
          />
        </div>
      </div>
      {error === null ? null : (
        <p className={styles.error} role="alert">
          {error}
        </p>
      )}
      <Button
        look="primary"
        size="large"
        isPending={isBusy}
        onPress={() => void create()}
        testId="token-create"
      >
        {t('room.add.create')}
      </Button>
    </>
  );
};

const TokenCard = ({ token }: { readonly token: Token }) => {
  const { t, i18n } = useTranslation();
  const [isCopied, setIsCopied] = useState(false);
  const addresses = useRoom((state) => state.current?.addresses ?? []);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(token.token);
      setIsCopied(true);
    } catch {
      // Without the right to write the clipboard the text is selected instead: Ctrl+C copies it.
      const text = document.querySelector('[data-testid="token-text"]');
      if (text !== null) window.getSelection()?.selectAllChildren(text);
    }
  };
  return (
    <>
      <section className={styles.card} aria-label={t('room.add.token')}>
        <div className={styles.qr}>
          {/* Hyphens are for eyes; without them the squares are larger. */}
          <QrCode text={token.token.replaceAll('-', '')} label={t('room.add.qr')} testId="token-qr" />
        </div>
        <div className={styles.cardText}>
          <p className={styles.token} data-testid="token-text">
            {token.token}
          </p>
          <p className={styles.valid}>
            {t('room.add.valid', {
              count: token.uses,
              time: formatDayAndClock(token.expiresAt, i18n.language),
            })}
          </p>
          <Button
            look="primary"
            icon={isCopied ? <Check size={18} aria-hidden /> : <Copy size={18} aria-hidden />}
            onPress={() => void copy()}
            testId="token-copy"
          >
            {isCopied ? t('common.copied') : t('common.copy')}
          </Button>
        </div>
      </section>
      <section className={styles.steps}>
        <h3>{t('room.add.stepsTitle')}</h3>
        <ol>
          <li>{t('room.add.step1')}</li>
          <li>{t('room.add.step2')}</li>
          <li>{t('room.add.step3')}</li>
        </ol>
        {addresses.length === 0 ? null : (
          <p className={styles.addresses}>{t('room.add.addresses', { addresses: addresses.join(', ') })}</p>
        )}
      </section>
    </>
  );
};

const CodePanel = () => {
  const { t } = useTranslation();
  // The code is shown once: whoever comes back later makes a new one.
  const [token, setToken] = useState<Token | null>(null);
  const room = useRoom((state) => state.current?.room.name ?? '');
  if (token === null) {
    return (
      <>
        <p className={styles.intro}>{t('room.add.intro', { room })}</p>
        <TokenForm onToken={setToken} />
      </>
    );
  }
  return (
    <>
      <TokenCard token={token} />
      <Button onPress={() => setToken(null)} testId="token-another">
        {t('room.add.another')}
      </Button>
    </>
  );
};

type Props = { readonly look?: ButtonLook; readonly size?: 'normal' | 'large'; readonly testId?: string };

/** Opens the dialog, which stands once on the page. */
export const AddDevicesButton = ({ look = 'plain', size = 'normal', testId = 'add-devices' }: Props) => {
  const { t } = useTranslation();
  return (
    <Button
      look={look}
      size={size}
      icon={<MonitorSmartphone size={18} aria-hidden />}
      onPress={openAddDevices}
      testId={testId}
    >
      {t('room.addDevices')}
    </Button>
  );
};

export const AddDevicesDialog = () => {
  const { t } = useTranslation();
  const isOpen = usePairing((pairing) => pairing.isDialogOpen);
  return (
    <Dialog
      isOpen={isOpen}
      onClose={closeAddDevices}
      title={t('room.add.title')}
      width="medium"
      testId="add-devices-dialog"
    >
      <Tabs
        label={t('room.add.ways')}
        tabs={[
          {
            id: 'pictures',
            label: t('room.add.byPictures'),
            icon: <Images size={18} aria-hidden />,
            testId: 'pairing-tab',
            content: <PairingPanel />,
          },
          {
            id: 'code',
            label: t('room.add.byCode'),
            icon: <KeyRound size={18} aria-hidden />,
            testId: 'code-tab',
            content: <CodePanel />,
          },
        ]}
      />
    </Dialog>
  );
};
