// The live picture of one screen. Keeps the last frame when the stream goes, until the next one has a frame of
// its own; nothing of it is kept anywhere else.
import { useEffect, useRef, useState } from 'react';
import styles from './device-picture.module.css';

type Props = {
  /** null shows the last frame, or nothing when there was none. */
  readonly stream: MediaStream | null;
  /** Greys the picture: it is not of now. */
  readonly isStale: boolean;
  readonly label: string;
  readonly testId?: string;
  /** The first frame is on screen; the picture is never empty after it. */
  readonly onFrame?: () => void;
  /** Size of the picture in pixels whenever it changes. */
  readonly onSize?: (width: number, height: number) => void;
};

const keepStill = (video: HTMLVideoElement, still: HTMLCanvasElement): void => {
  const { videoWidth, videoHeight } = video;
  if (videoWidth === 0 || videoHeight === 0) return;
  still.width = Math.min(videoWidth, 1280);
  still.height = Math.round((still.width * videoHeight) / videoWidth);
  still.getContext('2d')?.drawImage(video, 0, 0, still.width, still.height);
};

export const DevicePicture = ({ stream, isStale, label, testId, onFrame, onSize }: Props) => {
  const video = useRef<HTMLVideoElement>(null);
  const still = useRef<HTMLCanvasElement>(null);
  const [hasFrame, setHasFrame] = useState(false);
  const tellFrame = useRef(onFrame);
  tellFrame.current = onFrame;

  useEffect(() => {
    const element = video.current;
    if (element === null || stream === null) return undefined;
    element.srcObject = stream;
    // Only a new load interrupts this, and the new load plays by itself.
    element.play().catch(() => {});
    const handle = element.requestVideoFrameCallback(() => {
      setHasFrame(true);
      tellFrame.current?.();
    });
    return () => {
      element.cancelVideoFrameCallback(handle);
      if (still.current !== null) keepStill(element, still.current);
      element.srcObject = null;
      setHasFrame(false);
    };
  }, [stream]);

  return (
    <div className={styles.picture} data-stale={isStale || undefined}>
      <canvas ref={still} className={styles.layer} width={1} height={1} aria-hidden />
      {/* A pupil's screen is sent without sound: there is nothing to caption. */}
      <video
        ref={video}
        className={styles.layer}
        muted
        playsInline
        autoPlay
        disablePictureInPicture
        aria-label={label}
        data-testid={testId}
        data-live={hasFrame && !isStale ? 'true' : 'false'}
        data-shown={hasFrame || undefined}
        onResize={(event) => onSize?.(event.currentTarget.videoWidth, event.currentTarget.videoHeight)}
      />
    </div>
  );
};
