// Holds the colours to WCAG 2.2 AA (1.4.3, 1.4.11) in both themes.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const css = readFileSync(join(import.meta.dirname, 'tokens.css'), 'utf8');

const token = (name: string, theme: 'light' | 'dark'): string => {
  const value = new RegExp(`--${name}:\\s*([^;]+);`).exec(css)?.[1] ?? '';
  const pair = /light-dark\(\s*(#\w+),\s*(#\w+)\s*\)/.exec(value);
  return pair === null ? value.trim() : ((theme === 'light' ? pair[1] : pair[2]) ?? '');
};

/** Relative luminance of `#rrggbb`, WCAG 2.2. */
const luminance = (colour: string): number => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

const contrast = (one: string, other: string): number => {
  const [dark = 0, bright = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
};

const texts: readonly (readonly [string, string])[] = [
  ...['canvas', 'surface', 'surface-raised', 'surface-sunken', 'resting'].flatMap((back) => [
    ['ink', back] as const,
    ['ink-soft', back] as const,
    ['ink-faint', back] as const,
  ]),
  ['ink', 'accent-soft'],
  ['ink-soft', 'accent-soft'],
  ['ink-soft', 'present-soft'],
  ['ink-soft', 'lock-soft'],
  ...['accent', 'present', 'lock', 'danger', 'alarm'].map((tone) => [`on-${tone}`, tone] as const),
  ...['accent', 'present', 'lock', 'danger'].flatMap((tone) => [
    [tone, `${tone}-soft`] as const,
    [tone, 'surface'] as const,
  ]),
  ['on-screen-soft', 'screen'],
  ['on-plate', 'plate'],
];
const marks: readonly (readonly [string, string])[] = [
  ['line-strong', 'surface'],
  ['focus-ring', 'canvas'],
  ['focus-ring', 'surface'],
  ['live', 'surface'],
  ['away', 'surface'],
];

describe.each(['light', 'dark'] as const)('colours in the %s theme', (theme) => {
  it.each(texts)('%s is readable on %s', (front, back) => {
    expect(contrast(token(front, theme), token(back, theme))).toBeGreaterThanOrEqual(4.5);
  });
  it.each(marks)('%s is visible on %s', (front, back) => {
    expect(contrast(token(front, theme), token(back, theme))).toBeGreaterThanOrEqual(3);
  });
});
