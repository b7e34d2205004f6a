import { describe, expect, test } from 'vitest';
import { ageMs, readBand } from './bar-code.ts';

const rowOf = (source: number, timeMs: number, width: number): Uint8ClampedArray => {
  const bits = [1, 0, 1, 0];
  for (let bit = 7; bit >= 0; bit -= 1) bits.push((source >> bit) & 1);
  for (let bit = 23; bit >= 0; bit -= 1) bits.push((timeMs >> bit) & 1);
  let sum = source;
  for (let shift = 0; shift < 24; shift += 4) sum = (sum * 7 + ((timeMs >> shift) & 15) + 1) & 255;
  for (let bit = 7; bit >= 0; bit -= 1) bits.push((sum >> bit) & 1);
  const row = new Uint8ClampedArray(width * 4);
  for (let x = 0; x < width; x += 1)
    row.fill((bits[Math.floor((x * 44) / width)] ?? 0) * 255, x * 4, x * 4 + 4);
  return row;
};

describe('bar code', () => {
  test.each([480, 1280, 1920])('is read at %i pixels', (width) => {
    expect(readBand(rowOf(7, 0xabcdef, width))).toEqual({ source: 7, timeMs: 0xabcdef });
  });

  test('a flipped cell, a grey row and a black row are not read', () => {
    const row = rowOf(7, 0xabcdef, 480);
    row.fill(255 - (row[20 * 11 * 4] ?? 0), 20 * 11 * 4, 21 * 11 * 4);
    expect(readBand(row)).toBeNull();
    expect(readBand(new Uint8ClampedArray(480 * 4).fill(128))).toBeNull();
    expect(readBand(new Uint8ClampedArray(480 * 4))).toBeNull();
  });

  test('age holds over the wrap of the counter', () => {
    expect(ageMs({ source: 1, timeMs: 2 ** 24 - 10 }, 2 ** 24 * 5 + 30)).toBe(40);
    expect(ageMs({ source: 1, timeMs: 100 }, 2 ** 24 * 3 + 350)).toBe(250);
  });
});
