import { describe, expect, it } from 'vitest';
import { pairingPictures } from './pairing-pictures.ts';

describe('pairing pictures', () => {
  it('are 64 different ones, so that six of them carry 36 bits', () => {
    expect(pairingPictures).toHaveLength(64);
    expect(new Set(pairingPictures.map(({ id }) => id)).size).toBe(64);
  });
});
