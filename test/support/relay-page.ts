// Runs in Chromium: the real sessions on a drawn picture whose colours and frame number can be read back.

import { createPresenterSession, type PresenterSession } from '../../renderer/webrtc/presenter-session.ts';
import type { ReceivingSession } from '../../renderer/webrtc/receiving-session.ts';
import { createScreenReceiver } from '../../renderer/webrtc/screen-receiver.ts';
import { createScreenSender, type ScreenSender } from '../../renderer/webrtc/screen-sender.ts';
import type { SignalPort } from '../../renderer/webrtc/signal-port.ts';
import { createViewerSession } from '../../renderer/webrtc/viewer-session.ts';
import type { ScreenQuality } from '../../shared/domain/device.ts';
import type { Signal } from '../../shared/protocol/signal.ts';

/** What a shown frame says: its colour name and the number drawn into it. */
export type Picture = { readonly colour: string; readonly number: number; readonly width: number };
export type PictureOptions = {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly colour: string;
  /** Draws only the first frames and then leaves the picture alone. */
  readonly isStill?: boolean;
  /** Noise moves over the picture so that it costs bits like a real screen. */
  readonly isBusy?: boolean;
};

declare global {
  interface Window {
    rigSend: (id: string, signal: Signal) => void;
    rig: typeof rig;
  }
}

const colours: Record<string, readonly [number, number, number]> = {
  red: [200, 40, 40],
  green: [40, 180, 60],
  blue: [40, 60, 200],
  white: [230, 230, 230],
};
const bits = 16;

const listeners = new Map<string, (signal: Signal) => void>();
const portOf = (id: string): SignalPort => ({
  send: (signal) => window.rigSend(id, signal),
  onSignal(listener) {
    listeners.set(id, listener);
    return () => void listeners.delete(id);
  },
});

const drawFrame = (context: CanvasRenderingContext2D, options: PictureOptions, frame: number): void => {
  const { width, height } = context.canvas;
  const [red, green, blue] = colours[options.colour] ?? [0, 0, 0];
  context.fillStyle = `rgb(${red},${green},${blue})`;
  context.fillRect(0, 0, width, height);
  if (options.isBusy) {
    for (let line = 0; line < 40; line += 1) {
      context.fillStyle = `hsl(${(line * 37 + frame * 3) % 360} 70% 50%)`;
      context.fillText(
        `Zeile ${line} von Bild ${frame} `.repeat(6),
        ((frame * 7) % 200) - 100,
        height * 0.3 + line * 14,
      );
    }
  }
  for (let bit = 0; bit < bits; bit += 1) {
    context.fillStyle = (frame >> bit) & 1 ? '#fff' : '#000';
    context.fillRect((bit * width) / bits, 0, width / bits, height / 8);
  }
};

const drawnTrack = (options: PictureOptions): MediaStreamTrack => {
  const canvas = document.createElement('canvas');
  canvas.width = options.width;
  canvas.height = options.height;
  document.body.append(canvas);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('No canvas.');
  context.font = '14px monospace';
  let frame = 0;
  const timer = setInterval(() => {
    frame += 1;
    if (!options.isStill || frame < 10) drawFrame(context, options, frame);
  }, 1000 / options.framesPerSecond);
  drawFrame(context, options, 0);
  const track = canvas.captureStream(options.framesPerSecond).getVideoTracks()[0];
  if (track === undefined) throw new Error('No track.');
  const stop = track.stop.bind(track);
  track.stop = () => {
    clearInterval(timer);
    canvas.remove();
    stop();
  };
  return track;
};

const readPicture = (video: HTMLVideoElement): Picture | null => {
  if (video.videoWidth === 0) return null;
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  const context = canvas.getContext('2d');
  if (context === null) return null;
  context.drawImage(video, 0, 0);
  const at = (x: number, y: number) =>
    context.getImageData(Math.floor(x * canvas.width), Math.floor(y * canvas.height), 1, 1).data;
  const middle = at(0.9, 0.2);
  const distance = (colour: readonly [number, number, number]) =>
    colour.reduce((sum, value, index) => sum + Math.abs(value - (middle[index] ?? 0)), 0);
  const nearest = Object.entries(colours).sort(([, a], [, b]) => distance(a) - distance(b))[0];
  let number = 0;
  for (let bit = 0; bit < bits; bit += 1) {
    if ((at((bit + 0.5) / bits, 1 / 16)[0] ?? 0) > 128) number |= 1 << bit;
  }
  const isNear = nearest !== undefined && distance(nearest[1]) < 90;
  return { colour: isNear ? nearest[0] : `rgb ${middle.join(' ')}`, number, width: video.videoWidth };
};

type Receiving = {
  readonly session: ReceivingSession;
  readonly video: HTMLVideoElement;
  readonly statuses: string[];
  readonly problems: string[];
  firstFrames: number;
};
const presenters = new Map<string, PresenterSession>();
const senders = new Map<string, ScreenSender>();
const receivers = new Map<string, Receiving>();
const problems: string[] = [];

const receive = (id: string, session: ReceivingSession): void => {
  const video = document.createElement('video');
  video.style.width = '320px';
  document.body.append(video);
  const receiving: Receiving = { session, video, statuses: [session.status()], problems, firstFrames: 0 };
  receivers.set(id, receiving);
  session.on('status', (status) => receiving.statuses.push(status));
  session.on('problem', ({ step, error }) => problems.push(`${id} ${step}: ${error.message}`));
  session.on('first-frame', () => {
    receiving.firstFrames += 1;
  });
  session.attach(video);
};
const must = <T>(value: T | undefined): T => {
  if (value === undefined) throw new Error('Nothing under that id.');
  return value;
};

/** Every connection that the page has made since `spy`, and the frames that got out of one, wherever they went. */
const connections: RTCPeerConnection[] = [];
let deliveredFrames = 0;
/** Chromium's own, unknown to TypeScript's library. */
declare class MediaStreamTrackProcessor {
  readonly readable: ReadableStream<VideoFrame>;
  constructor(options: { readonly track: MediaStreamTrack });
}
const countFrames = async (track: MediaStreamTrack): Promise<void> => {
  const reader = new MediaStreamTrackProcessor({ track: track.clone() }).readable.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    value.close();
    deliveredFrames += 1;
  }
};
const spy = (): void => {
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
      this.addEventListener('track', ({ track }) => void countFrames(track));
    }
  };
};

const rig = {
  spy,
  /** Frames that got out of any connection since `spy`; decoding or showing starts with one. */
  deliveredFrames: () => deliveredFrames,
  /** Frames that any connection since `spy` has encoded. */
  async encodedFrames() {
    const reports = await Promise.all(connections.map((connection) => connection.getStats()));
    const rows = reports.flatMap((report) => [...report.values()]);
    return rows.reduce((sum, row) => sum + (row.type === 'outbound-rtp' ? (row.framesEncoded ?? 0) : 0), 0);
  },
  /** Offers the newest connection anew with other ICE credentials, as an ICE restart does. */
  async restartIce(id: string, generation: number) {
    const connection = must(connections.at(-1));
    await connection.setLocalDescription(await connection.createOffer({ iceRestart: true }));
    const sdp = connection.localDescription?.sdp ?? '';
    window.rigSend(id, { kind: 'offer', sdp, generation });
  },
  /** Name of the ICE user of the newest connection's far end. */
  remoteUser: () =>
    /^a=ice-ufrag:(.*)$/m.exec(must(connections.at(-1)).remoteDescription?.sdp ?? '')?.[1]?.trim() ?? null,
  deliver: (id: string, signal: Signal) => listeners.get(id)?.(signal),
  problems: () => problems,
  present(id: string, options: PictureOptions) {
    const session = createPresenterSession({ signals: portOf(id), track: drawnTrack(options) });
    session.on('problem', ({ step, error }) => problems.push(`${id} ${step}: ${error.message}`));
    presenters.set(id, session);
  },
  presentOther: (id: string, options: PictureOptions) =>
    must(presenters.get(id)).replaceTrack(drawnTrack(options)),
  presenter: (id: string, action: 'pause' | 'resume' | 'reconnect' | 'stop') =>
    must(presenters.get(id))[action](),
  presenterStatus: (id: string) => must(presenters.get(id)).status(),
  presenterStats: (id: string) => must(presenters.get(id)).stats(),
  view: (id: string) => receive(id, createViewerSession(portOf(id))),
  sendScreen(id: string, options: PictureOptions, quality: ScreenQuality) {
    const sender = createScreenSender({ signals: portOf(id), track: drawnTrack(options), quality });
    sender.on('problem', ({ step, error }) => problems.push(`${id} ${step}: ${error.message}`));
    senders.set(id, sender);
  },
  setQuality: (id: string, quality: ScreenQuality) => must(senders.get(id)).setQuality(quality),
  senderStatus: (id: string) => must(senders.get(id)).status(),
  senderStats: (id: string) => must(senders.get(id)).stats(),
  closeSender: (id: string) => must(senders.get(id)).close(),
  receiveScreen: (id: string) => receive(id, createScreenReceiver(portOf(id))),
  ask: (id: string) => must(receivers.get(id)).session.ask(),
  closeReceiver(id: string) {
    must(receivers.get(id)).session.close();
    must(receivers.get(id)).session.close();
  },
  picture: (id: string) => readPicture(must(receivers.get(id)).video),
  receiverStats: (id: string) => must(receivers.get(id)).session.stats(),
  frames: (id: string) => must(receivers.get(id)).session.frames(),
  receiver(id: string) {
    const { session, statuses, firstFrames } = must(receivers.get(id));
    return { status: session.status(), statuses, firstFrames };
  },
  /** Milliseconds until a frame at least that wide is on screen. */
  untilWidth: (id: string, width: number) =>
    new Promise<number>((resolve) => {
      const { video } = must(receivers.get(id));
      const from = performance.now();
      const look: VideoFrameRequestCallback = (now, frame) => {
        if (frame.width >= width) resolve(now - from);
        else video.requestVideoFrameCallback(look);
      };
      video.requestVideoFrameCallback(look);
    }),
};
window.rig = rig;
