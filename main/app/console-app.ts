// Starts the console: its window at once, then its school, then its room and its link.
import type { Policy } from '../../shared/settings/policy.ts';
import { createConsoleAudit } from '../features/audit/console-audit.ts';
import { createRouter, type Handlers } from '../ipc/router.ts';
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
import { openTextFile, saveTextFile } from '../platform/file-dialogs.ts';
import { nativeLanguage, nativeWords } from '../platform/native-words.ts';
import { broadcastTo, servePages } from '../platform/page-calls.ts';
import { spawnRelay } from '../platform/relay-process.ts';
import { screenAreas } from '../platform/screens.ts';
import { systemSecretBox } from '../platform/secret-box.ts';
import { guardSession } from '../platform/session-guard.ts';
import type { ConsoleIdentity } from '../trust/identity-store.ts';
import { drawRecoverySheet } from '../trust/recovery-sheet.ts';
import { createAppearance } from './appearance.ts';
import { type Console, createConsole } from './console.ts';
import { appearanceCalls, consoleCalls, setupCalls } from './console-calls.ts';
import { openAppearanceFile, openConsoleFiles } from './console-files.ts';
import { type Desk, openDesk } from './console-link.ts';
import { createConsoleSetup } from './console-setup.ts';
import { openProfileAudit } from './open-audit.ts';
import { paths } from './paths.ts';

type Parts = { readonly profile: string; readonly policy: Policy; readonly log: Log };

const maxTeacherFileBytes = 512 * 1024;

/** What the page captures: main arms one source, the next capture uses it up. */
const createArmedCapture = (log: Log) => {
  const sources = createCaptureSources(() => screenAreas()[0]?.id ?? '');
  let armed: string | null = null;
  guardSession(async (kind) => {
    if (kind !== 'console' || armed === null) return null;
    const found = sources.find(armed);
    armed = null;
    return found?.source ?? null;
  }, log);
  return {
    sources,
    arm(id: string): void {
      armed = id;
    },
  };
};

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
  const words = () => nativeWords(appearance.get());
  const capture = createArmedCapture(log);
  let running: { readonly room: Console; readonly desk: Desk; readonly closeAudit: () => void } | null = null;
  let handlers: Handlers = {};

  const openRoom = async (identity: ConsoleIdentity): Promise<void> => {
    const auditFile = await openProfileAudit({
      profile,
      policy,
      box: systemSecretBox,
      clock: systemClock,
      log,
    });
    const audit = createConsoleAudit(auditFile, systemClock);
    const desk = await openDesk({
      profile,
      policy,
      identity,
      log,
      onPairing: (view) => broadcast('pairing:changed', view),
    });
    const room = createConsole({
      room: desk.room,
      teacher: desk.teacher,
      files: openConsoleFiles(profile, log),
      lockGraceMs: policy.lockGraceSeconds * 1000,
      relayPort: policy.relayPort,
      spawnRelay: () => spawnRelay(paths.relay),
      addresses: desk.addresses,
      audit,
      clock: systemClock,
      log,
      broadcast,
    });
    room.attach(desk.connect(room.handlers));
    desk.roster.onChange(({ epoch }) => audit.roster(epoch));
    running = {
      room,
      desk,
      closeAudit() {
        audit.close();
        auditFile.close();
      },
    };
    const { sources, arm } = capture;
    handlers = { ...handlers, ...consoleCalls({ console: room, desk, audit, sources, arm }) };
    await desk.listen(room.setProblem);
  };

  const setup = createConsoleSetup({
    profile,
    policy,
    box: systemSecretBox,
    files: {
      openTeacherFile: () =>
        openTextFile({ name: words().teacherFile, extensions: ['lehrpult'] }, maxTeacherFileBytes),
      saveRecoverySheet: (html) =>
        saveTextFile({ name: 'HTML', extensions: ['html'] }, words().recoveryFile, html),
    },
    drawSheet: (root) => drawRecoverySheet(root, { language: nativeLanguage(appearance.get()) }),
    openRoom,
    log,
    onChange: (state) => broadcast('setup:changed', state),
  });
  const opened = await setup.open();
  if (!opened.ok) {
    log.error('console-not-started', { reason: opened.error.code });
    showFatalProblem(words().cannotStart.replace('{{code}}', opened.error.code));
    exitWith(1);
    return;
  }
  handlers = { ...handlers, ...appearanceCalls(appearance), ...setupCalls(setup) };
  servePages(
    windows,
    createRouter(() => handlers, log),
  );
  openConsoleWindow(windows, {
    iconPng: paths.appIcon,
    closingQuestion() {
      if (running === null || running.room.snapshot().lesson === null) return null;
      const { closeTitle, closeEnd, closeStay } = words();
      return { message: closeTitle, end: closeEnd, stay: closeStay };
    },
    onClosed: quit,
    onPageGone: () => running?.room.presentation.pageGone(),
  });

  beforeQuit(async () => {
    if (running === null) return;
    // Pupils are free the moment the teacher leaves on purpose.
    await running.room.endLesson();
    await running.room.close();
    await running.desk.close();
    running.closeAudit();
  });
};
