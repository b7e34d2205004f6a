// What the agent needs of whatever captures and sends this device's screen: a page of the app, or recorded video.
import type { DeviceReport, ScreenQuality } from '../../../shared/domain/device.ts';
import type { Signal } from '../../../shared/protocol/signal.ts';

export type ScreenState = Pick<DeviceReport, 'screen' | 'screenProblem'>;

export type ScreenPort = {
  /** Orders a quality; `off` stops every frame. What really leaves the device comes back by `onState`. */
  readonly setQuality: (quality: ScreenQuality) => void;
  /** A signal from the console's page about this screen. The device offers. */
  readonly deliver: (signal: Signal) => void;
  /** Signals for the console's page. */
  readonly onSignal: (listener: (signal: Signal) => void) => () => void;
  readonly onState: (listener: (state: ScreenState) => void) => () => void;
  /** A new console is at the far end: whatever was negotiated before is void. */
  readonly reset: () => void;
  /** What a pupil sees while frames leave the device; null when none do. Called before the first frame may leave. */
  readonly showIndicator: (watched: { readonly by: string; readonly quality: ScreenQuality } | null) => void;
  readonly close: () => void;
};
