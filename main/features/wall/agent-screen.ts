// The device's side of the wall: which quality leaves it, and that the pupil sees it.
//
// [Note: indicator] The indicator is shown before a frame may leave and hidden after the last one could have left.
// No message and no setting reaches it: it follows from the quality alone.
import type { ScreenQuality } from '../../../shared/domain/device.ts';
import type { Signal } from '../../../shared/protocol/signal.ts';
import type { ScreenPort, ScreenState } from './screen-port.ts';

export type Watched = {
  readonly by: string;
  readonly quality: Exclude<ScreenQuality, 'off'>;
  /** Unix milliseconds. */
  readonly since: number;
};

export type AgentScreen = {
  readonly watch: (quality: ScreenQuality, teacher: string) => void;
  readonly receive: (signal: Signal) => void;
  /** A console is connected; its page knows nothing of earlier conversations. */
  readonly connected: () => void;
  /** Nobody can look any more. */
  readonly disconnected: () => void;
  readonly state: () => ScreenState;
  readonly watched: () => Watched | null;
  readonly close: () => void;
};

type Parts = {
  readonly port: ScreenPort;
  readonly wallMs: () => number;
  readonly onChange: () => void;
};

export const createAgentScreen = ({ port, wallMs, onChange }: Parts): AgentScreen => {
  let state: ScreenState = { screen: 'off', screenProblem: null };
  let watched: Watched | null = null;

  const order = (quality: ScreenQuality, teacher: string): void => {
    if (quality === 'off') {
      port.setQuality('off');
      watched = null;
      port.showIndicator(null);
    } else {
      const isSame = watched?.by === teacher;
      watched = { by: teacher, quality, since: isSame && watched !== null ? watched.since : wallMs() };
      port.showIndicator(watched);
      port.setQuality(quality);
    }
    onChange();
  };

  const stopState = port.onState((next) => {
    state = next;
    onChange();
  });

  return {
    watch: order,
    receive: port.deliver,
    connected: port.reset,
    disconnected() {
      if (watched !== null) order('off', '');
      port.reset();
    },
    state: () => state,
    watched: () => watched,
    close() {
      stopState();
      port.close();
    },
  };
};
