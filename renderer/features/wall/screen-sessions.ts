// The live pictures of the wall: one receiving session per device, outside React and outside every store.
// Whoever shows a device asks here for its stream; closing the lesson closes them all.
import type { DeviceId } from '../../../shared/domain/ids.ts';
import type { PictureState } from '../../lib/device-status.ts';
import type { SignalHub } from '../../lib/signal-hub.ts';
import { createScreenReceiver, type ScreenReceiver } from '../../webrtc/screen-receiver.ts';

export type Picture = { readonly state: PictureState; readonly stream: MediaStream | null };

const noPicture: Picture = { state: 'none', stream: null };

export class ScreenSessions {
  readonly #hub: SignalHub;
  readonly #makeReceiver: typeof createScreenReceiver;
  readonly #receivers = new Map<DeviceId, ScreenReceiver>();
  readonly #pictures = new Map<DeviceId, Picture>();
  readonly #listeners = new Map<DeviceId, Set<() => void>>();
  #isOpen = false;

  constructor(hub: SignalHub, makeReceiver: typeof createScreenReceiver = createScreenReceiver) {
    this.#hub = hub;
    this.#makeReceiver = makeReceiver;
    // A device begins the conversation; without a lesson nobody here listens to it.
    hub.onDeviceSignal((id) => {
      if (this.#isOpen) this.#receiverOf(id);
    });
  }

  /** A lesson runs: pictures are taken from now on. */
  open(): void {
    this.#isOpen = true;
  }

  /** The lesson is over: every session ends and every picture is forgotten. Twice is fine. */
  close(): void {
    this.#isOpen = false;
    for (const id of [...this.#receivers.keys()]) this.forget(id);
  }

  /** Takes up a conversation that a former load of this page had; the device still believes in it. */
  resume(id: DeviceId): void {
    if (this.#isOpen && !this.#receivers.has(id)) this.#receiverOf(id).ask();
  }

  forget(id: DeviceId): void {
    this.#receivers.get(id)?.close();
    this.#receivers.delete(id);
    this.#set(id, noPicture);
    this.#pictures.delete(id);
  }

  /** The same object until something changes. */
  picture(id: DeviceId): Picture {
    return this.#pictures.get(id) ?? noPicture;
  }

  /** Calls back after every change of that device's picture; gives the way to stop. */
  subscribe(id: DeviceId, listener: () => void): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    };
  }

  #receiverOf(id: DeviceId): ScreenReceiver {
    const existing = this.#receivers.get(id);
    if (existing !== undefined) return existing;
    const receiver = this.#makeReceiver(this.#hub.device(id));
    this.#receivers.set(id, receiver);
    this.#set(id, { state: 'connecting', stream: null });
    receiver.on('stream', (stream) => this.#set(id, { ...this.picture(id), stream }));
    receiver.on('status', (status) => {
      if (status === 'insecure') this.#set(id, { state: status, stream: null });
      else if (status !== 'closed') this.#set(id, { ...this.picture(id), state: status });
    });
    return receiver;
  }

  #set(id: DeviceId, picture: Picture): void {
    this.#pictures.set(id, picture);
    for (const listener of [...(this.#listeners.get(id) ?? [])]) listener();
  }
}
