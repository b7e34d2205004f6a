// One simulated device: the real agent (enrolment, link, commands, lease) with a recorded screen, a counting viewer
// and covers that only remember. Its identity and lease lie in a profile folder like a real agent's.
import { join } from 'node:path';
import { createAgent } from '../../main/app/agent.ts';
import { openEnrolment } from '../../main/app/agent-enrolment.ts';
import { StoredLease } from '../../main/features/control/agent-lock.ts';
import { systemClock } from '../../main/lib/clock.ts';
import { openJsonFile } from '../../main/lib/json-file.ts';
import type { Log } from '../../main/lib/log.ts';
import type { LinkStatus } from '../../main/link/link-status.ts';
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
  const enrolment = await openEnrolment({ profile, policy, facts, log });
  const leases = openJsonFile(join(profile, 'lock.json'), StoredLease, log);
  let isRunning = true;
  const agent = createAgent({
    identity: enrolment.identity(),
    addresses: enrolment.addresses,
    ports: { screen, viewer, cover },
    leases,
    facts,
    clock: systemClock,
    log,
    onChange() {
      const status = agent.linkStatus();
      if (status.state === 'online') enrolment.remember(status.address);
      parts.onChange();
    },
  });
  enrolment.onEnrolled(agent.enrolled);
  enrolment.onHint(agent.nudge);
  enrolment.joinByPolicy();

  return {
    stats: () => ({
      index,
      name,
      deviceId: enrolment.identity()?.deviceId ?? null,
      isRunning,
      link: agent.linkStatus(),
      report: agent.report(),
      screen: screen.stats(),
      viewer: viewer.stats(),
      cover: cover.stats(),
    }),
    async close() {
      isRunning = false;
      agent.close();
      enrolment.close();
      await leases.settled();
    },
  };
};
