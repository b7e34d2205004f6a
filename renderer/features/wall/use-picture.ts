// How a component sees one device's picture: the sessions come by context, the stream never enters a store.
import { createContext, useCallback, useContext, useSyncExternalStore } from 'react';
import type { DeviceId } from '../../../shared/domain/ids.ts';
import type { Picture, ScreenSessions } from './screen-sessions.ts';

export const ScreenSessionsContext = createContext<ScreenSessions | null>(null);

export const usePicture = (id: DeviceId): Picture => {
  const sessions = useContext(ScreenSessionsContext);
  if (sessions === null) throw new Error('No screen sessions above this component.');
  const subscribe = useCallback((listener: () => void) => sessions.subscribe(id, listener), [sessions, id]);
  return useSyncExternalStore(subscribe, () => sessions.picture(id));
};
