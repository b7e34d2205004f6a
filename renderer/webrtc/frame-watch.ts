// Counts what a video element really shows, and tells the first frame and every change of size. What comes before the far
// end was compared is not counted, see [Note: unproven picture].

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
  /** A new connection has taken over: nothing counts before `reveal`, and then its next frame is a first one again. */
  readonly expectFirst: () => void;
  /** The picture may be seen; a frame that came before counts now. */
  readonly reveal: () => void;
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

  /** The last frame that nobody was to see yet. */
  let held: VideoFrameCallbackMetadata | null = null;
  let isHidden = true;

  const onFrame: VideoFrameRequestCallback = (now, frame) => {
    if (isClosed) return;
    handle = video.requestVideoFrameCallback(onFrame);
    if (isHidden) held = frame;
    else count(now, frame);
  };
  const count: VideoFrameRequestCallback = (now, frame) => {
    const before = counts;
    counts = {
      frames: before.frames + 1,
      firstFrameAtMs: before.firstFrameAtMs ?? now,
      lastFrameAtMs: now,
      width: frame.width,
      height: frame.height,
    };
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
      isHidden = true;
      held = null;
    },
    reveal() {
      if (isClosed) return;
      isHidden = false;
      const seen = held;
      held = null;
      if (seen !== null) count(performance.now(), seen);
    },
    close() {
      isClosed = true;
      video.cancelVideoFrameCallback(handle);
    },
  };
};
