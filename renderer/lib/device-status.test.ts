import { describe, expect, it } from 'vitest';
import { type DeviceView, idleReport } from '../../shared/domain/device.ts';
import { DeviceId } from '../../shared/domain/ids.ts';
import { deviceStatus } from './device-status.ts';

const device = (change: Partial<DeviceView>): DeviceView => ({
  id: DeviceId.parse('a'.repeat(64)),
  name: 'PC-01',
  seat: 0,
  connection: { state: 'online', since: 1, address: '10.0.0.1' },
  facts: null,
  report: idleReport,
  pending: null,
  lastError: null,
  ...change,
});

describe('device status', () => {
  it('shows no picture while no lesson runs, even if one is still there', () => {
    expect(deviceStatus(device({}), false, 'live')).toEqual({ kind: 'idle' });
  });
  it('is live only with a picture', () => {
    expect(deviceStatus(device({}), true, 'none')).toEqual({ kind: 'connecting' });
    expect(deviceStatus(device({}), true, 'live')).toEqual({ kind: 'live' });
    expect(deviceStatus(device({}), true, 'frozen')).toEqual({ kind: 'reconnecting' });
  });
  it('names a link that is away before anything about the picture', () => {
    const away = device({ connection: { state: 'offline', since: 5 } });
    expect(deviceStatus(away, true, 'live')).toEqual({ kind: 'offline', since: 5 });
    expect(deviceStatus(device({ connection: { state: 'never-seen' } }), true, 'live').kind).toBe(
      'never-seen',
    );
  });
  it('says why there is no picture', () => {
    const report = { ...idleReport, screenProblem: 'no-permission' as const };
    expect(deviceStatus(device({ report }), true, 'live')).toEqual({
      kind: 'screen-problem',
      problem: 'no-permission',
    });
  });
  it('names a doubled identity before any other trouble', () => {
    const addresses = ['10.0.0.1', '10.0.0.9'];
    const doubled = device({
      connection: { state: 'quarantined', since: 5, addresses },
      lastError: 'not-secure',
    });
    expect(deviceStatus(doubled, false, 'live')).toEqual({ kind: 'quarantined', addresses });
  });
  it('never shows a picture of an unproven far end', () => {
    expect(deviceStatus(device({ lastError: 'not-secure' }), true, 'live')).toEqual({ kind: 'insecure' });
  });
});
