// Everything of the console page that lives outside React: signals, pictures, the presenter, and the feed from main.
import type { ConsoleSnapshot, SetupState } from '../../../shared/ipc/contract.ts';
import type { Result } from '../../../shared/result/result.ts';
import { useFocus } from '../../features/focus/focus-store.ts';
import { loadLesson, useLesson } from '../../features/lesson/lesson-store.ts';
import { loadPresentation } from '../../features/presentation/presentation-store.ts';
import { PresenterController } from '../../features/presentation/presenter-controller.ts';
import { loadPairing } from '../../features/rooms/pairing-store.ts';
import { loadRoom } from '../../features/rooms/room-store.ts';
import { loadSetup } from '../../features/setup/setup-store.ts';
import { ScreenSessions } from '../../features/wall/screen-sessions.ts';
import { TileVisibility } from '../../features/wall/tile-visibility.ts';
import { changeDevices, loadDevices, removeDevices } from '../../features/wall/wall-store.ts';
import { call, on } from '../../lib/ipc-client.ts';
import { createSignalHub } from '../../lib/signal-hub.ts';

export type ConsoleSession = {
  readonly screens: ScreenSessions;
  readonly presenter: PresenterController;
  readonly tiles: TileVisibility;
  /** Asks main for everything; to be repeated when it fails, and after the setup. */
  readonly load: () => Promise<Result<SetupState>>;
};

/** One per page: listens to main from now on. */
export const createConsoleSession = (): ConsoleSession => {
  const hub = createSignalHub();
  const screens = new ScreenSessions(hub);
  const presenter = new PresenterController(hub.relay);

  // Pictures live exactly as long as the lesson: its end, from wherever it comes, closes them.
  useLesson.subscribe(({ lesson }) => {
    if (lesson === null) screens.close();
    else screens.open();
  });
  on('devices:changed', (devices) => {
    changeDevices(devices);
    for (const { id, connection } of devices) {
      if (connection.state === 'offline' || connection.state === 'quarantined') screens.forget(id);
    }
  });
  on('devices:removed', (ids) => {
    for (const id of ids) screens.forget(id);
    useFocus.setState(({ focused }) => ({
      focused: focused !== null && ids.includes(focused) ? null : focused,
    }));
    removeDevices(ids);
  });
  on('setup:changed', loadSetup);
  on('pairing:changed', loadPairing);
  on('room:changed', (changed) => {
    loadRoom(changed);
    loadLesson(changed.lesson);
  });
  on('presentation:changed', (view) => {
    loadPresentation(view);
    presenter.follow(view);
  });

  const show = (snapshot: ConsoleSnapshot): void => {
    loadDevices(snapshot.devices);
    loadPresentation(snapshot.presentation);
    loadLesson(snapshot.lesson);
    loadRoom(snapshot);
    // Devices that send already have a conversation with a former load of this page.
    for (const { id, report } of snapshot.devices) if (report.screen !== 'off') screens.resume(id);
  };
  return {
    screens,
    presenter,
    tiles: new TileVisibility(),
    async load() {
      const setup = await call('setup:state', {});
      if (!setup.ok) return setup;
      loadSetup(setup.value);
      if (setup.value.state === 'needed') return setup;
      const result = await call('room:snapshot', {});
      if (!result.ok) return result;
      show(result.value);
      return setup;
    },
  };
};
