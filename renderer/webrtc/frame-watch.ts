// Counts what a video element really shows, and tells the first frame and every change of size.

export type FrameCounts = {
  readonly frames: number;
  /** Milliseconds of this page's clock, null before the first frame. */
  readonly firstFrameAtMs: number | null;
  readonly lastFrameAtMs: number | null;
  readonly width: number;
  readonly height: number;
};

export type FrameWatch = {
  readonly counts: () => FrameCounts;
  /** The next frame is a first one again: a new connection has taken over. */
  readonly expectFirst: () => void;
  readonly close: () => void;
};

type Listeners = {
  readonly onFirstFrame: (counts: FrameCounts) => void;
  readonly onSize: (counts: FrameCounts) => void;
};

const nothingSeen: FrameCounts = {
  frames: 0,
  firstFrameAtMs: null,
  lastFrameAtMs: null,
  width: 0,
  height: 0,
};

export const watchFrames = (video: HTMLVideoElement, listeners: Listeners): FrameWatch => {
  let counts = nothingSeen;
  let isFirst = true;
  let isClosed = false;
  let handle = 0;

  const onFrame: VideoFrameRequestCallback = (now, frame) => {
    if (isClosed) return;
    const before = counts;
    counts = {
      frames: before.frames + 1,
      firstFrameAtMs: before.firstFrameAtMs ?? now,
      lastFrameAtMs: now,
      width: frame.width,
      height: frame.height,
    };
    handle = video.requestVideoFrameCallback(onFrame);
    if (isFirst) {
      isFirst = false;
      listeners.onFirstFrame(counts);
    }
    if (before.width !== frame.width || before.height !== frame.height) listeners.onSize(counts);
  };
  handle = video.requestVideoFrameCallback(onFrame);

  return {
    counts: () => counts,
    expectFirst() {
      isFirst = true;
    },
    close() {
      isClosed = true;
      video.cancelVideoFrameCallback(handle);
    },
  };
};
