// Starts the console: its window, its school, its link.
import type { Policy } from '../../shared/settings/policy.ts';
import { createRouter } from '../ipc/router.ts';
import { systemClock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import {
  becomeOnlyInstance,
  beforeQuit,
  exitWith,
  onAllWindowsClosed,
  quit,
  setTheme,
  showFatalProblem,
  withoutMenu,
} from '../platform/app-life.ts';
import { serveApp } from '../platform/app-protocol.ts';
import { createAppWindows } from '../platform/app-windows.ts';
import { createCaptureSources } from '../platform/capture-sources.ts';
import { openConsoleWindow } from '../platform/console-window.ts';
import { nativeWords } from '../platform/native-words.ts';
import { broadcastTo, servePages } from '../platform/page-calls.ts';
import { spawnRelay } from '../platform/relay-process.ts';
import { screenAreas } from '../platform/screens.ts';
import { guardSession } from '../platform/session-guard.ts';
import { createAppearance } from './appearance.ts';
import { createConsole } from './console.ts';
import { consoleCalls } from './console-calls.ts';
import { openAppearanceFile, openConsoleFiles } from './console-files.ts';
import { openDesk } from './console-link.ts';
import { paths } from './paths.ts';

type Parts = { readonly profile: string; readonly policy: Policy; readonly log: Log };

export const startConsoleApp = async ({ profile, policy, log }: Parts): Promise<void> => {
  const windows = createAppWindows(paths.preload);
  const broadcast = broadcastTo(windows);
  if (!becomeOnlyInstance(() => [...windows.all()][0]?.native.focus())) {
    quit();
    return;
  }
  withoutMenu();
  onAllWindowsClosed(quit);
  serveApp(paths.pages);
  const appearance = createAppearance(openAppearanceFile(profile, log), policy, (changed) => {
    setTheme(changed.theme);
    broadcast('appearance:changed', changed);
  });
  setTheme(appearance.get().theme);

  const sources = createCaptureSources(() => screenAreas()[0]?.id ?? '');
  /** Handle of the source that the page may capture next; used up by the first capture. */
  let armed: string | null = null;
  guardSession(async (kind) => {
    if (kind !== 'console' || armed === null) return null;
    const found = sources.find(armed);
    armed = null;
    return found?.source ?? null;
  });

  const opened = await openDesk({ profile, policy, log });
  if (!opened.ok) {
    log.error('console-not-started', { reason: opened.error.code });
    showFatalProblem(nativeWords(appearance.get()).cannotStart.replace('{{code}}', opened.error.code));
    exitWith(1);
    return;
  }
  const desk = opened.value;
  const room = createConsole({
    room: desk.room,
    teacher: desk.teacher,
    files: openConsoleFiles(profile, log),
    lockGraceMs: policy.lockGraceSeconds * 1000,
    relayPort: policy.relayPort,
    spawnRelay: () => spawnRelay(paths.relay),
    addresses: desk.addresses,
    clock: systemClock,
    log,
    broadcast,
  });
  room.attach(desk.connect(room.handlers));
  servePages(
    windows,
    createRouter(
      consoleCalls({
        console: room,
        appearance,
        sources,
        arm: (id) => {
          armed = id;
        },
        createToken: desk.createToken,
        revoke: desk.revoke,
      }),
      log,
    ),
  );
  openConsoleWindow(windows, {
    iconPng: paths.appIcon,
    closingQuestion() {
      if (room.snapshot().lesson === null) return null;
      const words = nativeWords(appearance.get());
      return { message: words.closeTitle, end: words.closeEnd, stay: words.closeStay };
    },
    onClosed: quit,
    onPageGone: () => room.presentation.pageGone(),
  });
  await desk.listen(room.setProblem);

  beforeQuit(async () => {
    // Pupils are free the moment the teacher leaves on purpose.
    await room.endLesson();
    await room.close();
    await desk.close();
  });
};
