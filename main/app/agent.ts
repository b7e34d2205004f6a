// Wires the agent: link, screen, presentation, lock. It knows no window and no electron, so that simulated devices run
// the very same code with other ports.
import type { DeviceFacts, DeviceReport } from '../../shared/domain/device.ts';
import type { LessonId } from '../../shared/domain/ids.ts';
import type { SignalChannel } from '../../shared/protocol/link.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import { type AgentLock, createAgentLock, type LeaseStore } from '../features/control/agent-lock.ts';
import type { BrowserPort } from '../features/control/browser-port.ts';
import type { CoverPort } from '../features/control/cover-port.ts';
import { type AgentViewer, createAgentViewer } from '../features/presentation/agent-viewer.ts';
import type { ViewerPort } from '../features/presentation/viewer-port.ts';
import { type AgentScreen, createAgentScreen, type Watched } from '../features/wall/agent-screen.ts';
import type { ScreenPort } from '../features/wall/screen-port.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import {
  type CommandHandlers,
  createLinkClient,
  type LinkClient,
  type RefusedCommand,
} from '../link/link-client.ts';
import type { LinkStatus } from '../link/link-status.ts';
import type { Membership } from './agent-enrolment.ts';

export type AgentPorts = {
  readonly screen: ScreenPort;
  readonly viewer: ViewerPort;
  readonly cover: CoverPort;
  readonly browser: BrowserPort;
};

export type AgentParts = {
  /** null: not enrolled; nothing is dialled until `enrolled` gives one. */
  readonly membership: Membership | null;
  /** Where the console may be, best first; asked before each try. */
  readonly addresses: () => readonly string[];
  readonly ports: AgentPorts;
  readonly leases: LeaseStore;
  readonly facts: () => DeviceFacts;
  readonly clock: Clock;
  readonly log: Log;
  /** An order was not carried out. */
  readonly onRefused: (refused: RefusedCommand) => void;
  /** A new certificate for this device's key, with its chain, to be kept. */
  readonly onCertificate: (certificatePem: string) => void;
  /** Something that people see has changed. */
  readonly onChange: () => void;
};

export type Agent = {
  readonly report: () => DeviceReport;
  readonly watched: () => Watched | null;
  readonly lockNotice: () => { readonly text: string; readonly teacher: string } | null;
  readonly linkStatus: () => LinkStatus;
  readonly hasLesson: () => boolean;
  /** The device has joined a school: it dials from now on as its member. */
  readonly enrolled: (membership: Membership) => void;
  /** There is reason to believe that the console can be reached again. */
  readonly nudge: () => void;
  /** The displays or the name changed. */
  readonly factsChanged: () => void;
  /** Ends link and ports; a lock stays in its file and holds again at the next start. */
  readonly close: () => void;
};

type Features = {
  readonly screen: AgentScreen;
  readonly viewer: AgentViewer;
  readonly lock: AgentLock;
  readonly browser: BrowserPort;
};

/** Whether a command may be carried out was decided before, by the link's gate. */
const commandHandlers = (
  { screen, viewer, lock, browser }: Features,
  teacher: () => string,
): CommandHandlers => ({
  lock({ verb: _verb, ...order }) {
    lock.lock({ ...order, teacher: teacher() });
    return null;
  },
  'renew-lock': ({ lockId }) => (lock.renew(lockId) ? null : 'unknown-lock'),
  unlock({ lockId }) {
    lock.unlock(lockId);
    return null;
  },
  watch({ quality }) {
    screen.watch(quality, teacher());
    return null;
  },
  'show-presentation'({ presentationId }) {
    viewer.show(presentationId);
    return null;
  },
  'end-presentation'({ presentationId }) {
    viewer.end(presentationId);
    return null;
  },
  'open-url': ({ url }) => browser.open(url),
});

/** Calls `action` once for all changes of one turn. */
const oncePerTurn = (action: () => void): (() => void) => {
  let isPlanned = false;
  return () => {
    if (isPlanned) return;
    isPlanned = true;
    queueMicrotask(() => {
      isPlanned = false;
      action();
    });
  };
};

/** A report as text, without what changes by itself. */
const essence = (report: DeviceReport): string =>
  JSON.stringify(report, (key, value: unknown) => (key === 'freeInMs' ? 0 : value));

export const createAgent = (parts: AgentParts): Agent => {
  const { ports, clock, log } = parts;
  let teacher = '';
  let lesson: LessonId | null = null;
  let client: LinkClient | null = null;
  let sent = '';
  let isOnline = false;
  let isClosed = false;

  const onChange = oncePerTurn(() => {
    if (isClosed) return;
    const next = report();
    const text = essence(next);
    if (text !== sent && client?.send({ type: 'report', report: next }) === true) sent = text;
    parts.onChange();
  });

  const screen = createAgentScreen({ port: ports.screen, wallMs: clock.wallMs, onChange });
  const viewer = createAgentViewer({ port: ports.viewer, clock, onChange });
  const lock = createAgentLock({ cover: ports.cover, store: parts.leases, clock, onChange });
  const report = (): DeviceReport => ({
    lock: lock.report(),
    presentation: viewer.report(),
    ...screen.state(),
  });

  const setLesson = (next: LessonId | null): void => {
    lesson = next;
    if (next === null) {
      lock.unlock(null);
      viewer.end(null);
      screen.watch('off', '');
    }
    onChange();
  };

  const onStatus = (status: LinkStatus): void => {
    if (status.state !== 'online' && isOnline) {
      lesson = null;
      screen.disconnected();
      viewer.disconnected();
    }
    isOnline = status.state === 'online';
    onChange();
  };

  const connect = (membership: Membership | null): void => {
    client?.stop();
    const next = createLinkClient({
      identity: membership?.identity ?? null,
      roster: membership?.roster ?? null,
      onCertificate: parts.onCertificate,
      onRefused: parts.onRefused,
      addresses: parts.addresses,
      facts: parts.facts,
      report,
      log,
      clock,
      handlers: {
        commands: commandHandlers({ screen, viewer, lock, browser: ports.browser }, () => teacher),
        signal: (channel: SignalChannel, signal: Signal) => {
          if (channel === 'screen') screen.receive(signal);
          else if (viewer.report().state !== 'none') ports.viewer.deliver(signal);
        },
        welcome(welcome) {
          teacher = welcome.teacherName;
          sent = essence(report());
          screen.connected();
          viewer.connected();
          setLesson(welcome.lesson);
        },
        lesson: setLesson,
      },
    });
    next.events.on('status', onStatus);
    client = next;
    next.start();
  };

  ports.screen.onSignal((signal) => void client?.send({ type: 'signal', channel: 'screen', signal }));
  ports.viewer.onSignal((signal) => void client?.send({ type: 'signal', channel: 'presentation', signal }));
  lock.restore();
  connect(parts.membership);

  return {
    report,
    watched: screen.watched,
    lockNotice: lock.notice,
    linkStatus: () => client?.status() ?? { state: 'stopped' },
    hasLesson: () => lesson !== null,
    enrolled: connect,
    nudge: () => client?.nudge(),
    factsChanged: () => void client?.send({ type: 'facts', facts: parts.facts() }),
    close() {
      isClosed = true;
      client?.stop();
      screen.close();
      viewer.close();
      lock.close();
    },
  };
};
