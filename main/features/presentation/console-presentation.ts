// The teacher's presentation: what is shown, to whom, and the relay that carries it. Devices that come late or
// back join by themselves; a relay that dies is replaced and everyone joins the new one.
import type { DeviceId, PresentationId } from '../../../shared/domain/ids.ts';
import type { PresentationSource, PresentationView } from '../../../shared/domain/lesson.ts';
import type { CommandBody } from '../../../shared/protocol/link.ts';
import type { SourceState } from '../../../shared/protocol/relay.ts';
import type { Signal } from '../../../shared/protocol/signal.ts';
import { type AppError, fail, ok, type Result } from '../../../shared/result/result.ts';
import type { RelayEvent, RelayHost } from './relay-host.ts';

type Parts = {
  readonly relay: RelayHost;
  readonly command: (id: DeviceId, body: CommandBody) => Promise<Result<void>>;
  readonly signalDevice: (id: DeviceId, signal: Signal) => void;
  readonly signalPage: (signal: Signal) => void;
  readonly onlineDevices: () => readonly DeviceId[];
  readonly newPresentationId: () => PresentationId;
  readonly wallMs: () => number;
  /** Whoever answered the relay for this device is not the device; nothing was sent there. */
  readonly onInsecure: (id: DeviceId) => void;
  /** The device itself answered. */
  readonly onGenuine: (id: DeviceId) => void;
  readonly onChange: (view: PresentationView) => void;
};

export type ConsolePresentation = {
  readonly view: () => PresentationView;
  /** Remembers what the page is about to capture; nothing is shown of it before it is confirmed. */
  readonly chooseSource: (source: PresentationSource) => void;
  /** The page captures the chosen source now. */
  readonly confirmSource: () => Result<PresentationView>;
  readonly start: () => Result<PresentationView>;
  readonly stop: () => PresentationView;
  readonly setPaused: (isPaused: boolean) => Result<PresentationView>;
  readonly fromPage: (signal: Signal) => void;
  readonly fromDevice: (id: DeviceId, signal: Signal) => void;
  readonly deviceConnected: (id: DeviceId) => void;
  readonly deviceGone: (id: DeviceId) => void;
  /** The presenting page is gone (closed, crashed, reloaded): nothing can be shown any more. */
  readonly pageGone: () => void;
  readonly relayReady: () => void;
  readonly relayLost: () => void;
  readonly relayEvent: (event: RelayEvent) => void;
};

export const createConsolePresentation = (parts: Parts): ConsolePresentation => {
  const { relay } = parts;
  let view: PresentationView = { state: 'off' };
  let chosen: PresentationSource | null = null;
  let isRelayReady = false;
  let relayGeneration = 0;
  let wasPaused = false;

  const change = (next: PresentationView): PresentationView => {
    view = next;
    parts.onChange(view);
    return view;
  };

  const show = async (id: DeviceId): Promise<void> => {
    if (view.state === 'off') return;
    const presentationId = view.id;
    // The device opens its window while the relay prepares the connection: neither waits for the other.
    if (isRelayReady) relay.post({ type: 'peer-add', peerId: id });
    const result = await parts.command(id, { verb: 'show-presentation', presentationId });
    if (!result.ok) relay.post({ type: 'peer-remove', peerId: id });
  };

  const addEverybody = (): void => {
    for (const id of parts.onlineDevices()) relay.post({ type: 'peer-add', peerId: id });
  };

  const stop = (): PresentationView => {
    if (view.state === 'off') return view;
    const presentationId = view.id;
    for (const id of parts.onlineDevices()) {
      relay.post({ type: 'peer-remove', peerId: id });
      void parts.command(id, { verb: 'end-presentation', presentationId });
    }
    relay.post({ type: 'source-close' });
    if (wasPaused) relay.post({ type: 'set-paused', isPaused: false });
    wasPaused = false;
    return change({ state: 'off' });
  };

  const onSourceState = (state: SourceState): void => {
    if (view.state === 'off') return;
    if (state === 'connected' && (view.state === 'starting' || view.state === 'recovering')) {
      change({ ...view, state: wasPaused ? 'paused' : 'running' });
    } else if ((state === 'lost' || state === 'insecure') && view.state !== 'recovering') {
      change({ ...view, state: 'recovering' });
    }
  };

  return {
    view: () => view,
    chooseSource(source) {
      chosen = source;
    },
    confirmSource() {
      if (view.state === 'off' || chosen === null) return fail('not-presenting');
      return ok(change({ ...view, source: chosen }));
    },
    start() {
      if (chosen === null) return fail('no-source', 'choose-again');
      if (view.state !== 'off') return ok(view);
      relay.start();
      const started = change({
        state: 'starting',
        id: parts.newPresentationId(),
        source: chosen,
        startedAt: parts.wallMs(),
        relayGeneration,
      });
      for (const id of parts.onlineDevices()) void show(id);
      return ok(started);
    },
    stop,
    setPaused(isPaused): Result<PresentationView, AppError> {
      if (view.state !== 'running' && view.state !== 'paused') return fail('not-presenting');
      wasPaused = isPaused;
      relay.post({ type: 'set-paused', isPaused });
      return ok(change({ ...view, state: isPaused ? 'paused' : 'running' }));
    },
    fromPage: (signal) => relay.post({ type: 'source-signal', signal }),
    fromDevice: (id, signal) => {
      if (view.state !== 'off') relay.post({ type: 'peer-signal', peerId: id, signal });
    },
    deviceConnected: (id) => void show(id),
    deviceGone: (id) => relay.post({ type: 'peer-remove', peerId: id }),
    pageGone: () => void stop(),
    relayReady() {
      isRelayReady = true;
      relayGeneration += 1;
      if (view.state === 'off') return;
      if (wasPaused) relay.post({ type: 'set-paused', isPaused: true });
      addEverybody();
      change({ ...view, relayGeneration });
    },
    relayLost() {
      isRelayReady = false;
      if (view.state !== 'off') change({ ...view, state: 'recovering' });
    },
    relayEvent(event) {
      if (event.type === 'source-signal') parts.signalPage(event.signal);
      else if (event.type === 'source-state') onSourceState(event.state);
      else if (event.type === 'peer-state') {
        if (event.state === 'insecure') parts.onInsecure(event.peerId as DeviceId);
        else if (event.state === 'connected') parts.onGenuine(event.peerId as DeviceId);
      } else if (event.type === 'peer-signal') parts.signalDevice(event.peerId as DeviceId, event.signal);
    },
  };
};
