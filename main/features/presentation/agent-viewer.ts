// The device's side of a presentation: it is shown while the console says so and the link or its grace time lasts.
import type { ReportedPresentation } from '../../../shared/domain/device.ts';
import type { PresentationId } from '../../../shared/domain/ids.ts';
import type { Clock } from '../../lib/clock.ts';
import type { ViewerPort } from './viewer-port.ts';

/** How long the last picture stays while the console is away before the pupil gets the screen back. */
const orphanMs = 10_000;

export type AgentViewer = {
  readonly show: (id: PresentationId) => void;
  readonly end: (id: PresentationId | null) => void;
  readonly connected: () => void;
  readonly disconnected: () => void;
  readonly report: () => ReportedPresentation;
  readonly close: () => void;
};

type Parts = { readonly port: ViewerPort; readonly clock: Clock; readonly onChange: () => void };

export const createAgentViewer = ({ port, clock, onChange }: Parts): AgentViewer => {
  let report: ReportedPresentation = { state: 'none' };
  let stopTimer = (): void => {};

  const end = (): void => {
    stopTimer();
    if (report.state === 'none') return;
    report = { state: 'none' };
    port.hide();
    onChange();
  };

  const stopState = port.onState((state) => {
    if (report.state === 'none' || report.state === state) return;
    report = { state, presentationId: report.presentationId };
    onChange();
  });

  return {
    show(id) {
      stopTimer();
      report = { state: 'connecting', presentationId: id };
      port.show();
      onChange();
    },
    end(id) {
      // An older presentation's end must not close a newer one.
      if (id === null || report.state === 'none' || report.presentationId === id) end();
    },
    connected: () => stopTimer(),
    disconnected() {
      stopTimer();
      stopTimer = clock.after(orphanMs, end);
    },
    report: () => report,
    close() {
      stopTimer();
      stopState();
      port.close();
    },
  };
};
