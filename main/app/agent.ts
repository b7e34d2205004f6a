// Wires the agent: link, screen, presentation, lock. It knows no window and no electron, so that simulated devices run
// the very same code with other ports.
import type { DeviceFacts, DeviceReport } from '../../shared/domain/device.ts';
import type { LessonId } from '../../shared/domain/ids.ts';
import type {
  AgentMessage,
  CommandBody,
  CommandRefusal,
  ConsoleMessage,
  SignalChannel,
  Verb,
} from '../../shared/protocol/link.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import { fail, ok, type Result } from '../../shared/result/result.ts';
import { type AgentLock, createAgentLock, type LeaseStore } from '../features/control/agent-lock.ts';
import type { CoverPort } from '../features/control/cover-port.ts';
import { type AgentViewer, createAgentViewer } from '../features/presentation/agent-viewer.ts';
import type { ViewerPort } from '../features/presentation/viewer-port.ts';
import { type AgentScreen, createAgentScreen, type Watched } from '../features/wall/agent-screen.ts';
import type { ScreenPort } from '../features/wall/screen-port.ts';
import type { Clock } from '../lib/clock.ts';

type Welcome = Extract<ConsoleMessage, { type: 'welcome' }>;
type CommandResult = Result<void, { readonly code: CommandRefusal }>;

/** What the link gives to the agent. A new verb does not compile until it is handled here. */
export type AgentHandlers = {
  readonly onWelcome: (welcome: Welcome) => void;
  readonly onLesson: (lesson: LessonId | null) => void;
  readonly onSignal: (channel: SignalChannel, signal: Signal) => void;
  /** The connection is gone; another one may follow. */
  readonly onDown: () => void;
  readonly commands: {
    readonly [V in Verb]: (body: Extract<CommandBody, { verb: V }>) => CommandResult;
  };
  /** What a new connection says of this device in its hello. */
  readonly hello: () => { readonly facts: DeviceFacts; readonly report: DeviceReport };
};

/** The link as the agent uses it. What is sent while it is down is dropped: hello says it all again. */
export type AgentLink = {
  readonly send: (message: Exclude<AgentMessage, { type: 'hello' | 'result' }>) => void;
  readonly close: () => void | Promise<void>;
};

export type AgentPorts = { readonly screen: ScreenPort; readonly viewer: ViewerPort; readonly cover: CoverPort };

type Parts = {
  readonly ports: AgentPorts;
  readonly leases: LeaseStore;
  readonly facts: () => DeviceFacts;
  readonly clock: Clock;
  readonly connect: (handlers: AgentHandlers) => AgentLink;
  /** Something that people see has changed. */
  readonly onChange: () => void;
};

export type Agent = {
  readonly report: () => DeviceReport;
  readonly watched: () => Watched | null;
  readonly lockNotice: () => { readonly text: string; readonly teacher: string } | null;
  readonly console: () => { readonly room: string; readonly teacher: string; readonly hasLesson: boolean } | null;
  /** The displays or the name changed. */
  readonly factsChanged: () => void;
  readonly close: () => Promise<void>;
};

type Features = { readonly screen: AgentScreen; readonly viewer: AgentViewer; readonly lock: AgentLock };
type Session = { room: string; teacher: string; lesson: LessonId | null };

const commandHandlers = (
  { screen, viewer, lock }: Features,
  session: () => Session | null,
): AgentHandlers['commands'] => {
  /** Nothing begins outside a lesson; ending is always allowed. */
  const inLesson = (begin: (teacher: string) => CommandResult): CommandResult => {
    const current = session();
    return current === null || current.lesson === null ? fail('not-in-lesson') : begin(current.teacher);
  };
  return {
    lock: ({ verb: _verb, ...order }) => inLesson((teacher) => lock.lock({ ...order, teacher })),
    'renew-lock': ({ lockId }) => inLesson(() => lock.renew(lockId)),
    unlock({ lockId }) {
      lock.unlock(lockId);
      return ok(undefined);
    },
    watch({ quality }) {
      const set = (teacher: string): CommandResult => {
        screen.watch(quality, teacher);
        return ok(undefined);
      };
      return quality === 'off' ? set('') : inLesson(set);
    },
    'show-presentation': ({ presentationId }) => inLesson(() => viewer.show(presentationId)),
    'end-presentation': ({ presentationId }) => viewer.end(presentationId),
  };
};

export const createAgent = (parts: Parts): Agent => {
  const { ports, clock } = parts;
  let session: Session | null = null;
  let link: AgentLink | null = null;
  let sent = '';
  let isReporting = false;

  const report = (): DeviceReport => ({
    lock: lock.report(),
    presentation: viewer.report(),
    ...screen.state(),
  });

  // Changes of one turn go out together, and only if something differs.
  const onChange = (): void => {
    if (isReporting) return;
    isReporting = true;
    queueMicrotask(() => {
      isReporting = false;
      const next = report();
      const text = JSON.stringify(next, (key, value: unknown) => (key === 'freeInMs' ? 0 : value));
      if (text !== sent) link?.send({ type: 'report', report: next });
      sent = text;
      parts.onChange();
    });
  };

  const screen = createAgentScreen({ port: ports.screen, wallMs: clock.wallMs, onChange });
  const viewer = createAgentViewer({ port: ports.viewer, clock, onChange });
  const lock = createAgentLock({ cover: ports.cover, store: parts.leases, clock, onChange });

  const setLesson = (lesson: LessonId | null): void => {
    if (session !== null) session.lesson = lesson;
    if (lesson === null) {
      lock.unlock(null);
      viewer.end(null);
      screen.watch('off', '');
    }
    onChange();
  };

  ports.screen.onSignal((signal) => link?.send({ type: 'signal', channel: 'screen', signal }));
  ports.viewer.onSignal((signal) => link?.send({ type: 'signal', channel: 'presentation', signal }));

  lock.restore();
  link = parts.connect({
    hello: () => ({ facts: parts.facts(), report: report() }),
    onWelcome({ room, teacher, lesson }) {
      session = { room: room.name, teacher, lesson };
      sent = '';
      screen.connected();
      viewer.connected();
      setLesson(lesson);
    },
    onLesson: setLesson,
    onSignal(channel, signal) {
      if (channel === 'screen') screen.receive(signal);
      else if (viewer.report().state !== 'none') ports.viewer.deliver(signal);
    },
    onDown() {
      session = null;
      screen.disconnected();
      viewer.disconnected();
      onChange();
    },
    commands: commandHandlers({ screen, viewer, lock }, () => session),
  });

  return {
    report,
    watched: screen.watched,
    lockNotice: lock.notice,
    console: () =>
      session && { room: session.room, teacher: session.teacher, hasLesson: session.lesson !== null },
    factsChanged: () => link?.send({ type: 'facts', facts: parts.facts() }),
    async close() {
      await link?.close();
      screen.close();
      viewer.close();
      lock.close();
    },
  };
};
