// The wall as this page sees it: main's devices, and what the teacher selected. Holds no picture.
import { create } from 'zustand';
import type { DeviceView } from '../../../shared/domain/device.ts';
import type { DeviceId } from '../../../shared/domain/ids.ts';

export type TileSize = 'small' | 'medium' | 'large';

type Wall = {
  readonly devices: ReadonlyMap<DeviceId, DeviceView>;
  /** Ids by seat. Stays the same object while nobody comes, goes or moves. */
  readonly order: readonly DeviceId[];
  readonly selected: ReadonlySet<DeviceId>;
  readonly tileSize: TileSize;
};

export const useWall = create<Wall>(() => ({
  devices: new Map(),
  order: [],
  selected: new Set(),
  tileSize: 'medium',
}));

const orderOf = (devices: ReadonlyMap<DeviceId, DeviceView>, before: readonly DeviceId[]) => {
  const sorted = [...devices.values()].sort((a, b) => a.seat - b.seat || a.name.localeCompare(b.name));
  const isSame = sorted.length === before.length && sorted.every((device, at) => device.id === before[at]);
  return isSame ? before : sorted.map((device) => device.id);
};

const withDevices = (wall: Wall, devices: ReadonlyMap<DeviceId, DeviceView>): Partial<Wall> => ({
  devices,
  order: orderOf(devices, wall.order),
  selected: [...wall.selected].every((id) => devices.has(id))
    ? wall.selected
    : new Set([...wall.selected].filter((id) => devices.has(id))),
});

/** Replaces everything by a snapshot of main. */
export const loadDevices = (devices: readonly DeviceView[]): void =>
  useWall.setState((wall) => withDevices(wall, new Map(devices.map((device) => [device.id, device]))));

/** Applies `devices:changed`. */
export const changeDevices = (changed: readonly DeviceView[]): void =>
  useWall.setState((wall) => {
    const devices = new Map(wall.devices);
    for (const device of changed) devices.set(device.id, device);
    return withDevices(wall, devices);
  });

/** Applies `devices:removed`. */
export const removeDevices = (ids: readonly DeviceId[]): void =>
  useWall.setState((wall) => {
    const devices = new Map(wall.devices);
    for (const id of ids) devices.delete(id);
    return withDevices(wall, devices);
  });

export const selectDevices = (ids: Iterable<DeviceId>): void => useWall.setState({ selected: new Set(ids) });

export const toggleDevice = (id: DeviceId): void =>
  useWall.setState(({ selected }) => {
    const next = new Set(selected);
    if (!next.delete(id)) next.add(id);
    return { selected: next };
  });

export const setTileSize = (tileSize: TileSize): void => useWall.setState({ tileSize });
