// Runs in a page: paints a desktop frame by frame and encodes it as VP8. Knows nothing of files.
import { type Desktop, fill, screenHeight, screenWidth } from './desktop.ts';
import { codeDesktop, essayDesktop, spreadsheetDesktop } from './office-desktops.ts';
import {
  articleDesktop,
  drawingDesktop,
  gameDesktop,
  geometryDesktop,
  idleDesktop,
} from './picture-desktops.ts';

export const desktops: readonly Desktop[] = [
  essayDesktop,
  articleDesktop,
  spreadsheetDesktop,
  drawingDesktop,
  codeDesktop,
  gameDesktop,
  geometryDesktop,
  idleDesktop,
];

export type RecordingOrder = {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly frameCount: number;
  /** Every so many frames one can be decoded without those before it. */
  readonly keyFrameInterval: number;
  readonly bitsPerSecond: number;
};

export type RecordedFrame = { readonly isKey: boolean; readonly length: number };
/** `data` holds the frames one after the other, base64. */
export type PageRecording = { readonly frames: readonly RecordedFrame[]; readonly data: string };

/** Small pictures are painted at four times their size or more and shrunk, so that they look like a scaled screen. */
const makePainter = (desktop: Desktop, order: RecordingOrder) => {
  const target = new OffscreenCanvas(order.width, order.height);
  const scale = Math.min(1, Math.max(order.width / screenWidth, 0.25));
  const source = new OffscreenCanvas(screenWidth * scale, screenHeight * scale);
  const options = { alpha: false, willReadFrequently: true } as const;
  const brush = source.getContext('2d', options);
  const shrink = target.getContext('2d', options);
  if (brush === null || shrink === null) throw new Error('no 2d canvas');
  brush.scale(scale, scale);
  shrink.imageSmoothingQuality = 'high';
  return (seconds: number): OffscreenCanvas => {
    brush.save();
    desktop.draw(brush, seconds);
    // The encoder writes full-range colours and every receiver takes VP8 for limited range: this grey veil shrinks 0-255 to 16-235.
    fill(brush, 'rgba(114,114,114,0.141)', 0, 0, screenWidth, screenHeight);
    brush.restore();
    if (source.width === target.width) return source;
    shrink.drawImage(source, 0, 0, target.width, target.height);
    return target;
  };
};

const toBase64 = async (parts: readonly Uint8Array<ArrayBuffer>[]): Promise<string> => {
  const reader = new FileReader();
  const url = await new Promise<string>((resolve, reject) => {
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Error('recording cannot be read'));
    reader.readAsDataURL(new Blob([...parts]));
  });
  return url.slice(url.indexOf(',') + 1);
};

/** Records one desktop. Throws when the browser has no VP8 encoder or drops a frame. */
export const record = async (desktop: Desktop, order: RecordingOrder): Promise<PageRecording> => {
  const frames: RecordedFrame[] = [];
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let failure: unknown;
  const encoder = new VideoEncoder({
    output: (chunk) => {
      const bytes = new Uint8Array(chunk.byteLength);
      chunk.copyTo(bytes);
      parts.push(bytes);
      frames.push({ isKey: chunk.type === 'key', length: bytes.length });
    },
    error: (error) => {
      failure = error;
    },
  });
  encoder.configure({
    codec: 'vp8',
    width: order.width,
    height: order.height,
    framerate: order.framesPerSecond,
    bitrate: order.bitsPerSecond,
    latencyMode: 'realtime',
  });
  const paint = makePainter(desktop, order);
  for (let i = 0; i < order.frameCount; i += 1) {
    const seconds = i / order.framesPerSecond;
    const frame = new VideoFrame(paint(seconds), { timestamp: Math.round(seconds * 1_000_000) });
    encoder.encode(frame, { keyFrame: i % order.keyFrameInterval === 0 });
    frame.close();
    if (encoder.encodeQueueSize > 4)
      await new Promise<void>((resolve) => {
        encoder.addEventListener('dequeue', () => resolve(), { once: true });
      });
  }
  await encoder.flush();
  encoder.close();
  if (failure !== undefined) throw failure;
  if (frames.length !== order.frameCount) throw new Error(`encoder gave ${frames.length} frames`);
  return { frames, data: await toBase64(parts) };
};
