// Starts the agent: its windows, its identity, its link. It runs without a visible window; the tray opens one.
import { hostname } from 'node:os';
import type { DeviceFacts } from '../../shared/domain/device.ts';
import { DisplayName } from '../../shared/domain/ids.ts';
import type { AgentSnapshot } from '../../shared/ipc/contract.ts';
import type { Policy } from '../../shared/settings/policy.ts';
import { StoredLease } from '../features/control/agent-lock.ts';
import { createRouter } from '../ipc/router.ts';
import { systemClock } from '../lib/clock.ts';
import { openJsonFile } from '../lib/json-file.ts';
import type { Log } from '../lib/log.ts';
import type { LinkStatus } from '../link/link-status.ts';
import {
  appVersion,
  becomeOnlyInstance,
  beforeQuit,
  onAllWindowsClosed,
  quit,
  setTheme,
  withoutMenu,
} from '../platform/app-life.ts';
import { serveApp } from '../platform/app-protocol.ts';
import { createAppWindows } from '../platform/app-windows.ts';
import { createCaptureSources } from '../platform/capture-sources.ts';
import { createDeviceWindow } from '../platform/device-window.ts';
import { createLockCovers } from '../platform/lock-covers.ts';
import { nativeWords } from '../platform/native-words.ts';
import { broadcastTo, servePages } from '../platform/page-calls.ts';
import { createPresentationWindow } from '../platform/presentation-window.ts';
import { createScreenWindow } from '../platform/screen-window.ts';
import { displays, onScreensChanged, screenAreas } from '../platform/screens.ts';
import { guardSession } from '../platform/session-guard.ts';
import { createAgentTray } from '../platform/tray.ts';
import { createAgent } from './agent.ts';
import { agentCalls } from './agent-calls.ts';
import { openEnrolment } from './agent-enrolment.ts';
import { createAppearance } from './appearance.ts';
import { openAppearanceFile } from './console-files.ts';
import { paths } from './paths.ts';

type Parts = { readonly profile: string; readonly policy: Policy; readonly log: Log };

const osName = (): DeviceFacts['os'] =>
  process.platform === 'win32' ? 'windows' : process.platform === 'darwin' ? 'macos' : 'linux';

/** The name from the policy, else the host's, made fit to show. */
const ownName = (policy: Policy): string => {
  const host = DisplayName.safeParse(hostname().slice(0, 64));
  return policy.deviceName ?? (host.success ? host.data : 'PC');
};

const linkView = (status: LinkStatus, hasLesson: boolean): AgentSnapshot['link'] => {
  if (status.state === 'online') {
    return { state: 'online', room: status.roomName, teacher: status.teacherName, hasLesson };
  }
  if (status.state === 'waiting') {
    return { state: 'waiting', code: status.problem, retryAt: Date.now() + Math.round(status.retryInMs) };
  }
  return { state: status.state };
};

export const startAgentApp = async ({ profile, policy, log }: Parts): Promise<void> => {
  const deviceName = ownName(policy);
  const windows = createAppWindows(paths.preload);
  const broadcast = broadcastTo(windows);
  const deviceWindow = createDeviceWindow(windows, paths.appIcon);
  if (!becomeOnlyInstance(deviceWindow.show)) {
    quit();
    return;
  }
  withoutMenu();
  // The agent lives in the tray: without this the last closed window would end it.
  onAllWindowsClosed(() => {});
  serveApp(paths.pages);
  const sources = createCaptureSources(() => screenAreas()[0]?.id ?? '');
  guardSession((kind) => (kind === 'capture' ? sources.primaryScreen() : Promise.resolve(null)));
  const appearance = createAppearance(openAppearanceFile(profile, log), policy, (changed) => {
    setTheme(changed.theme);
    broadcast('appearance:changed', changed);
  });
  setTheme(appearance.get().theme);

  const facts = (): DeviceFacts => ({
    name: deviceName,
    os: osName(),
    appVersion: appVersion(),
    displays: displays(),
  });
  const screen = createScreenWindow(windows);
  const presentation = createPresentationWindow(windows);
  const enrolment = await openEnrolment({ profile, policy, facts, log });
  const tray = createAgentTray(
    paths.trayIcon,
    { open: nativeWords(appearance.get()).open },
    deviceWindow.show,
  );

  const snapshot = (): AgentSnapshot => ({
    deviceName,
    link: linkView(agent.linkStatus(), agent.hasLesson()),
    watched: agent.watched(),
    lock: agent.lockNotice(),
    isShowingPresentation: agent.report().presentation.state === 'showing',
  });
  const onChange = (): void => {
    const status = agent.linkStatus();
    if (status.state === 'online') enrolment.remember(status.address);
    const now = snapshot();
    broadcast('device:changed', now);
    const words = nativeWords(appearance.get());
    tray.setStatus(
      now.watched === null ? words.nobodyWatches : words.watched.replace('{{teacher}}', now.watched.by),
    );
  };

  const leases = openJsonFile(`${profile}/lock.json`, StoredLease, log);
  const covers = createLockCovers(windows);
  const agent = createAgent({
    identity: enrolment.identity(),
    addresses: enrolment.addresses,
    ports: { screen: screen.port, viewer: presentation.port, cover: covers },
    leases,
    facts,
    clock: systemClock,
    log,
    onChange,
  });
  enrolment.onEnrolled(agent.enrolled);
  enrolment.onHint(agent.nudge);
  onScreensChanged(agent.factsChanged);

  servePages(
    windows,
    createRouter(agentCalls({ appearance, snapshot, screen, presentation, enrol: enrolment.enrol }), log),
  );
  beforeQuit(async () => {
    agent.close();
    // The lease stays in its file and holds again at the next start; its windows must not keep the system from ending us.
    covers.uncover();
    enrolment.close();
    await leases.settled();
  });
  enrolment.joinByPolicy();
  if (enrolment.identity() === null && policy.enrolmentToken === undefined) deviceWindow.show();
};
