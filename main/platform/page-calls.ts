// Connects pages and router: every call with the window it came from, every event to the windows that may have it.
import { type Broadcast, createBroadcast, type Router } from '../ipc/router.ts';
import { type AppWindows, onPageCall } from './app-windows.ts';

export const broadcastTo = (windows: AppWindows): Broadcast => createBroadcast(windows.all);

export const servePages = (windows: AppWindows, router: Router): void =>
  onPageCall(windows, (channel, input, sender) =>
    router.handle(channel, input, sender && { kind: sender.kind, windowId: sender.id }),
  );
