import { describe, expect, it } from 'vitest';
import { type DeviceConnection, type DeviceView, idleReport } from '../../../shared/domain/device.ts';
import { DeviceId, PresentationId } from '../../../shared/domain/ids.ts';
import { audienceOf } from './audience.ts';

const presentationId = PresentationId.parse('7f9c24e8-3b12-4c5a-9f60-2d0a5a5f3a11');
const device = (
  digit: string,
  connection: Exclude<DeviceConnection['state'], 'quarantined'>,
  state: 'none' | 'connecting' | 'showing' | 'failed',
): DeviceView => ({
  id: DeviceId.parse(digit.repeat(64)),
  name: `PC-${digit}`,
  seat: 0,
  connection:
    connection === 'online'
      ? { state: connection, since: 0, address: '' }
      : connection === 'never-seen'
        ? { state: connection }
        : { state: connection, since: 0 },
  facts: null,
  report: { ...idleReport, presentation: state === 'none' ? { state } : { state, presentationId } },
  pending: null,
  lastError: null,
});

describe('audience', () => {
  it('counts what devices report, not what was ordered', () => {
    const audience = audienceOf([
      device('1', 'online', 'showing'),
      device('2', 'online', 'connecting'),
      device('3', 'online', 'failed'),
      device('4', 'online', 'none'),
    ]);
    expect(audience.showing).toBe(1);
    expect(audience.total).toBe(4);
    expect(audience.missing.map(({ reason }) => reason)).toEqual(['connecting', 'failed', 'none']);
  });
  it('does not believe an old report of a device that is away', () => {
    const audience = audienceOf([device('1', 'reconnecting', 'showing'), device('2', 'offline', 'showing')]);
    expect(audience).toMatchObject({ showing: 0, total: 1, missing: [{ reason: 'reconnecting' }] });
  });
});
