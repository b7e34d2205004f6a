// The teacher's desk: puts the features in their places and passes each what it needs of the others.
import { Presentation as PresentationIcon, TriangleAlert } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeviceId } from '../../../shared/domain/ids.ts';
import type { SetupState } from '../../../shared/ipc/contract.ts';
import { ActionBar } from '../../features/control/action-bar.tsx';
import { openLockDialog } from '../../features/control/control-store.ts';
import { unlockDevices } from '../../features/control/device-orders.ts';
import { LockDialog } from '../../features/control/lock-dialog.tsx';
import { UrlDialog } from '../../features/control/url-dialog.tsx';
import { closeFocus, openFocus, useFocus } from '../../features/focus/focus-store.ts';
import { FocusView } from '../../features/focus/focus-view.tsx';
import { LessonControl } from '../../features/lesson/lesson-control.tsx';
import { useLesson } from '../../features/lesson/lesson-store.ts';
import { audienceOf } from '../../features/presentation/audience.ts';
import { PresentationBar } from '../../features/presentation/presentation-bar.tsx';
import { openPicker, usePresentation } from '../../features/presentation/presentation-store.ts';
import { SourcePicker } from '../../features/presentation/source-picker.tsx';
import { AddDevicesButton, AddDevicesDialog } from '../../features/rooms/add-devices.tsx';
import { DeviceNaming } from '../../features/rooms/device-naming.tsx';
import { EmptyRoom } from '../../features/rooms/empty-room.tsx';
import { QuarantineActions } from '../../features/rooms/quarantine-actions.tsx';
import { useRoom } from '../../features/rooms/room-store.ts';
import { RecoveryNotice } from '../../features/setup/recovery-notice.tsx';
import { RenewalNotice } from '../../features/setup/renewal-notice.tsx';
import { SetupPage } from '../../features/setup/setup-page.tsx';
import { ScreenSessionsContext, usePicture } from '../../features/wall/use-picture.ts';
import { useWatch } from '../../features/wall/use-watch.ts';
import { WallGrid } from '../../features/wall/wall-grid.tsx';
import { useWall } from '../../features/wall/wall-store.ts';
import { WallToolbar } from '../../features/wall/wall-toolbar.tsx';
import { isLocked, isPresent } from '../../lib/device-status.ts';
import { errorText } from '../../lib/error-text.ts';
import { AppearanceMenu } from '../../ui/appearance-menu.tsx';
import { Button } from '../../ui/button.tsx';
import { Logo } from '../../ui/logo.tsx';
import { NoticeArea } from '../../ui/notice-area.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import styles from './app.module.css';
import type { ConsoleSession } from './console-session.ts';

type SessionProps = { readonly session: ConsoleSession };

const TopBar = () => {
  const { t } = useTranslation();
  const current = useRoom((state) => state.current);
  const devices = useWall((wall) => wall.devices);
  const isPresenting = usePresentation((state) => state.view.state !== 'off');
  const all = [...devices.values()];
  const present = all.filter(isPresent).length;
  return (
    <header className={styles.top}>
      <Logo size={36} />
      <div className={styles.place}>
        <h1>{current?.room.name}</h1>
        <p>{current?.teacher.name}</p>
      </div>
      <LessonControl lockedCount={all.filter(isLocked).length} isPresenting={isPresenting} />
      <span className={styles.gap} />
      {all.length === 0 ? null : (
        <p className={styles.count} data-testid="device-count">
          <span data-some={present > 0 || undefined} aria-hidden />
          {t('room.present', { present, count: all.length })}
        </p>
      )}
      <AddDevicesButton />
      <AppearanceMenu />
    </header>
  );
};

const RoomProblem = () => {
  const { t } = useTranslation();
  const problem = useRoom((state) => state.current?.problem ?? null);
  if (problem === null) return null;
  return (
    <p className={styles.problem} role="alert" data-testid="room-problem">
      <TriangleAlert size={20} aria-hidden />
      {t(`room.problems.${problem}`)}
    </p>
  );
};

const useMoveFocus = (focused: DeviceId | null) => {
  const order = useWall((wall) => wall.order);
  const position = focused === null ? -1 : order.indexOf(focused);
  const move = (step: -1 | 1): void => {
    const next = order[(position + step + order.length) % order.length];
    if (next !== undefined) openFocus(next);
  };
  return { position, total: order.length, move };
};

/** Puts the keyboard back on the tile the teacher came from. */
const focusTile = (id: DeviceId): void => {
  requestAnimationFrame(() => {
    document.querySelector<HTMLElement>(`[role="row"][data-key="${id}"]`)?.focus();
  });
};

const Focus = ({ id }: { readonly id: DeviceId }) => {
  const device = useWall((wall) => wall.devices.get(id));
  const hasLesson = useLesson((state) => state.lesson !== null);
  const picture = usePicture(id);
  const { position, total, move } = useMoveFocus(id);
  if (device === undefined) return null;
  const close = (): void => {
    closeFocus();
    focusTile(id);
  };
  return (
    <FocusView
      device={device}
      hasLesson={hasLesson}
      picture={picture}
      position={position + 1}
      total={total}
      onMove={move}
      onClose={close}
      onLock={() => openLockDialog([device], false)}
      onUnlock={() => void unlockDevices([device])}
      remedy={
        device.connection.state === 'quarantined' ? (
          <QuarantineActions id={id} name={device.name} onForgotten={closeFocus} />
        ) : null
      }
      extras={<DeviceNaming id={id} name={device.name} onForgotten={closeFocus} />}
    />
  );
};

const PresentButton = ({ canPresent }: { readonly canPresent: boolean }) => {
  const { t } = useTranslation();
  const isPresenting = usePresentation((state) => state.view.state !== 'off');
  return (
    <Button
      look="present"
      size="large"
      icon={<PresentationIcon size={20} aria-hidden />}
      isDisabled={!canPresent || isPresenting}
      onPress={() => openPicker('start')}
      testId="present-open"
    >
      {t('presentation.open')}
    </Button>
  );
};

const Desk = ({ session }: SessionProps) => {
  const devices = useWall((wall) => wall.devices);
  const selected = useWall((wall) => wall.selected);
  const focused = useFocus((state) => state.focused);
  const lesson = useLesson((state) => state.lesson);
  const all = [...devices.values()];
  const hasLesson = lesson !== null;
  useWatch(session.tiles, focused, lesson?.id ?? null);
  return (
    <>
      <RoomProblem />
      <RecoveryNotice />
      <RenewalNotice />
      <PresentationBar controller={session.presenter} audience={audienceOf(all)} />
      <main className={styles.main}>
        {all.length === 0 ? <EmptyRoom /> : null}
        <div className={styles.wall} hidden={focused !== null || all.length === 0}>
          <WallToolbar hasLesson={hasLesson} />
          <div className={styles.scroll}>
            <WallGrid hasLesson={hasLesson} tiles={session.tiles} onOpen={openFocus} />
          </div>
        </div>
        {focused === null ? null : <Focus id={focused} />}
      </main>
      <ActionBar
        present={all.filter(isPresent)}
        selected={all.filter(({ id }) => selected.has(id))}
        locked={all.filter((device) => isLocked(device) && isPresent(device))}
        hasLesson={hasLesson}
        lead={<PresentButton canPresent={hasLesson} />}
      />
      <LockDialog />
      <UrlDialog />
      <AddDevicesDialog />
      <SourcePicker controller={session.presenter} />
    </>
  );
};

type LoadState =
  | { readonly state: 'loading' }
  | SetupState
  | { readonly state: 'failed'; readonly code: string };

export const App = ({ session }: SessionProps) => {
  const { t, i18n } = useTranslation();
  const [loading, setLoading] = useState<LoadState>({ state: 'loading' });
  const [attempt, setAttempt] = useState(0);
  const roomName = useRoom((state) => state.current?.room.name);

  // biome-ignore lint/correctness/useExhaustiveDependencies: every attempt loads anew
  useEffect(() => {
    void session
      .load()
      .then((result) => setLoading(result.ok ? result.value : { state: 'failed', code: result.error.code }));
  }, [session, attempt]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the title is in the language in use
  useEffect(() => {
    document.title = roomName === undefined ? t('app.name') : t('app.consoleTitle', { room: roomName });
  }, [roomName, t, i18n.language]);

  const reload = (): void => setAttempt((count) => count + 1);
  if (loading.state === 'needed') return <SetupPage suggested={loading.suggested} onDone={reload} />;
  if (loading.state === 'loading') {
    return (
      <p className={styles.blank}>
        <Spinner /> {t('app.loading')}
      </p>
    );
  }
  if (loading.state === 'failed') {
    return (
      <div className={styles.blank} role="alert">
        <h1>{t('app.loadFailed')}</h1>
        <p>{errorText(loading.code)}</p>
        <Button look="primary" onPress={reload}>
          {t('common.retry')}
        </Button>
      </div>
    );
  }
  return (
    <ScreenSessionsContext value={session.screens}>
      <div className={styles.desk}>
        <TopBar />
        <Desk session={session} />
        <NoticeArea />
      </div>
    </ScreenSessionsContext>
  );
};
