import { describe, expect, it } from 'vitest';
import { type DeviceView, idleReport } from '../../../shared/domain/device.ts';
import { DeviceId } from '../../../shared/domain/ids.ts';
import { isSamePlan, planWatch } from './watch-plan.ts';

const idOf = (digit: string) => DeviceId.parse(digit.repeat(64));
const device = (digit: string, state: 'online' | 'never-seen' = 'online'): DeviceView => ({
  id: idOf(digit),
  name: digit,
  seat: 0,
  connection: state === 'online' ? { state, since: 0, address: '' } : { state },
  facts: null,
  report: idleReport,
  pending: null,
  lastError: null,
});
const devices = [device('b'), device('a'), device('c', 'never-seen')];
const base = { devices, visible: new Set([idOf('a')]), focused: null, isPageHidden: false };

describe('watch plan', () => {
  it('wants visible tiles and switches the others off', () => {
    expect(planWatch(base)).toEqual([
      { id: idOf('a'), quality: 'tile' },
      { id: idOf('b'), quality: 'off' },
    ]);
  });
  it('wants only the focused device while one is large', () => {
    expect(planWatch({ ...base, focused: idOf('b') })).toEqual([
      { id: idOf('a'), quality: 'off' },
      { id: idOf('b'), quality: 'focus' },
    ]);
  });
  it('wants nothing that nobody can see', () => {
    const plan = planWatch({ ...base, focused: idOf('b'), isPageHidden: true });
    expect(plan.every(({ quality }) => quality === 'off')).toBe(true);
  });
  it('knows when there is nothing new to say', () => {
    expect(isSamePlan(planWatch(base), planWatch({ ...base, devices: [...devices].reverse() }))).toBe(true);
    expect(isSamePlan(planWatch(base), planWatch({ ...base, visible: new Set() }))).toBe(false);
  });
});
