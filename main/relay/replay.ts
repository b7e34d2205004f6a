// Brings joiners up to the stream from the ring, in slices: a whole second of packets at once would overflow the
// device's socket and the switch in between, and be lost.
import type { RelayStream } from './stream.ts';

const sliceIntervalMs = 5;
/** To one device per slice: about 80 Mb/s. */
const peerSlicePackets = 40;
/** To all devices per slice: about 1 Gb/s. */
const slicePackets = 500;

/** What the replay needs of a device's connection. */
export type Joiner = {
  /** First packet that is meant for it, and the next one it gets from the ring; -1: none. */
  joinedAt: number;
  replayAt: number;
  readonly sendPacket: (packet: Buffer) => void;
};
type Timers = { readonly after: (delayMs: number, callback: () => void) => () => void };

export class Replay {
  private readonly stream: RelayStream;
  private readonly timers: Timers;
  private readonly waiting = new Set<Joiner>();
  private stopTimer: (() => void) | null = null;

  constructor(stream: RelayStream, timers: Timers) {
    this.stream = stream;
    this.timers = timers;
  }

  /** Sends the device everything from the newest key frame on; nothing when the ring has no complete one. */
  begin(peer: Joiner): void {
    const { stream } = this;
    if (stream.replayLength() === 0) return;
    peer.joinedAt = stream.keyFrameStart;
    peer.replayAt = stream.keyFrameStart;
    this.waiting.add(peer);
    // Whoever joins alone gets its first slice at once; a class that joins together shares the slices.
    if (this.stopTimer === null) this.sendSlices();
  }

  /** For the end of the process; a device that leaves is dropped by itself. */
  close(): void {
    this.stopTimer?.();
    this.waiting.clear();
  }

  private sendSlices(): void {
    this.stopTimer = null;
    let left = slicePackets;
    for (const peer of [...this.waiting]) {
      // To the end of the line, so that everybody has a turn.
      this.waiting.delete(peer);
      left -= this.sendSlice(peer, Math.min(left, peerSlicePackets));
      if (peer.replayAt >= 0) this.waiting.add(peer);
      if (left <= 0) break;
    }
    if (this.waiting.size > 0) this.stopTimer = this.timers.after(sliceIntervalMs, () => this.sendSlices());
  }

  /** Gives the number of packets sent. */
  private sendSlice(peer: Joiner, most: number): number {
    const { stream } = this;
    let sent = 0;
    while (peer.replayAt >= 0 && sent < most) {
      const packet = stream.at(peer.replayAt);
      // Not there yet: it came out of order and is sent when it comes, see Relay.onPacket.
      if (packet !== null) {
        peer.sendPacket(packet);
        sent += 1;
      }
      peer.replayAt += 1;
      if (peer.replayAt > stream.highest) peer.replayAt = -1;
    }
    return sent;
  }
}
