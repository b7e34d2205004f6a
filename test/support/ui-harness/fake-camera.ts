// A camera as a device has it, or its lack: getUserMedia answers with a drawn picture, or with the error of the
// Media Capture and Streams specification.
import { encode } from 'uqr';
import { cameraToken } from './camera-token.ts';
import type { Answers } from './fixtures.ts';

const drawDesk = (withCode: boolean): HTMLCanvasElement => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [1280, 960];
  const pen = canvas.getContext('2d');
  if (pen === null) throw new Error('No canvas in this browser.');
  const draw = (): void => {
    pen.fillStyle = '#8a7f72';
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.fillStyle = '#efece6';
    pen.fillRect(300, 140, 680, 680);
    if (!withCode) return;
    const { data } = encode(cameraToken.replaceAll('-', ''), { ecc: 'M', border: 4 });
    const unit = 640 / data.length;
    pen.fillStyle = '#1a1a1a';
    for (const [top, row] of data.entries()) {
      for (const [left, isDark] of row.entries()) {
        if (isDark) pen.fillRect(320 + left * unit, 160 + top * unit, unit + 0.5, unit + 0.5);
      }
    }
  };
  draw();
  setInterval(draw, 100);
  return canvas;
};

/** Replaces the browser's camera. */
export const fakeCamera = (kind: Answers['camera']): void => {
  if (kind === undefined) return;
  navigator.mediaDevices.getUserMedia = async () => {
    if (kind === 'none') throw new DOMException('Requested device not found', 'NotFoundError');
    if (kind === 'denied') throw new DOMException('Permission denied', 'NotAllowedError');
    if (kind === 'starting') return new Promise(() => {});
    const stream = drawDesk(kind === 'code').captureStream(10);
    Object.assign(window, { cameraStream: stream });
    return stream;
  };
};
