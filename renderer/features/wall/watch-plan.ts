// Decides what each device is asked to send. Pure: what can be seen is wanted, nothing else.
import type { DeviceView, ScreenQuality } from '../../../shared/domain/device.ts';
import type { DeviceId } from '../../../shared/domain/ids.ts';

export type Wanted = { readonly id: DeviceId; readonly quality: ScreenQuality };

type View = {
  readonly devices: Iterable<DeviceView>;
  /** Tiles on screen now. */
  readonly visible: ReadonlySet<DeviceId>;
  readonly focused: DeviceId | null;
  /** The page itself cannot be seen (minimised): nobody looks, so nothing is sent. */
  readonly isPageHidden: boolean;
};

const qualityOf = (id: DeviceId, view: View): ScreenQuality => {
  if (view.isPageHidden) return 'off';
  if (view.focused !== null) return view.focused === id ? 'focus' : 'off';
  return view.visible.has(id) ? 'tile' : 'off';
};

/** The whole list, one entry per device that ever was there. */
export const planWatch = (view: View): readonly Wanted[] =>
  [...view.devices]
    .filter(({ connection }) => connection.state !== 'never-seen' && connection.state !== 'quarantined')
    .map((device) => ({ id: device.id, quality: qualityOf(device.id, view) }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));

export const isSamePlan = (a: readonly Wanted[], b: readonly Wanted[]): boolean =>
  a.length === b.length &&
  a.every((wanted, at) => wanted.id === b[at]?.id && wanted.quality === b[at]?.quality);
