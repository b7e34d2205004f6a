// What a device's tile says of it, made from main's view and the state of its picture. Pure.
import type { DeviceView } from '../../shared/domain/device.ts';

/** State of the picture of one device in this page. `none`: nobody asked for it. */
export type PictureState = 'none' | 'connecting' | 'live' | 'frozen' | 'failed' | 'insecure';

export type DeviceStatus =
  | { readonly kind: 'never-seen' }
  /** There, and nobody looks: no lesson runs. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'reconnecting' }
  /** `since` in Unix milliseconds. */
  | { readonly kind: 'offline'; readonly since: number }
  /** Two computers use its identity; neither is in. */
  | { readonly kind: 'quarantined'; readonly addresses: readonly string[] }
  | {
      readonly kind: 'screen-problem';
      readonly problem: Exclude<DeviceView['report']['screenProblem'], null | 'not-secure'>;
    }
  /** Whoever answered for the device could not prove to be it. */
  | { readonly kind: 'insecure' };

/** Error code of a device whose media did not come from the device itself. */
const insecureCode = 'not-secure';

export const deviceStatus = (device: DeviceView, hasLesson: boolean, picture: PictureState): DeviceStatus => {
  const { connection, report } = device;
  if (connection.state === 'never-seen') return { kind: 'never-seen' };
  if (connection.state === 'offline') return { kind: 'offline', since: connection.since };
  if (connection.state === 'quarantined') return { kind: 'quarantined', addresses: connection.addresses };
  if (device.lastError === insecureCode || picture === 'insecure') return { kind: 'insecure' };
  if (report.screenProblem === 'not-secure') return { kind: 'insecure' };
  if (connection.state === 'reconnecting') return { kind: 'reconnecting' };
  if (!hasLesson) return { kind: 'idle' };
  if (report.screenProblem !== null) return { kind: 'screen-problem', problem: report.screenProblem };
  if (picture === 'live') return { kind: 'live' };
  return { kind: picture === 'frozen' ? 'reconnecting' : 'connecting' };
};

export const isPresent = (device: DeviceView): boolean => device.connection.state === 'online';

export const isLocked = (device: DeviceView): boolean => device.report.lock.state === 'locked';
