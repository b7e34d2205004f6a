import { describe, expect, test } from 'vitest';
import { type DeviceReport, idleReport } from '../../../shared/domain/device.ts';
import type { DeviceId, LockId } from '../../../shared/domain/ids.ts';
import type { CommandBody } from '../../../shared/protocol/link.ts';
import { fail, ok } from '../../../shared/result/result.ts';
import { createFakeClock } from '../../lib/fake-clock.ts';
import { createConsoleLocks } from './console-locks.ts';

const device = (digit: string): DeviceId => digit.repeat(64) as DeviceId;
const [a, b] = [device('a'), device('b')];
const lockedAs = (lockId: string): DeviceReport => ({
  ...idleReport,
  lock: { state: 'locked', lockId: lockId as LockId, text: '', freeInMs: 1, coveredDisplays: 1 },
});

const setUp = () => {
  const clock = createFakeClock();
  const sent: [DeviceId, CommandBody][] = [];
  const away = new Set<DeviceId>();
  let count = 0;
  const locks = createConsoleLocks({
    command: async (id, body) => {
      sent.push([id, body]);
      return away.has(id) ? fail('gone') : ok(undefined);
    },
    onPending: () => {},
    save: () => {},
    newLockId: () => `lock-${++count}` as LockId,
    graceMs: 30_000,
    clock,
  });
  const verbs = (): string[] => sent.splice(0).map(([id, { verb }]) => `${id[0]} ${verb}`);
  return { clock, locks, away, verbs, sent };
};

describe('locks of the console', () => {
  test('every lock is renewed within the grace time until it is released', async () => {
    const { clock, locks, verbs } = setUp();
    await locks.lock([a, b], 'Ruhe', null);
    verbs();
    clock.advance(10_000);
    expect(verbs()).toEqual(['a renew-lock', 'b renew-lock', 'a renew-lock', 'b renew-lock']);
    await locks.unlock([a]);
    verbs();
    clock.advance(5_000);
    expect(verbs()).toEqual(['b renew-lock']);
  });

  test('the answer names each device that did not take it', async () => {
    const { locks, away } = setUp();
    away.add(b);
    expect(await locks.lock([a, b], 'Ruhe', null)).toEqual([
      { id: a, error: null },
      { id: b, error: 'gone' },
    ]);
  });

  test('a device that was away is locked when it comes back free', async () => {
    const { locks, away, verbs } = setUp();
    away.add(a);
    await locks.lock([a], 'Ruhe', null);
    away.clear();
    verbs();
    locks.heal(a, idleReport);
    expect(verbs()).toEqual(['a lock']);
  });

  test('a device that holds a lock nobody wants is freed', () => {
    const { locks, verbs } = setUp();
    locks.heal(a, lockedAs('old'));
    expect(verbs()).toEqual(['a unlock']);
  });

  test('a device in the wanted lock is left alone', async () => {
    const { locks, verbs } = setUp();
    await locks.lock([a], 'Ruhe', null);
    verbs();
    locks.heal(a, lockedAs('lock-1'));
    expect(verbs()).toEqual([]);
  });

  test('a timed lock is over on both sides: no renewal and no healing after its minutes', async () => {
    const { clock, locks, sent, verbs } = setUp();
    await locks.lock([a], 'Fünf Minuten', 5);
    expect(sent[0]?.[1]).toMatchObject({ capMs: 300_000, graceMs: 35_000 });
    clock.advance(300_000);
    verbs();
    clock.advance(10_000);
    locks.heal(a, idleReport);
    expect(verbs()).toEqual([]);
  });
});
