// Runs in Chromium, on both sides of the bench: captures the display and sends it with the product's own sessions, or
// receives it and reads how old every decoded frame is. Measures nothing by itself; the bench asks.

import { createOfferer, type Offerer } from '../../renderer/webrtc/offerer.ts';
import { createPresenterSession, type PresenterSession } from '../../renderer/webrtc/presenter-session.ts';
import type { SignalPort } from '../../renderer/webrtc/signal-port.ts';
import { createViewerSession, type ViewerSession } from '../../renderer/webrtc/viewer-session.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import { ageMs, readBand } from '../support/bar-code.ts';

/** Sums over all connections of the page; counts run from the start of the capture. */
export type SendingCounts = {
  /** Streams with an encoder of their own. */
  readonly encoders: number;
  readonly connections: number;
  readonly framesCaptured: number;
  readonly framesEncoded: number;
  readonly keyFrames: number;
  /** Payload as the encoders made it, without RTP headers and what was sent again. */
  readonly encoderBytes: number;
  readonly encodeMs: number;
  readonly qualityLimitation: string;
  readonly width: number;
  readonly height: number;
};

export type ReceivingCounts = {
  readonly frames: number;
  /** When the first frame was decoded, in Unix milliseconds; null before it. */
  readonly firstFrameAtMs: number | null;
  /** Of every frame since `view` whose bar code could be read, in milliseconds. */
  readonly agesMs: readonly number[];
  /** Sum over all frames that left the jitter buffer, and their number. */
  readonly jitterBufferMs: number;
  readonly jitterBufferFrames: number;
  readonly width: number;
};

type Row = Record<string, number | string | undefined>;
type Processor = { readonly readable: ReadableStream<VideoFrame> };
/** Not in TypeScript's library; Chromium has it in windows too. */
type ProcessorMaker = new (init: { track: MediaStreamTrack }) => Processor;

declare global {
  interface Window {
    benchSend: (id: string, signal: Signal) => void;
    bench: typeof bench;
  }
}

const maxBitsPerSecond = 4_000_000;
const connections = new Set<RTCPeerConnection>();
const NativeConnection = window.RTCPeerConnection;
/** Every connection that anything in this page makes is counted: an encoder nobody knows of would be seen. */
window.RTCPeerConnection = class extends NativeConnection {
  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    connections.add(this);
  }
};

const listeners = new Map<string, (signal: Signal) => void>();
const portOf = (id: string): SignalPort => ({
  send: (signal) => window.benchSend(id, signal),
  onSignal(listener) {
    listeners.set(id, listener);
    return () => void listeners.delete(id);
  },
});

const problems: string[] = [];
const note = (who: string) => (problem: { readonly step: string; readonly error: Error }) =>
  void problems.push(`${who} ${problem.step}: ${problem.error.message}`);

let captured: MediaStreamTrack | null = null;
let session: PresenterSession | null = null;
let offerers: readonly Offerer[] = [];

const capturedTrack = (): MediaStreamTrack => {
  if (captured === null) throw new Error('Nothing is captured.');
  return captured;
};

const rowsOf = async (connection: RTCPeerConnection): Promise<Row[]> =>
  connection.connectionState === 'closed' ? [] : ([...(await connection.getStats()).values()] as Row[]);
const allRows = async (): Promise<Row[]> => (await Promise.all([...connections].map(rowsOf))).flat();
const sum = (rows: readonly Row[], key: string): number =>
  rows.reduce((total, row) => total + Number(row[key] ?? 0), 0);

type Viewing = {
  readonly session: ViewerSession;
  readonly agesMs: number[];
  frames: number;
  firstFrameAtMs: number | null;
  width: number;
};
let viewing: Viewing | null = null;

const cells = 44;
/** Two lines of the luma plane are all that leaves the frame: painting and reading back 1080p costs half a core. */
const readAge = async (frame: VideoFrame, nowMs: number): Promise<number | null> => {
  const { width, height } = frame.visibleRect ?? { width: 0, height: 0 };
  const rect = { x: 0, y: 2 * Math.round(height * 0.45), width: width & ~1, height: 2 };
  const bytes = new Uint8Array(frame.allocationSize({ rect }));
  const [luma] = await frame.copyTo(bytes, { rect });
  const row = new Uint8Array(cells * 4);
  for (let cell = 0; cell < cells; cell += 1) {
    const at = (luma?.offset ?? 0) + Math.floor(((cell + 0.5) * width) / cells);
    row.fill(bytes[at] ?? 0, cell * 4, cell * 4 + 4);
  }
  const code = readBand(row);
  return code === null ? null : ageMs(code, nowMs);
};

const readTrack = async (track: MediaStreamTrack, into: Viewing): Promise<void> => {
  const { MediaStreamTrackProcessor: Maker } = window as unknown as {
    MediaStreamTrackProcessor: ProcessorMaker;
  };
  const reader = new Maker({ track }).readable.getReader();
  for (;;) {
    const { value: frame, done } = await reader.read();
    if (done) return;
    const nowMs = Date.now();
    into.frames += 1;
    into.width = frame.displayWidth;
    into.firstFrameAtMs ??= nowMs;
    try {
      const age = await readAge(frame, nowMs);
      if (age !== null) into.agesMs.push(age);
    } finally {
      frame.close();
    }
  }
};

const bench = {
  deliver: (id: string, signal: Signal) => listeners.get(id)?.(signal),
  problems: () => problems,

  /** Captures the display the way the console does. */
  async capture(framesPerSecond: number) {
    const stream = await navigator.mediaDevices.getDisplayMedia({
      video: { frameRate: framesPerSecond },
      audio: false,
    });
    captured = stream.getVideoTracks()[0] ?? null;
    const { width, height, frameRate, displaySurface } = capturedTrack().getSettings();
    return { width, height, frameRate, displaySurface };
  },
  /** The product's way: one connection to the relay. */
  present(id: string) {
    session = createPresenterSession({ signals: portOf(id), track: capturedTrack(), maxBitsPerSecond });
    session.on('problem', note(id));
  },
  /** The other way: one connection per device, with the same settings. */
  presentMesh(ids: readonly string[]) {
    const track = capturedTrack();
    track.contentHint = 'detail';
    offerers = ids.map((id) => {
      const made = createOfferer({
        signals: portOf(id),
        startKbps: maxBitsPerSecond / 1000,
        setUp: (transport) =>
          transport.addTrack(track, {
            isActive: true,
            maxBitsPerSecond,
            maxFramesPerSecond: 30,
            scaleDownBy: 1,
            wantsKeyFrame: false,
          }),
        onStatus: () => {},
        onProblem: (step, error) => note(id)({ step, error }),
      });
      made.connect();
      return made;
    });
  },
  /** Ends capture and connections. */
  stop() {
    session?.stop();
    for (const each of offerers) each.close();
    captured?.stop();
    session = null;
    offerers = [];
    captured = null;
    connections.clear();
  },
  async sending(): Promise<SendingCounts> {
    const all = await allRows();
    const outbound = all.filter((row) => row.type === 'outbound-rtp' && row.kind === 'video');
    const sources = all.filter((row) => row.type === 'media-source' && row.kind === 'video');
    return {
      encoders: outbound.length,
      connections: connections.size,
      // Each connection sees the same captured frames.
      framesCaptured: Math.max(0, ...sources.map((row) => Number(row.frames ?? 0))),
      framesEncoded: sum(outbound, 'framesEncoded'),
      keyFrames: sum(outbound, 'keyFramesEncoded'),
      encoderBytes: sum(outbound, 'bytesSent') - sum(outbound, 'retransmittedBytesSent'),
      encodeMs: sum(outbound, 'totalEncodeTime') * 1000,
      qualityLimitation: String(outbound[0]?.qualityLimitationReason ?? ''),
      width: Number(outbound[0]?.frameWidth ?? 0),
      height: Number(outbound[0]?.frameHeight ?? 0),
    };
  },

  view(id: string) {
    const made: Viewing = {
      session: createViewerSession(portOf(id)),
      agesMs: [],
      frames: 0,
      firstFrameAtMs: null,
      width: 0,
    };
    viewing = made;
    made.session.on('problem', note(id));
    made.session.on('stream', (stream) => {
      const track = stream.getVideoTracks()[0];
      if (track !== undefined) void readTrack(track, made);
    });
  },
  async receiving(): Promise<ReceivingCounts> {
    if (viewing === null) throw new Error('Nothing is received.');
    const { frames, firstFrameAtMs, agesMs, width } = viewing;
    const inbound = (await allRows()).filter((row) => row.type === 'inbound-rtp' && row.kind === 'video');
    const jitterBufferMs = sum(inbound, 'jitterBufferDelay') * 1000;
    const jitterBufferFrames = sum(inbound, 'jitterBufferEmittedCount');
    return { frames, firstFrameAtMs, agesMs, width, jitterBufferMs, jitterBufferFrames };
  },
  closeView() {
    viewing?.session.close();
    viewing = null;
    connections.clear();
  },
};
window.bench = bench;
