import { describe, expect, test } from 'vitest';
import type { LockId } from '../../../shared/domain/ids.ts';
import { createFakeClock } from '../../lib/fake-clock.ts';
import { createAgentLock, StoredLease } from './agent-lock.ts';

const id = (digit: number): LockId => `00000000-0000-4000-8000-00000000000${digit}` as LockId;

const setUp = (kept: StoredLease | null = null) => {
  const clock = createFakeClock();
  const screen = { covered: false, text: '' };
  let stored = kept;
  let listener = (_displays: number): void => {};
  const lock = createAgentLock({
    cover: {
      cover({ text }) {
        screen.covered = true;
        screen.text = text;
        return 2;
      },
      uncover() {
        screen.covered = false;
      },
      onCovered(given) {
        listener = given;
        return () => {};
      },
    },
    store: {
      load: () => stored,
      save: (lease) => {
        stored = lease;
      },
    },
    clock,
    onChange: () => {},
  });
  return { clock, screen, lock, stored: () => stored, displaysChanged: (count: number) => listener(count) };
};

const order = {
  lockId: id(1),
  text: 'Augen nach vorn',
  teacher: 'Frau Muster',
  graceMs: 30_000,
  capMs: 600_000,
};

describe('[Note: lock lease]', () => {
  test('a lock that nobody renews ends at the grace time, not before', () => {
    const { clock, screen, lock } = setUp();
    lock.lock(order);
    clock.advance(29_999);
    expect(screen.covered).toBe(true);
    clock.advance(1);
    expect(screen.covered).toBe(false);
    expect(lock.report()).toEqual({ state: 'free' });
  });

  test('renewals carry it on, but never past the cap', () => {
    const { clock, screen, lock } = setUp();
    lock.lock({ ...order, capMs: 60_000 });
    for (let time = 0; time < 55_000; time += 5_000) {
      clock.advance(5_000);
      lock.renew(order.lockId);
    }
    expect(screen.covered).toBe(true);
    clock.advance(5_000);
    expect(screen.covered).toBe(false);
    expect(lock.renew(order.lockId)).toBe(false);
  });

  test('a jump of the wall clock neither frees nor lengthens it', () => {
    const { clock, screen, lock } = setUp();
    lock.lock(order);
    clock.setWall(clock.wallMs() + 86_400_000);
    clock.advance(29_000);
    expect(screen.covered).toBe(true);
    clock.setWall(clock.wallMs() - 2 * 86_400_000);
    clock.advance(1_000);
    expect(screen.covered).toBe(false);
  });

  test('a release for another lock leaves this one, a release for any ends it', () => {
    const { screen, lock } = setUp();
    lock.lock(order);
    lock.unlock(id(2));
    expect(screen.covered).toBe(true);
    lock.unlock(null);
    expect(screen.covered).toBe(false);
  });

  test('the report says what is covered now, also when a display comes', () => {
    const { lock, displaysChanged } = setUp();
    lock.lock(order);
    expect(lock.report()).toMatchObject({ state: 'locked', coveredDisplays: 2, freeInMs: 30_000 });
    displaysChanged(3);
    expect(lock.report()).toMatchObject({ coveredDisplays: 3 });
  });

  test('a restart within the lease covers again for what is left of it', () => {
    const first = setUp();
    first.lock.lock(order);
    first.clock.advance(10_000);
    const again = setUp(first.stored());
    again.clock.setWall(first.clock.wallMs());
    again.lock.restore();
    expect(again.screen).toEqual({ covered: true, text: 'Augen nach vorn' });
    again.clock.advance(20_000);
    expect(again.screen.covered).toBe(false);
    expect(again.stored()).toBeNull();
  });

  test('what is kept is what the schema of the file takes, also from a clock with fractions of milliseconds', () => {
    const { clock, lock, stored } = setUp();
    clock.advance(0.37);
    lock.lock(order);
    expect(StoredLease.safeParse(stored()).success).toBe(true);
  });

  test('a clock set back before the restart gives no more than one grace time', () => {
    const first = setUp();
    first.lock.lock(order);
    const again = setUp(first.stored());
    again.clock.setWall(first.clock.wallMs() - 86_400_000);
    again.lock.restore();
    again.clock.advance(30_000);
    expect(again.screen.covered).toBe(false);
  });

  test('a restart after the lease leaves the device free', () => {
    const first = setUp();
    first.lock.lock(order);
    const again = setUp(first.stored());
    again.clock.setWall(first.clock.wallMs() + 30_001);
    again.lock.restore();
    expect(again.screen.covered).toBe(false);
  });
});
