import { describe, expect, it } from 'vitest';
import { createLossWindow } from './loss-window.ts';

describe('loss over whole seconds', () => {
  it('is not fooled by many reports in a short time', () => {
    const window = createLossWindow();
    expect(window.take(0, 1_000, 0)).toBeNull();
    expect(window.take(3, 1_006, 20)).toBeNull();
    expect(window.take(6, 1_012, 40)).toBeNull();
    expect(window.take(10, 1_100, 1_000)).toBe(0.1);
  });

  it('waits for enough packets: a still picture is no loss', () => {
    const window = createLossWindow();
    window.take(0, 0, 0);
    expect(window.take(1, 3, 5_000)).toBeNull();
  });

  it('counts repeated packets as none lost and survives the wrap of 32 bits', () => {
    const window = createLossWindow();
    window.take(5, 0xffff_fff0, 0);
    expect(window.take(2, 84, 1_000)).toBe(0);
    expect(window.take(52, 184, 2_000)).toBe(0.5);
  });

  it('begins anew when told', () => {
    const window = createLossWindow();
    window.take(0, 0, 0);
    window.reset();
    expect(window.take(500, 1_000, 2_000)).toBeNull();
  });
});
