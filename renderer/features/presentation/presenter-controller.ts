// Captures what the teacher shows and keeps it flowing to the relay: starts, changes the source under the running
// connection, offers anew to a new relay, and notices when the source is gone. Outside React and every store.
import type { PresentationView } from '../../../shared/domain/lesson.ts';
import { fail, ok, type Result } from '../../../shared/result/result.ts';
import { errorText } from '../../lib/error-text.ts';
import { call } from '../../lib/ipc-client.ts';
import { notify } from '../../lib/notices.ts';
import { createPresenterSession, type PresenterSession } from '../../webrtc/presenter-session.ts';
import type { SignalPort } from '../../webrtc/signal-port.ts';
import { loadPresentation, usePresentation } from './presentation-store.ts';

const framesPerSecond = 30;

/** Arms main with the source and captures it. */
const capture = async (sourceId: string): Promise<Result<MediaStream>> => {
  const chosen = await call('presentation:choose-source', { id: sourceId });
  if (!chosen.ok) return chosen;
  try {
    return ok(
      await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: framesPerSecond }, audio: false }),
    );
  } catch (error) {
    const name = error instanceof DOMException ? error.name : 'unknown';
    if (name === 'NotAllowedError') return fail('no-permission', 'choose-again', name);
    return fail(name === 'NotFoundError' ? 'source-gone' : 'capture-failed', 'choose-again', name);
  }
};

const stopTracks = (stream: MediaStream): void => {
  for (const track of stream.getTracks()) track.stop();
};

export class PresenterController {
  readonly #signals: SignalPort;
  readonly #listeners = new Set<() => void>();
  #session: PresenterSession | null = null;
  #stream: MediaStream | null = null;
  #generation = 0;
  #isPaused = false;

  constructor(signals: SignalPort) {
    this.#signals = signals;
  }

  /** What is shown now, for the small preview; null while nothing is. */
  stream(): MediaStream | null {
    return this.#stream;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Begins the presentation with that source. Nothing is left running when it fails. */
  async start(sourceId: string): Promise<Result<void>> {
    const captured = await capture(sourceId);
    if (!captured.ok) return captured;
    const started = await call('presentation:start', {});
    if (!started.ok) {
      stopTracks(captured.value);
      return started;
    }
    const track = captured.value.getVideoTracks()[0];
    if (track === undefined) return fail('capture-failed', 'choose-again');
    this.#session?.stop();
    this.#generation = started.value.state === 'off' ? 0 : started.value.relayGeneration;
    this.#isPaused = false;
    this.#session = createPresenterSession({ signals: this.#signals, track, framesPerSecond });
    this.#session.on('status', (status) => {
      if (status === 'insecure') notify('problem', errorText('not-secure'));
    });
    this.#session.on('source-ended', () => void this.#onSourceEnded());
    this.#show(captured.value);
    // Events that came before the answer are newer than it.
    if (usePresentation.getState().view.state === 'off') loadPresentation(started.value);
    else this.follow(usePresentation.getState().view);
    return ok(undefined);
  }

  /** Shows another source over the same connection and goes on if the old one had ended. */
  async change(sourceId: string): Promise<Result<void>> {
    const session = this.#session;
    if (session === null) return this.start(sourceId);
    const captured = await capture(sourceId);
    if (!captured.ok) return captured;
    const track = captured.value.getVideoTracks()[0];
    if (track === undefined) return fail('capture-failed', 'choose-again');
    const hadEnded = usePresentation.getState().capture === 'ended';
    // Shown before it is sent: a window that is closed meanwhile ends after this, not before.
    this.#show(captured.value);
    await session.replaceTrack(track);
    const confirmed = await call('presentation:confirm-source', {});
    if (confirmed.ok) loadPresentation(confirmed.value);
    if (track.readyState === 'ended') await this.#onSourceEnded();
    else if (hadEnded) await this.setPaused(false);
    return ok(undefined);
  }

  async setPaused(isPaused: boolean): Promise<Result<void>> {
    const result = await call('presentation:set-paused', { isPaused });
    if (!result.ok) return result;
    loadPresentation(result.value);
    this.follow(result.value);
    return ok(undefined);
  }

  async stop(): Promise<Result<void>> {
    const result = await call('presentation:stop', {});
    if (!result.ok) return result;
    loadPresentation(result.value);
    this.follow(result.value);
    return ok(undefined);
  }

  /** Does what main's view of the presentation asks of the one who captures. */
  follow(view: PresentationView): void {
    if (view.state === 'off') {
      this.#end();
      return;
    }
    const session = this.#session;
    if (session === null) return;
    if (view.relayGeneration > this.#generation) {
      this.#generation = view.relayGeneration;
      session.reconnect();
    }
    const isPaused = view.state === 'paused';
    if (isPaused === this.#isPaused) return;
    this.#isPaused = isPaused;
    void (isPaused ? session.pause() : session.resume());
  }

  #show(stream: MediaStream): void {
    this.#stream = stream;
    usePresentation.setState({ capture: 'active' });
    for (const listener of [...this.#listeners]) listener();
  }

  async #onSourceEnded(): Promise<void> {
    usePresentation.setState({ capture: 'ended' });
    // The devices keep the last picture until the teacher has chosen again.
    await this.setPaused(true);
  }

  #end(): void {
    this.#session?.stop();
    this.#session = null;
    this.#stream = null;
    usePresentation.setState({ capture: 'none', picker: 'closed' });
    for (const listener of [...this.#listeners]) listener();
  }
}
