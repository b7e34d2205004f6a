// Tells main what this page can show, as a whole list, a moment after it changed. Silent while no lesson runs.
import { useEffect, useRef, useSyncExternalStore } from 'react';
import type { DeviceId, LessonId } from '../../../shared/domain/ids.ts';
import { call } from '../../lib/ipc-client.ts';
import type { TileVisibility } from './tile-visibility.ts';
import { useWall } from './wall-store.ts';
import { isSamePlan, planWatch, type Wanted } from './watch-plan.ts';

/** Scrolling past tiles asks for nothing. */
const settleMs = 150;
/** A short look elsewhere does not switch the pictures off. */
const hiddenAfterMs = 2_000;

const subscribeToPage = (listener: () => void): (() => void) => {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onChange = (): void => {
    clearTimeout(timer);
    timer = setTimeout(listener, document.visibilityState === 'hidden' ? hiddenAfterMs : 0);
  };
  document.addEventListener('visibilitychange', onChange);
  return () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', onChange);
  };
};

/** `lessonId` null: no lesson runs and nothing is asked for. */
export const useWatch = (
  tiles: TileVisibility,
  focused: DeviceId | null,
  lessonId: LessonId | null,
): void => {
  const devices = useWall((wall) => wall.devices);
  const visible = useSyncExternalStore(
    (listener) => tiles.subscribe(listener),
    () => tiles.visible(),
  );
  const isPageHidden = useSyncExternalStore(subscribeToPage, () => document.visibilityState === 'hidden');
  const sent = useRef<{ readonly lessonId: LessonId; readonly plan: readonly Wanted[] } | null>(null);

  useEffect(() => {
    if (lessonId === null) {
      sent.current = null;
      return undefined;
    }
    const plan = planWatch({ devices: devices.values(), visible, focused, isPageHidden });
    const before = sent.current;
    if (before?.lessonId === lessonId && isSamePlan(before.plan, plan)) return undefined;
    const timer = setTimeout(async () => {
      sent.current = { lessonId, plan };
      const result = await call('wall:watch', { wanted: [...plan] });
      // Not taken: forget it, so that the next change says it all again.
      if (!result.ok) sent.current = null;
    }, settleMs);
    return () => clearTimeout(timer);
  }, [devices, visible, focused, isPageHidden, lessonId]);
};
