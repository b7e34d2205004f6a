// One simulated device: the real agent (enrolment, link, commands, lease) with a recorded screen, a counting viewer
// and covers that only remember. Its identity and lease lie in a profile folder like a real agent's.
import { join } from 'node:path';
import { createAgent } from '../../main/app/agent.ts';
import { openEnrolment } from '../../main/app/agent-enrolment.ts';
import { openProfileAudit } from '../../main/app/open-audit.ts';
import { createAgentAudit, type WatchedTime } from '../../main/features/audit/agent-audit.ts';
import { StoredLease } from '../../main/features/control/agent-lock.ts';
import type { BrowserPort } from '../../main/features/control/browser-port.ts';
import { systemClock } from '../../main/lib/clock.ts';
import { openJsonFile } from '../../main/lib/json-file.ts';
import type { Log } from '../../main/lib/log.ts';
import { readSafeUrl } from '../../main/lib/safe-url.ts';
import type { LinkStatus } from '../../main/link/link-status.ts';
import { fileModeBox } from '../../main/trust/secret-box.ts';
import type { DeviceFacts, DeviceReport } from '../../shared/domain/device.ts';
import { Policy } from '../../shared/settings/policy.ts';
import type { DesktopRecording } from './recording.ts';
import { type CoverStats, createSimulatedCover } from './simulated-cover.ts';
import { createSimulatedScreen, type ScreenStats } from './simulated-screen.ts';
import { createSimulatedViewer, type ViewerStats } from './simulated-viewer.ts';
import type { TimerWheel } from './timer-wheel.ts';

export type DeviceStats = {
  readonly index: number;
  readonly name: string;
  /** null until the device has joined a school. */
  readonly deviceId: string | null;
  readonly isRunning: boolean;
  readonly link: LinkStatus;
  /** What the agent tells the console. */
  readonly report: DeviceReport;
  readonly screen: ScreenStats;
  readonly viewer: ViewerStats;
  readonly cover: CoverStats;
  /** Web pages that were opened. */
  readonly opened: readonly string[];
  /** Who looked when, as the pupil reads it. */
  readonly watchLog: readonly WatchedTime[];
};

export type SimulatedDevice = {
  readonly stats: () => DeviceStats;
  /** Ends all connections at once; the profile stays and the next device of it is the same one. */
  readonly close: () => Promise<void>;
};

export type SimulatedDeviceParts = {
  readonly index: number;
  readonly name: string;
  readonly profile: string;
  readonly policy: Partial<Policy>;
  readonly recording: DesktopRecording;
  readonly wheel: TimerWheel;
  readonly bindAddress: string | null;
  readonly log: Log;
  /** Something that a pupil or the console would see has changed. */
  readonly onChange: () => void;
};

export const createSimulatedDevice = async (parts: SimulatedDeviceParts): Promise<SimulatedDevice> => {
  const { index, name, profile, wheel, bindAddress, log } = parts;
  const policy = Policy.parse({ ...parts.policy, role: 'agent', deviceName: name });
  const facts = (): DeviceFacts => ({
    name,
    os: 'linux',
    appVersion: '0.1.0',
    displays: [{ id: 'recorded', width: 1920, height: 1080 }],
  });
  const common = { name, wheel, random: Math.random, bindAddress };
  const screen = createSimulatedScreen({ ...common, index, recording: parts.recording });
  const viewer = createSimulatedViewer(common);
  const cover = createSimulatedCover();
  const opened: string[] = [];
  const browser: BrowserPort = {
    async open(text) {
      const url = readSafeUrl(text, policy.allowHttpLinks);
      if (url.ok) opened.push(url.value.href);
      return url.ok ? null : 'bad-url';
    },
  };
  const enrolment = await openEnrolment({ profile, policy, facts, log });
  const auditFile = await openProfileAudit({ profile, policy, box: fileModeBox, clock: systemClock, log });
  const audit = createAgentAudit(auditFile, systemClock.nowMs);
  const leases = openJsonFile(join(profile, 'lock.json'), StoredLease, log);
  let isRunning = true;
  const agent = createAgent({
    membership: enrolment.membership(),
    addresses: enrolment.addresses,
    ports: { screen, viewer, cover, browser },
    leases,
    facts,
    clock: systemClock,
    log,
    onCertificate: (certificatePem) => void enrolment.renewed(certificatePem),
    onRefused: ({ verb, code }) => audit.refused(verb, code),
    onChange() {
      const status = agent.linkStatus();
      if (status.state === 'online') enrolment.remember(status.address);
      if (status.state === 'waiting' && status.problem === 'cloned') enrolment.leaveCopiedKey();
      audit.state({ watched: agent.watched(), lock: agent.lockNotice() });
      parts.onChange();
    },
  });
  enrolment.onEnrolled((membership) => {
    audit.joined(membership.identity.deviceId, membership.identity.roomId);
    agent.enrolled(membership);
  });
  enrolment.onHint(agent.nudge);
  enrolment.joinByPolicy();

  return {
    stats: () => ({
      index,
      name,
      deviceId: enrolment.membership()?.identity.deviceId ?? null,
      isRunning,
      link: agent.linkStatus(),
      report: agent.report(),
      screen: screen.stats(),
      viewer: viewer.stats(),
      cover: cover.stats(),
      opened: [...opened],
      watchLog: audit.watchLog(),
    }),
    async close() {
      isRunning = false;
      agent.close();
      await enrolment.close();
      await leases.settled();
      auditFile.close();
    },
  };
};
