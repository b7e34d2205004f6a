// Stands in for main and for the devices, inside the page: answers the contract's calls from fixtures and sends
// real WebRTC pictures of drawn screens, so that the page's own sessions are seen at work.

import { createScreenSender, type ScreenSender } from '../../../renderer/webrtc/screen-sender.ts';
import type { DeviceId } from '../../../shared/domain/ids.ts';
import type { Signal } from '../../../shared/protocol/signal.ts';
import { defaultAppearance } from '../../../shared/settings/appearance.ts';
import { cameraToken } from './camera-token.ts';
import { drawScreen } from './drawn-screen.ts';
import { fakeCamera } from './fake-camera.ts';
import {
  type Answers,
  agentSnapshots,
  consoleSnapshot,
  deviceIdOf,
  devicePairing,
  foundRooms,
  pairingView,
  type Scene,
  watchLog,
} from './fixtures.ts';

type Setup = {
  readonly language: 'de' | 'en';
  readonly theme: 'light' | 'dark';
  readonly scene?: Scene;
  readonly agent?: string;
  readonly answers?: Answers;
};

declare global {
  interface Window {
    readonly harnessSetup: Setup;
  }
}

type Listener = (payload: unknown) => void;
const ok = (value: unknown) => ({ ok: true, value });
const fail = (code: string) => ({ ok: false, error: { code, retry: 'none' } });

const setup = window.harnessSetup;
const wishes = setup.answers ?? {};
const listeners = new Map<string, Set<Listener>>();
const emit = (channel: string, payload: unknown): void => {
  for (const listener of [...(listeners.get(channel) ?? [])]) listener(payload);
};

const emptyScene: Scene = { count: 0, hasLesson: false, kinds: 'calm', presentation: 'off' };
let snapshot = consoleSnapshot(setup.scene ?? emptyScene, Date.now());
let appearance = { ...defaultAppearance, language: setup.language, theme: setup.theme };
let calls: { channel: string; input: unknown }[] = [];

type Far = { readonly sender: ScreenSender; readonly take: (signal: Signal) => void };
const senders = new Map<string, Far>();

/** A device that sends a drawn screen over a connection of its own. */
const connectDevice = (id: string, seat: number): void => {
  if (senders.has(id)) return;
  const canvas = drawScreen(seat, 960, 540);
  const track = canvas.captureStream(5).getVideoTracks()[0];
  if (track === undefined) return;
  const heard = new Set<(signal: Signal) => void>();
  const sender = createScreenSender({
    signals: {
      send: (signal) => emit('signal:received', { from: { kind: 'device', id }, signal }),
      onSignal(listener) {
        heard.add(listener);
        return () => void heard.delete(listener);
      },
    },
    track,
    quality: 'tile',
  });
  senders.set(id, {
    sender,
    take: (signal) => {
      for (const listener of heard) listener(signal);
    },
  });
};

const change = (id: string, part: object): void => {
  snapshot = {
    ...snapshot,
    devices: snapshot.devices.map((device) => (device.id === id ? { ...device, ...part } : device)),
  };
  emit(
    'devices:changed',
    snapshot.devices.filter((device) => device.id === id),
  );
};

const watch = (wanted: readonly { id: DeviceId; quality: ScreenSender extends never ? never : string }[]) => {
  for (const { id, quality } of wanted) {
    const device = snapshot.devices.find((each) => each.id === id);
    if (device === undefined || device.connection.state !== 'online') continue;
    // The fixture of a connecting device never gets its picture.
    if (device.seat === 4 && setup.scene?.kinds === 'mixed') continue;
    if (quality !== 'off') connectDevice(id, device.seat);
    void senders.get(id)?.sender.setQuality(quality as 'tile' | 'focus' | 'off');
  }
  return ok({});
};

const previewPng = async (seat: number): Promise<Uint8Array> => {
  const blob = await new Promise<Blob | null>((done) => drawScreen(seat, 320, 180).toBlob(done));
  return new Uint8Array(blob === null ? [] : await blob.arrayBuffer());
};

const sources = async () =>
  ok([
    { id: 's0', kind: 'screen', name: 'Entire screen', thumbnailPng: await previewPng(2) },
    { id: 's1', kind: 'screen', name: 'Screen 2', thumbnailPng: await previewPng(7) },
    { id: 'w0', kind: 'window', name: 'Bruchrechnen – Seite 12', thumbnailPng: await previewPng(1) },
    { id: 'w1', kind: 'window', name: 'Vulkane.pdf', thumbnailPng: await previewPng(3) },
    { id: 'w2', kind: 'window', name: 'Terminal', thumbnailPng: null },
  ]);

const lock = (ids: readonly string[], isLocked: boolean) =>
  ok(
    ids.map((id, index) => {
      if (index === 2 && ids.length > 6) return { id, error: 'timeout' };
      const device = snapshot.devices.find((each) => each.id === id);
      const state = isLocked
        ? { state: 'locked', lockId: 'l', text: '', freeInMs: 100_000, coveredDisplays: 1 }
        : { state: 'free' };
      change(id, { report: { ...device?.report, lock: state } });
      return { id, error: null };
    }),
  );

const setPresentation = (presentation: unknown) => {
  snapshot = { ...snapshot, presentation: presentation as typeof snapshot.presentation };
  emit('presentation:changed', presentation);
  return ok(presentation);
};

let setupState: unknown =
  wishes.setup === 'needed'
    ? { state: 'needed', suggested: { roomName: 'LEHRER-PC-204', teacherName: 'LEHRER-PC-204' } }
    : {
        state: 'ready',
        recovery: wishes.setup === 'missing' ? 'missing' : 'none',
        renewal: wishes.setup === 'due' ? 'due' : 'none',
      };

const finishSetup = (value: unknown, recovery: string) => {
  if (wishes.setupProblem !== undefined) return fail(wishes.setupProblem);
  setupState = { state: 'ready', recovery, renewal: 'none' };
  emit('setup:changed', setupState);
  return ok(value);
};

const openUrl = (ids: readonly string[]) =>
  ok(ids.map((id, index) => ({ id, error: index === 2 && ids.length > 6 ? 'offline' : null })));

const answers: Record<string, (input: never) => unknown> = {
  'appearance:get': () => ok(appearance),
  'appearance:set': (part: object) => {
    appearance = { ...appearance, ...part };
    return ok(appearance);
  },
  'setup:state': () => ok(setupState),
  'setup:create-school': () => finishSetup({}, 'missing'),
  'setup:import-teacher': () => finishSetup({ isImported: true }, 'none'),
  'setup:save-recovery': () => finishSetup({ isSaved: true }, 'saved'),
  'pairing:open': () => ok(pairingView(wishes.pairing, Date.now())),
  'pairing:close': () => ok(pairingView('closed', Date.now())),
  'pairing:decide': ({ id, isSame }: { id: string; isSame: boolean }) => {
    const view = pairingView(wishes.pairing, Date.now());
    const state = isSame ? 'confirmed' : 'refused';
    return ok({
      ...view,
      requests: view.requests.map((each) => (each.id === id ? { ...each, state } : each)),
    });
  },
  'room:admit-device': ({ id }: { id: string }) => {
    change(id, { connection: { state: 'online', since: Date.now(), address: '10.20.0.17' } });
    return ok({});
  },
  'devices:open-url': ({ ids }: { ids: string[] }) => openUrl(ids),
  'device:find-rooms': () => ok(foundRooms(wishes.rooms ?? 0)),
  'device:pair': () => ok(devicePairing(wishes.devicePairing)),
  'device:decide-pairing': ({ isSame }: { isSame: boolean }) =>
    ok(isSame ? devicePairing('waiting-for-teacher') : { state: 'failed', code: 'refused' }),
  'device:cancel-pairing': () => ok({ state: 'idle' }),
  'device:watch-log': () => ok(wishes.hasNoWatchLog === true ? [] : watchLog(Date.now())),
  'room:snapshot': () => ok(snapshot),
  'room:rename-device': ({ id, name }: { id: string; name: string }) => {
    change(id, { name });
    return ok({});
  },
  'room:forget-device': ({ id }: { id: string }) => {
    emit('devices:removed', [id]);
    return ok({});
  },
  'room:create-token': ({ uses, hours }: { uses: number; hours: number }) =>
    ok({
      token: cameraToken,
      expiresAt: Date.now() + hours * 3_600_000,
      uses,
    }),
  'lesson:start': () => ok({ id: '3d1f0f5a-6d0e-4c0b-9a55-0d6f2f0b7a02', startedAt: Date.now() }),
  'lesson:end': () => ok({}),
  'wall:watch': ({ wanted }: { wanted: Parameters<typeof watch>[0] }) => watch(wanted),
  'devices:lock': ({ ids }: { ids: string[] }) => lock(ids, true),
  'devices:unlock': ({ ids }: { ids: string[] }) => lock(ids, false),
  'presentation:sources': sources,
  'presentation:choose-source': ({ id }: { id: string }) => ok({ id, kind: 'screen', name: 'Bildschirm 1' }),
  'presentation:start': () =>
    setPresentation({
      state: 'running',
      id: '3d1f0f5a-6d0e-4c0b-9a55-0d6f2f0b7a03',
      source: { id: 's0', kind: 'window', name: 'Bruchrechnen – Seite 12 – Dokumentbetrachter' },
      startedAt: Date.now(),
      relayGeneration: 1,
    }),
  'presentation:confirm-source': () => setPresentation(snapshot.presentation),
  'presentation:stop': () => setPresentation({ state: 'off' }),
  'presentation:set-paused': ({ isPaused }: { isPaused: boolean }) =>
    setPresentation({ ...snapshot.presentation, state: isPaused ? 'paused' : 'running' }),
  'signal:send': ({ to, signal }: { to: { kind: string; id?: string }; signal: Signal }) => {
    if (to.id !== undefined) senders.get(to.id)?.take(signal);
    return ok({});
  },
  'device:snapshot': () => ok(agentSnapshots(Date.now())[setup.agent ?? 'watched']),
  'device:enrol': () => fail('token-malformed'),
};

Object.defineProperty(window, 'lehrpult', {
  value: {
    call: async (channel: string, input: never) => {
      calls = [...calls.slice(-400), { channel, input }];
      return answers[channel]?.(input) ?? fail('unknown-channel');
    },
    on: (channel: string, listener: Listener) => {
      const set = listeners.get(channel) ?? new Set();
      listeners.set(channel, set);
      set.add(listener);
      return () => void set.delete(listener);
    },
  },
});

// A headless browser has no screen: what is presented is drawn as well.
navigator.mediaDevices.getDisplayMedia = async () => drawScreen(1, 1280, 720).captureStream(10);

fakeCamera(wishes.camera);

/** For the script that takes the pictures. */
Object.defineProperty(window, 'harness', {
  value: {
    emit,
    change,
    deviceIdOf,
    agents: () => agentSnapshots(Date.now()),
    /** The first device of a room that was empty. */
    addDevice: () =>
      emit('devices:changed', consoleSnapshot({ ...emptyScene, count: 2 }, Date.now()).devices),
    calls: () => calls,
    violations: () => violations,
  },
});

const violations: string[] = [];
addEventListener('securitypolicyviolation', (event) => {
  violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
});
