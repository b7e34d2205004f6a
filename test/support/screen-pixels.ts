// What a display really shows, read from the X server with ImageMagick: window contents and everything above them.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type Area = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
};

/** Number of different colours in that part of the display, after rounding to 16 steps per channel. */
export const screenColors = async (display: string, area: Area): Promise<number> => {
  const shot = `x:root`;
  const { stdout } = await run('convert', [
    ...['-display', display, shot],
    ...['-crop', `${area.width}x${area.height}+${area.x}+${area.y}`, '+repage'],
    ...['-depth', '8', '-posterize', '16', '-format', '%k', 'info:'],
  ]);
  return Number(stdout);
};

/** Writes a picture of the whole display. */
export const saveScreen = async (display: string, path: string): Promise<void> => {
  await run('import', ['-display', display, '-window', 'root', path]);
};
