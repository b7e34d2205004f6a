// A picture that tells who drew it and when: black and white cells that survive scaling and video coding.
// 4 sync cells, 8 bits of source, 24 bits of time (Unix milliseconds modulo 2^24), 8 bits of checksum.

export type BarCode = { readonly source: number; readonly timeMs: number };

const timeRange = 2 ** 24;

/** Age in milliseconds of a bar code that was just read, on the same clock. */
export const ageMs = (code: BarCode, nowMs: number): number =>
  (((nowMs % timeRange) - code.timeMs + timeRange + timeRange / 2) % timeRange) - timeRange / 2;

/**
 * Draws the band over a whole canvas, which lies across the picture at nine tenths of its height. Self-contained, so
 * that it can be sent to a page as text; `source` 0 to 255.
 */
export const drawBand = (canvas: HTMLCanvasElement, source: number, nowMs: number): void => {
  const context = canvas.getContext('2d', { alpha: false });
  if (context === null) return;
  const time = nowMs % 2 ** 24;
  const bits: number[] = [1, 0, 1, 0];
  for (let bit = 7; bit >= 0; bit -= 1) bits.push((source >> bit) & 1);
  for (let bit = 23; bit >= 0; bit -= 1) bits.push((time >> bit) & 1);
  let sum = source;
  for (let shift = 0; shift < 24; shift += 4) sum = (sum * 7 + ((time >> shift) & 15) + 1) & 255;
  for (let bit = 7; bit >= 0; bit -= 1) bits.push((sum >> bit) & 1);
  const width = canvas.width / bits.length;
  for (const [index, bit] of bits.entries()) {
    context.fillStyle = bit === 1 ? '#fff' : '#000';
    context.fillRect(Math.round(index * width), 0, Math.ceil(width) + 1, canvas.height);
  }
};

/**
 * Reads the band from one row of RGBA pixels of the whole picture's width; null when there is none or it is damaged.
 * Self-contained for the same reason.
 */
export const readBand = (row: Uint8ClampedArray | Uint8Array): { source: number; timeMs: number } | null => {
  const cells = 44;
  const width = row.length / 4;
  const bits: number[] = [];
  for (let cell = 0; cell < cells; cell += 1) {
    const at = Math.floor(((cell + 0.5) * width) / cells) * 4;
    const luma = ((row[at] ?? 0) + (row[at + 1] ?? 0) + (row[at + 2] ?? 0)) / 3;
    if (luma > 90 && luma < 165) return null;
    bits.push(luma >= 128 ? 1 : 0);
  }
  const number = (from: number, length: number): number =>
    bits.slice(from, from + length).reduce((value, bit) => value * 2 + bit, 0);
  if (number(0, 4) !== 0b1010) return null;
  const source = number(4, 8);
  const timeMs = number(12, 24);
  let sum = source;
  for (let shift = 0; shift < 24; shift += 4) sum = (sum * 7 + ((timeMs >> shift) & 15) + 1) & 255;
  return number(36, 8) === sum ? { source, timeMs } : null;
};
