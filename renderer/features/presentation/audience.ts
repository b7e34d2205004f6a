// Who of the room really shows the presentation, and why the others do not. Pure.
import type { DeviceView } from '../../../shared/domain/device.ts';
import type { DeviceId } from '../../../shared/domain/ids.ts';

export type Missing = {
  readonly id: DeviceId;
  readonly name: string;
  readonly reason: 'connecting' | 'failed' | 'insecure' | 'none' | 'reconnecting';
};

export type Audience = {
  /** Devices that say that they show it now. */
  readonly showing: number;
  /** Devices that are there, or were a moment ago. */
  readonly total: number;
  readonly missing: readonly Missing[];
};

/** Devices that are off or away are not waited for and do not count. */
export const audienceOf = (devices: Iterable<DeviceView>): Audience => {
  const expected = [...devices].filter(
    ({ connection }) => connection.state === 'online' || connection.state === 'reconnecting',
  );
  const missing = expected.flatMap(({ id, name, connection, report }): Missing[] => {
    if (connection.state === 'reconnecting') return [{ id, name, reason: 'reconnecting' }];
    const { state } = report.presentation;
    return state === 'showing' ? [] : [{ id, name, reason: state }];
  });
  return { showing: expected.length - missing.length, total: expected.length, missing };
};
