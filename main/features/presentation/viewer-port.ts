// What the agent needs of whatever shows a presentation: a window of the app, or a sink that counts frames.
import type { ReportedPresentation } from '../../../shared/domain/device.ts';
import type { Signal } from '../../../shared/protocol/signal.ts';

export type ViewerState = Exclude<ReportedPresentation['state'], 'none'>;

export type ViewerPort = {
  /** Opens the presentation on the device; the picture comes by the signals. Called again it starts afresh. */
  readonly show: () => void;
  readonly hide: () => void;
  /** A signal from the console's relay. The relay offers. */
  readonly deliver: (signal: Signal) => void;
  /** Signals for the relay. */
  readonly onSignal: (listener: (signal: Signal) => void) => () => void;
  readonly onState: (listener: (state: ViewerState) => void) => () => void;
  readonly close: () => void;
};
