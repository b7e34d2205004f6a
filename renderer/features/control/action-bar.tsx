// The actions a teacher needs with one hand: attention, lock, release. Says to whom they apply before they do.
import { Globe, Lock, LockOpen, Megaphone } from 'lucide-react';
import type { ReactNode } from 'react';
import { Toolbar } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button.tsx';
import styles from './action-bar.module.css';
import { openLockDialog, openUrlDialog } from './control-store.ts';
import { lockDevices, type Target, unlockDevices } from './device-orders.ts';

type Props = {
  /** Devices that are there now. */
  readonly present: readonly Target[];
  /** Devices the teacher selected; empty means the whole room. */
  readonly selected: readonly Target[];
  /** Devices that report a lock. */
  readonly locked: readonly Target[];
  readonly hasLesson: boolean;
  /** First action of the bar. */
  readonly lead: ReactNode;
};

export const ActionBar = ({ present, selected, locked, hasLesson, lead }: Props) => {
  const { t } = useTranslation();
  const isEverybody = selected.length === 0;
  const targets = isEverybody ? present : selected;
  const selectedIds = new Set(selected.map(({ id }) => id));
  const lockedTargets = isEverybody ? locked : locked.filter(({ id }) => selectedIds.has(id));
  // "Release" works from any state: without a reported lock it goes to everybody.
  const toRelease = lockedTargets.length > 0 ? lockedTargets : targets;
  const scopeName = isEverybody ? 'all' : 'selected';
  const canOrder = hasLesson && targets.length > 0;

  const scope = (): string => {
    if (!hasLesson) return t('control.needsLesson');
    if (targets.length === 0) return t('control.needsDevices');
    return isEverybody
      ? t('control.scopeAll', { count: targets.length })
      : t('control.scopeSelected', { count: targets.length });
  };
  return (
    <Toolbar aria-label={t('control.bar')} className={styles.bar ?? ''}>
      {lead}
      <Button
        size="large"
        icon={<Megaphone size={20} aria-hidden />}
        isDisabled={!hasLesson || present.length === 0}
        onPress={() => void lockDevices(present, t('control.attentionText'), null)}
        testId="attention"
      >
        {t('control.attention')}
      </Button>
      <Button
        size="large"
        icon={<Lock size={20} aria-hidden />}
        isDisabled={!canOrder}
        onPress={() => openLockDialog(targets, isEverybody)}
        testId="lock-open"
      >
        {t(`control.lock.${scopeName}`)}
      </Button>
      <Button
        size="large"
        look={lockedTargets.length > 0 ? 'lock' : 'plain'}
        icon={<LockOpen size={20} aria-hidden />}
        isDisabled={!hasLesson || toRelease.length === 0}
        onPress={() => void unlockDevices(toRelease)}
        testId="unlock"
      >
        {lockedTargets.length > 0
          ? t(`control.unlockCount.${scopeName}`, { count: lockedTargets.length })
          : t(`control.unlock.${scopeName}`)}
      </Button>
      <Button
        size="large"
        icon={<Globe size={20} aria-hidden />}
        isDisabled={!canOrder}
        onPress={() => openUrlDialog(targets, isEverybody)}
        testId="open-url"
      >
        {t('control.openUrl')}
      </Button>
      <p className={styles.scope} data-testid="scope">
        {scope()}
      </p>
    </Toolbar>
  );
};
