// Starts the agent: its windows, its identity, its link. It runs without a visible window; the tray opens one.
import { hostname } from 'node:os';
import type { DeviceFacts } from '../../shared/domain/device.ts';
import { DisplayName } from '../../shared/domain/ids.ts';
import type { AgentSnapshot } from '../../shared/ipc/contract.ts';
import type { Policy } from '../../shared/settings/policy.ts';
import { createAgentAudit } from '../features/audit/agent-audit.ts';
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
import { createSystemBrowser } from '../platform/open-url.ts';
import { broadcastTo, servePages } from '../platform/page-calls.ts';
import { createPresentationWindow } from '../platform/presentation-window.ts';
import { createScreenWindow } from '../platform/screen-window.ts';
import { displays, onScreensChanged, screenAreas } from '../platform/screens.ts';
import { guardSession } from '../platform/session-guard.ts';
import { createAgentTray } from '../platform/tray.ts';
import { fileModeBox } from '../trust/secret-box.ts';
import { createAgent } from './agent.ts';
import { agentCalls } from './agent-calls.ts';
import { openEnrolment } from './agent-enrolment.ts';
import { createAgentPairing } from './agent-pairing.ts';
import { createAppearance } from './appearance.ts';
import { openAppearanceFile } from './console-files.ts';
import { openProfileAudit } from './open-audit.ts';
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

const clockDifferenceOf = (status: LinkStatus): number | null =>
  status.state === 'online' ? status.clockDifferenceMs : null;

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
  guardSession((kind) => (kind === 'capture' ? sources.primaryScreen() : Promise.resolve(null)), log);
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
    clockDifferenceMs: clockDifferenceOf(agent.linkStatus()),
  });
  const onChange = (): void => {
    const status = agent.linkStatus();
    if (status.state === 'online') enrolment.remember(status.address);
    if (status.state === 'waiting' && status.problem === 'cloned') enrolment.leaveCopiedKey();
    const now = snapshot();
    audit.state(now);
    broadcast('device:changed', now);
    const words = nativeWords(appearance.get());
    tray.setStatus(
      now.watched === null ? words.nobodyWatches : words.watched.replace('{{teacher}}', now.watched.by),
    );
  };

  const auditFile = await openProfileAudit({ profile, policy, box: fileModeBox, clock: systemClock, log });
  const audit = createAgentAudit(auditFile, systemClock.nowMs);
  const leases = openJsonFile(`${profile}/lock.json`, StoredLease, log);
  const covers = createLockCovers(windows);
  const agent = createAgent({
    membership: enrolment.membership(),
    addresses: enrolment.addresses,
    ports: {
      screen: screen.port,
      viewer: presentation.port,
      cover: covers,
      browser: createSystemBrowser(policy.allowHttpLinks, log),
    },
    leases,
    facts,
    clock: systemClock,
    log,
    onRefused: ({ verb, code }) => audit.refused(verb, code),
    onCertificate: (certificatePem) => void enrolment.renewed(certificatePem),
    onChange,
  });
  enrolment.onEnrolled((membership) => {
    audit.joined(membership.identity.deviceId, membership.identity.roomId);
    agent.enrolled(membership);
  });
  enrolment.onHint(agent.nudge);
  onScreensChanged(agent.factsChanged);

  const pairing = createAgentPairing({
    enrolment,
    facts,
    onChange: (state) => broadcast('device:pairing', state),
  });
  const calls = agentCalls({
    appearance,
    snapshot,
    screen,
    presentation,
    enrol: enrolment.enrol,
    pairing,
    watchLog: audit.watchLog,
  });
  servePages(
    windows,
    createRouter(() => calls, log),
  );
  beforeQuit(async () => {
    agent.close();
    // The lease stays in its file and holds again at the next start; its windows must not keep the system from ending us.
    covers.uncover();
    pairing.cancel();
    await enrolment.close();
    await leases.settled();
    // The last thing to write: that nobody looks any more.
    audit.state({ watched: null, lock: null });
    auditFile.close();
  });
  enrolment.joinByPolicy();
  if (enrolment.membership() === null && policy.enrolmentToken === undefined) deviceWindow.show();
};
