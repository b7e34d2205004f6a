import { expect, test } from 'vitest';
import { type DeviceFacts, type DeviceView, idleReport } from '../../../shared/domain/device.ts';
import type { DeviceId } from '../../../shared/domain/ids.ts';
import { createFakeClock } from '../../lib/fake-clock.ts';
import { createDeviceRegistry, type KnownDevice } from './device-registry.ts';

const a = 'a'.repeat(64) as DeviceId;
const b = 'b'.repeat(64) as DeviceId;
const facts: DeviceFacts = { name: 'PC', os: 'linux', appVersion: '1', displays: [] };

const setUp = (known: KnownDevice[] = []) => {
  const clock = createFakeClock();
  const messages: (readonly DeviceView[])[] = [];
  let saved: readonly KnownDevice[] = known;
  const registry = createDeviceRegistry({
    known,
    save: (devices) => {
      saved = devices;
    },
    clock,
    onChanged: (devices) => messages.push(devices),
    onRemoved: () => {},
  });
  return { clock, registry, messages, saved: () => saved };
};

test('many changes reach the pages as one message', () => {
  const { clock, registry, messages } = setUp();
  registry.connected(a, '10.0.0.1', facts, idleReport);
  registry.connected(b, '10.0.0.2', facts, idleReport);
  registry.reported(a, { ...idleReport, screen: 'tile' });
  clock.advance(50);
  expect(messages.map((devices) => devices.length)).toEqual([2]);
});

test('a lost device is reconnecting first, offline after 6 seconds, and itself again when it is back', () => {
  const { clock, registry } = setUp();
  registry.connected(a, '10.0.0.1', facts, idleReport);
  registry.gone(a);
  clock.advance(5_999);
  expect(registry.get(a)?.connection.state).toBe('reconnecting');
  clock.advance(1);
  expect(registry.get(a)?.connection.state).toBe('offline');
  registry.connected(a, '10.0.0.9', facts, idleReport);
  clock.advance(60_000);
  expect(registry.get(a)?.connection).toMatchObject({ state: 'online', address: '10.0.0.9' });
});

test('name and seat are kept over a restart, and a known device is never seen before it comes', () => {
  const first = setUp();
  first.registry.connected(a, '10.0.0.1', facts, idleReport);
  first.registry.rename(a, 'Fensterplatz');
  const again = setUp([...first.saved()]);
  expect(again.registry.all()).toMatchObject([
    { name: 'Fensterplatz', seat: 0, connection: { state: 'never-seen' } },
  ]);
  again.registry.connected(a, '10.0.0.1', { ...facts, name: 'anders' }, idleReport);
  expect(again.registry.get(a)).toMatchObject({ name: 'Fensterplatz', seat: 0 });
});

test('two devices of the same name are told apart', () => {
  const { registry } = setUp();
  registry.connected(a, '10.0.0.1', facts, idleReport);
  registry.connected(b, '10.0.0.2', facts, idleReport);
  expect(registry.all().map(({ name, seat }) => `${seat} ${name}`)).toEqual(['0 PC', '1 PC (2)']);
});

test('a device whose key is at two places stays apart over a restart until the teacher lets it in again', () => {
  const first = setUp();
  first.registry.connected(a, '10.0.0.1', facts, idleReport);
  first.registry.quarantined(a, ['10.0.0.1', '10.0.0.66']);
  first.registry.gone(a);
  first.clock.advance(60_000);
  const again = setUp([...first.saved()]);
  expect(again.registry.isQuarantined(a)).toBe(true);
  expect(again.registry.get(a)?.connection).toMatchObject({ addresses: ['10.0.0.1', '10.0.0.66'] });
  expect(again.registry.online()).toEqual([]);
  expect(again.registry.readmitted(a)).toBe(true);
  expect(setUp([...again.saved()]).registry.isQuarantined(a)).toBe(false);
});

test('a device whose pictures were not its own is told so until it answers itself', () => {
  const { registry } = setUp();
  registry.connected(a, '10.0.0.1', facts, idleReport);
  registry.insecure(a);
  expect(registry.get(a)?.lastError).toBe('not-secure');
  registry.genuine(a);
  expect(registry.get(a)?.lastError).toBeNull();
  registry.pending(a, null, 'timeout');
  registry.genuine(a);
  expect(registry.get(a)?.lastError).toBe('timeout');
});
