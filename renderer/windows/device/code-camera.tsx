// Reads a joining code as a QR code. The camera is on exactly while this is on the page; no picture is kept.

import jsQR from 'jsqr';
import { TriangleAlert } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../lib/error-text.ts';
import { Button } from '../../ui/button.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import styles from './join.module.css';

/** Enough to read a code held before the camera, little enough for a slow tablet. */
const wantedWidth = 1_280;
const readEveryMs = 200;
const maxReadWidth = 1_000;
/** What a joining code looks like; main checks it in full. */
const looksLikeToken = /^\s*[A-Za-z0-9-]{20,1024}\s*$/;

type CameraProblem = 'no-camera' | 'camera-denied' | 'camera-busy';

/** Names of the Media Capture and Streams specification, section 10.2.1. */
const problemOf = (error: unknown): CameraProblem => {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'no-camera';
  return name === 'NotAllowedError' || name === 'SecurityError' ? 'camera-denied' : 'camera-busy';
};

/** Gives the text of a code in the picture, null when there is none. */
const readFrame = (video: HTMLVideoElement, canvas: HTMLCanvasElement): string | null => {
  const { videoWidth, videoHeight } = video;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  if (pen === null || videoWidth === 0) return null;
  const scale = Math.min(1, maxReadWidth / videoWidth);
  canvas.width = Math.round(videoWidth * scale);
  canvas.height = Math.round(videoHeight * scale);
  pen.drawImage(video, 0, 0, canvas.width, canvas.height);
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  return jsQR(data, canvas.width, canvas.height, { inversionAttempts: 'dontInvert' })?.data ?? null;
};

type Camera =
  | { readonly state: 'starting' | 'on' }
  | { readonly state: 'failed'; readonly code: CameraProblem };

/** Switches the camera on, hands over what it reads, and switches it off when the caller ends it. */
const runCamera = (
  video: HTMLVideoElement,
  onChange: (camera: Camera) => void,
  onText: (text: string) => void,
): (() => void) => {
  const canvas = document.createElement('canvas');
  let stream: MediaStream | null = null;
  let timer: ReturnType<typeof setInterval> | undefined;
  let isOver = false;
  const stop = (): void => {
    isOver = true;
    clearInterval(timer);
    for (const track of stream?.getTracks() ?? []) track.stop();
    video.srcObject = null;
  };
  const start = async (): Promise<void> => {
    const wanted = { facingMode: 'environment', width: { ideal: wantedWidth } };
    stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    // Left while the system still asked for permission: off again at once.
    if (isOver) return stop();
    video.srcObject = stream;
    await video.play();
    onChange({ state: 'on' });
    timer = setInterval(() => {
      const text = readFrame(video, canvas);
      if (text !== null) onText(text);
    }, readEveryMs);
  };
  start().catch((error: unknown) => {
    if (isOver) return;
    stop();
    onChange({ state: 'failed', code: problemOf(error) });
  });
  return stop;
};

type Props = {
  /** A code was read; the camera is off already. */
  readonly onRead: (text: string) => void;
  readonly onStop: () => void;
};

export const CodeCamera = ({ onRead, onStop }: Props) => {
  const { t } = useTranslation();
  const video = useRef<HTMLVideoElement>(null);
  const tell = useRef(onRead);
  tell.current = onRead;
  const [camera, setCamera] = useState<Camera>({ state: 'starting' });
  const [isWrong, setIsWrong] = useState(false);

  useEffect(() => {
    if (video.current === null) return undefined;
    const stop = runCamera(video.current, setCamera, (text) => {
      if (!looksLikeToken.test(text)) return setIsWrong(true);
      stop();
      tell.current(text.trim());
    });
    return stop;
  }, []);

  return (
    <section
      className={styles.camera}
      aria-label={t('agent.camera.title')}
      data-testid="code-camera"
      data-state={camera.state}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onStop();
      }}
    >
      {camera.state === 'failed' ? (
        <p className={styles.failed} role="alert" data-testid="camera-problem" data-code={camera.code}>
          <TriangleAlert aria-hidden />
          {errorText(camera.code)}
        </p>
      ) : (
        <>
          <p aria-live="polite">{isWrong ? t('agent.camera.wrong') : t('agent.camera.title')}</p>
          <div className={styles.preview}>
            <video ref={video} muted playsInline aria-label={t('agent.camera.preview')} />
            {camera.state === 'starting' ? (
              <span>
                <Spinner /> {t('agent.camera.starting')}
              </span>
            ) : null}
          </div>
          <p className={styles.text}>{t('agent.camera.private')}</p>
        </>
      )}
      <Button onPress={onStop} autoFocus testId="camera-stop">
        {camera.state === 'failed' ? t('common.back') : t('agent.camera.stop')}
      </Button>
    </section>
  );
};
