// A device's screen without a display: recorded video over a real WebRTC connection. Behaves like the page that captures:
// the device offers, changes quality without negotiating again, answers NACK and key frame requests.
import nodeDataChannel, { type Track } from 'node-datachannel';
import type { ScreenPort, ScreenState } from '../../main/features/wall/screen-port.ts';
import type { ScreenQuality } from '../../shared/domain/device.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import { createListeners } from './listeners.ts';
import { createLoopPlayer } from './loop-player.ts';
import { createNativePeer, type NativePeer, type NativeState } from './native-peer.ts';
import type { DesktopRecording } from './recording.ts';
import { asksForKeyFrame } from './rtcp.ts';
import type { TimerWheel } from './timer-wheel.ts';
import { Vp8Packetiser } from './vp8-rtp.ts';

const payloadType = 96;
/** Packets kept for the receiver to ask again: three 1080p key frames. */
const nackRingPackets = 256;
/** An offer without a connection is repeated; each time later than the one before. */
const connectTimeoutMs = 6_000;
const longestRetryMs = 8_000;
const disconnectedGraceMs = 2_000;

export type ScreenStats = {
  readonly quality: ScreenQuality;
  readonly connections: number;
  readonly isConnected: boolean;
  readonly framesSent: number;
  readonly keyFramesSent: number;
  readonly packetsSent: number;
  readonly bytesSent: number;
  readonly packetsRefused: number;
  readonly keyFramesAsked: number;
  /** What the native side refused; each cost a new connection. */
  readonly problems: readonly string[];
  /** Who looks, as the pupil is told; null when nobody does. */
  readonly indicator: { readonly by: string; readonly quality: ScreenQuality } | null;
};

export type SimulatedScreen = ScreenPort & { readonly stats: () => ScreenStats };

export type SimulatedScreenParts = {
  readonly name: string;
  /** Number of the device in the fleet. */
  readonly index: number;
  readonly recording: DesktopRecording;
  readonly wheel: TimerWheel;
  /** Gives [0, 1). */
  readonly random: () => number;
  /** Local address to use alone, null for all. */
  readonly bindAddress: string | null;
};

type Connection = { readonly peer: NativePeer; readonly track: Track; isOpen: boolean };

const counters = () => ({
  connections: 0,
  framesSent: 0,
  keyFramesSent: 0,
  packetsSent: 0,
  bytesSent: 0,
  packetsRefused: 0,
  keyFramesAsked: 0,
});

/** Adds what libdatachannel leaves out of its offer (RFC 5104 section 7.1). */
const addTrack = (peer: NativePeer, ssrc: number): Track => {
  const video = new nodeDataChannel.Video('0', 'SendOnly');
  video.addVP8Codec(payloadType);
  video.parseSdpLine(`a=rtcp-fb:${payloadType} ccm fir`);
  video.addSSRC(ssrc, 'device', 'screen', 'screen-video');
  const track = peer.native.addTrack(video);
  track.setMediaHandler(new nodeDataChannel.RtcpNackResponder(nackRingPackets));
  return track;
};

export const createSimulatedScreen = (parts: SimulatedScreenParts): SimulatedScreen => {
  const { wheel, random } = parts;
  const signals = createListeners<Signal>();
  const states = createListeners<ScreenState>();
  const counts = counters();
  const ssrc = 1 + Math.floor(random() * 0x7fff_fffe);
  let quality: ScreenQuality = 'off';
  let reported: ScreenQuality = 'off';
  const problems: string[] = [];
  let connection: Connection | null = null;
  let lastGeneration = 0;
  let attempt = 0;
  let indicator: ScreenStats['indicator'] = null;
  let retry: NodeJS.Timeout | undefined;

  const report = (screen: ScreenQuality): void => {
    if (reported === screen) return;
    reported = screen;
    states.tell({ screen, screenProblem: null });
  };

  const player = createLoopPlayer({
    recording: parts.recording,
    index: parts.index,
    random,
    wheel,
    packetiser: new Vp8Packetiser({ ssrc, payloadType, random }),
    send(packet) {
      let isSent = false;
      try {
        isSent = connection?.track.sendMessageBinary(packet) ?? false;
      } catch {
        // The track closed between two events; the state change that tells it is on its way.
      }
      if (isSent) {
        counts.packetsSent += 1;
        counts.bytesSent += packet.length;
      } else counts.packetsRefused += 1;
      return isSent;
    },
    onFrame(sent, isKey) {
      counts.framesSent += 1;
      if (isKey) counts.keyFramesSent += 1;
      report(sent);
    },
  });

  const playNow = (): void => {
    player.play(quality === 'off' || connection?.isOpen !== true ? null : quality);
  };

  const disconnect = (): void => {
    clearTimeout(retry);
    const old = connection;
    connection = null;
    player.play(null);
    report('off');
    old?.peer.close();
  };
  const later = (delayMs: number): void => {
    clearTimeout(retry);
    retry = setTimeout(connect, delayMs);
    retry.unref();
  };
  const retryDelayMs = (): number => Math.min(longestRetryMs, 500 * 2 ** attempt) * (0.5 + random() / 2);

  const onState = (generation: number, state: NativeState): void => {
    if (connection?.peer.generation !== generation) return;
    if (state === 'connected') {
      clearTimeout(retry);
      attempt = 0;
    } else later(state === 'disconnected' ? disconnectedGraceMs : retryDelayMs());
  };

  /** Offers a new connection, whatever there was. */
  const connect = (): void => {
    disconnect();
    // Rises within this device and from one start of it to the next, see [Note: generation].
    lastGeneration = Math.max(lastGeneration + 1, Math.floor(Date.now() / 1000) % 2_000_000_000);
    const generation = lastGeneration;
    const peer = createNativePeer({
      name: parts.name,
      generation,
      bindAddress: parts.bindAddress,
      send: signals.tell,
      onState: (state) => onState(generation, state),
      onProblem: (detail) => problems.push(detail),
    });
    const made: Connection = { peer, track: addTrack(peer, ssrc), isOpen: false };
    connection = made;
    counts.connections += 1;
    made.track.onOpen(() => {
      made.isOpen = true;
      if (connection === made) playNow();
    });
    made.track.onMessage((message) => {
      if (connection !== made || !asksForKeyFrame(message)) return;
      counts.keyFramesAsked += 1;
      player.restart();
    });
    peer.native.setLocalDescription('offer');
    later(connectTimeoutMs + retryDelayMs());
    attempt += 1;
  };

  return {
    setQuality(next) {
      quality = next;
      if (next !== 'off' && connection === null) connect();
      playNow();
      if (next === 'off') report('off');
    },
    deliver(signal) {
      if (signal.kind === 'restart') {
        const isForNow = signal.generation === 0 || signal.generation === connection?.peer.generation;
        if (isForNow && (connection !== null || quality !== 'off')) connect();
      } else if (signal.generation === connection?.peer.generation) {
        if (signal.kind === 'bye') disconnect();
        else connection.peer.take(signal);
      }
    },
    onSignal: signals.add,
    onState: states.add,
    reset() {
      quality = 'off';
      attempt = 0;
      disconnect();
    },
    showIndicator(watched) {
      indicator = watched === null ? null : { by: watched.by, quality: watched.quality };
    },
    close() {
      quality = 'off';
      if (connection !== null) signals.tell({ kind: 'bye', generation: connection.peer.generation });
      disconnect();
    },
    stats: () => ({
      quality: reported,
      isConnected: connection?.isOpen ?? false,
      ...counts,
      problems: [...problems],
      indicator,
    }),
  };
};
