import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { commitmentOf, keepsCommitment, type PairingContext, pairingCode } from './pairing.ts';

const hex = (seed: string): string => createHash('sha256').update(seed).digest('hex');
const number = (seed: string): string => createHash('sha256').update(seed).digest('base64url');
const context: PairingContext = { school: hex('s'), teacherKey: hex('t'), deviceKey: hex('d') };

describe('the six pictures', () => {
  it('are the same on both sides and use all 64', () => {
    const seen = new Set<number>();
    for (let index = 0; index < 2_000; index += 1) {
      const code = pairingCode(context, number(`c${index}`), number(`d${index}`));
      expect(code).toHaveLength(6);
      for (const picture of code) seen.add(picture);
    }
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, index) => index));
  });

  it.each(['school', 'teacherKey', 'deviceKey'] as const)('change with another %s', (key) => {
    const other = { ...context, [key]: hex('other') };
    expect(pairingCode(other, number('c'), number('d'))).not.toEqual(
      pairingCode(context, number('c'), number('d')),
    );
  });

  it('agree for somebody in between no more often than by chance', () => {
    const seed = `pairing ${Date.now()}`;
    process.stdout.write(`seed: ${seed}\n`);
    // Towards the device it is the console, towards the console a device; all numbers of its own are fixed before it
    // knows the others'. Counting equal places shows a bias that whole equal codes (1 of 2^36) never would.
    let equalPlaces = 0;
    const runs = 4_000;
    for (let index = 0; index < runs; index += 1) {
      const of = (name: string) => number(`${seed} ${name} ${index}`);
      const left = pairingCode({ ...context, teacherKey: hex('m') }, of('mine as console'), of('device'));
      const right = pairingCode({ ...context, deviceKey: hex('m') }, of('console'), of('mine as device'));
      equalPlaces += left.filter((picture, place) => picture === right[place]).length;
    }
    // Expected runs * 6 / 64 = 375 with a deviation of 19; six of these are allowed.
    expect(Math.abs(equalPlaces - (runs * 6) / 64)).toBeLessThan(115);
  });
});

describe('a commitment', () => {
  const commitment = commitmentOf(context, number('c'));
  it('is kept by the number it was made for', () => {
    expect(keepsCommitment(commitment, context, number('c'))).toBe(true);
  });
  it.each([
    ['another number', commitment, context, number('x')],
    ['another device', commitment, { ...context, deviceKey: hex('x') }, number('c')],
    ['another teacher', commitment, { ...context, teacherKey: hex('x') }, number('c')],
    ['a shorter text', commitment.slice(0, 20), context, number('c')],
  ])('is broken by %s', (_name, said, seen, nonce) => {
    expect(keepsCommitment(said, seen, nonce)).toBe(false);
  });
});
