// Plays one device's recorded desktop into a track: which frame leaves when, in which quality. Knows packets and
// time, not connections.
import type { DesktopRecording, Recording, SentQuality } from './recording.ts';
import type { TimerWheel } from './timer-wheel.ts';
import { tickMs } from './timer-wheel.ts';
import type { Vp8Packetiser } from './vp8-rtp.ts';

/** Packets per tick: a 1080p key frame in one burst overruns the receiver's socket buffer. */
const packetsPerTick = 48;
/** Requests for a key frame are answered that often at most: the answer needs time to arrive. */
const restartIntervalMs = 250;

export type LoopPlayer = {
  /** Plays that quality from a key frame on; null stops at once. */
  readonly play: (quality: SentQuality | null) => void;
  /** The far end cannot go on: continues at the loop's next key frame. */
  readonly restart: () => void;
};

type Parts = {
  readonly recording: DesktopRecording;
  /** Which of the loop's key frames is the first, and in between which phase: devices differ. */
  readonly index: number;
  readonly random: () => number;
  readonly wheel: TimerWheel;
  readonly packetiser: Vp8Packetiser;
  /** False when the packet could not be sent. The packet is only valid during the call. */
  readonly send: (packet: Buffer) => boolean;
  readonly onFrame: (quality: SentQuality, isKey: boolean) => void;
};

type Playing = {
  readonly quality: SentQuality;
  readonly loop: Recording;
  readonly intervalMs: number;
  frame: number;
  dueMs: number;
};

const keyFrameAfter = (loop: Recording, frame: number): number =>
  loop.keyFrames.find((key) => key >= frame) ?? loop.keyFrames[0] ?? 0;

export const createLoopPlayer = (parts: Parts): LoopPlayer => {
  const { wheel, packetiser, recording } = parts;
  const startMs = wheel.nowMs();
  let playing: Playing | null = null;
  let lastKeyMs = Number.NEGATIVE_INFINITY;
  /** Asked for while the last key frame was still fresh: it comes as soon as that is over. */
  let isKeyWanted = false;

  /** Sends what fits into this tick; true when the frame is out. */
  const sendPackets = (): boolean => {
    for (let count = 0; count < packetsPerTick; count += 1) {
      const packet = packetiser.next();
      if (packet === null) return true;
      parts.send(packet);
    }
    return !packetiser.isSending;
  };

  const onDue = (nowMs: number): void => {
    if (playing === null) return;
    const mayJump = !packetiser.isSending && nowMs - lastKeyMs >= restartIntervalMs;
    if (isKeyWanted && mayJump) playing.frame = keyFrameAfter(playing.loop, playing.frame);
    const frame = playing.loop.frames[playing.frame];
    if (frame === undefined) throw new Error('no such frame');
    if (!packetiser.isSending) {
      packetiser.begin(frame, nowMs - startMs);
      if (frame.isKey) {
        lastKeyMs = nowMs;
        isKeyWanted = false;
      }
    }
    if (!sendPackets()) {
      timer.at(nowMs + tickMs);
      return;
    }
    playing.frame = (playing.frame + 1) % playing.loop.frames.length;
    playing.dueMs += playing.intervalMs;
    // After a stall it goes on at its pace instead of catching up in a burst.
    if (playing.dueMs < nowMs) playing.dueMs = nowMs + playing.intervalMs;
    timer.at(playing.dueMs);
    parts.onFrame(playing.quality, frame.isKey);
  };
  const timer = wheel.timer(onDue);

  return {
    play(quality) {
      if (quality === (playing?.quality ?? null)) return;
      timer.cancel();
      packetiser.drop();
      playing = null;
      if (quality === null) return;
      const loop = recording[quality];
      const intervalMs = 1_000 / loop.framesPerSecond;
      const nowMs = wheel.nowMs();
      const frame = loop.keyFrames[parts.index % loop.keyFrames.length] ?? 0;
      playing = { quality, loop, intervalMs, frame, dueMs: nowMs };
      if (quality === 'focus') {
        onDue(nowMs);
        return;
      }
      // Thirty devices that are told at once do not send their key frames at once.
      playing.dueMs = nowMs + parts.random() * Math.min(intervalMs, 200);
      timer.at(playing.dueMs);
    },
    restart() {
      const nowMs = wheel.nowMs();
      if (playing === null) return;
      isKeyWanted = true;
      if (nowMs - lastKeyMs < restartIntervalMs) return;
      packetiser.drop();
      playing.dueMs = nowMs;
      onDue(nowMs);
    },
  };
};
