// The device's side of a presentation: answers the relay and yields the stream to show.
import { createReceivingSession, type ReceivingSession } from './receiving-session.ts';
import type { SignalPort } from './signal-port.ts';

export type ViewerSession = ReceivingSession;

/** Waits for the relay's offer; call `ask` when it may have come before this page listened. */
export const createViewerSession = (signals: SignalPort): ViewerSession => createReceivingSession(signals);
