// The console's side of one device's screen: answers the device and yields its stream; quality is the device's matter.
import { createReceivingSession, type ReceivingSession } from './receiving-session.ts';
import type { SignalPort } from './signal-port.ts';

export type ScreenReceiver = ReceivingSession;

/** One per device. After a reload of the page call `ask`: the device still believes in the old connection. */
export const createScreenReceiver = (signals: SignalPort): ScreenReceiver => createReceivingSession(signals);
