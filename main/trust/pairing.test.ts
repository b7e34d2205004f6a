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
});

describe('somebody in between', () => {
  // Towards the device a console with a key of its own, towards the console a device with one.
  const towardsDevice = { ...context, teacherKey: hex('m') };
  const towardsConsole = { ...context, deviceKey: hex('m') };
  const candidates = 16;
  const runs = 1_000;
  const seed = `pairing ${Date.now()}`;

  type Code = readonly number[];
  const equalPlaces = (left: Code, right: Code): number =>
    left.filter((picture, place) => picture === right[place]).length;
  /** The number of its own, of several, with which the pictures fit best, as far as it knows. */
  const best = (name: string, wanted: Code, codeFor: (own: string) => Code): string => {
    const own = Array.from({ length: candidates }, (_, index) => number(`${name} ${index}`));
    return own.reduce((a, b) => (equalPlaces(codeFor(b), wanted) > equalPlaces(codeFor(a), wanted) ? b : a));
  };
  /** Equal pictures of 6 in each run, over all runs. Counting places shows a bias that whole codes (1 of 2^36) never would. */
  const matches = (play: (of: (name: string) => string) => readonly [Code, Code]): number => {
    let equal = 0;
    for (let run = 0; run < runs; run += 1) {
      equal += equalPlaces(...play((name) => number(`${seed} ${name} ${run}`)));
    }
    return equal;
  };
  const byChance = (runs * 6) / 64;
  /** Six times the deviation of as many throws. */
  const leeway = 6 * Math.sqrt(byChance * (63 / 64));

  it('who hears the device first gets equal pictures no more often than by chance', () => {
    process.stdout.write(`seed: ${seed}\n`);
    const equal = matches((of) => {
      // It has committed itself and knows all that the device will show. The console's number it can only guess.
      const shown = pairingCode(towardsDevice, of('committed'), of('device'));
      const own = best(of('own'), shown, (mine) => pairingCode(towardsConsole, of('guess'), mine));
      return [shown, pairingCode(towardsConsole, of('console'), own)];
    });
    expect(Math.abs(equal - byChance)).toBeLessThan(leeway);
  });

  it('who hears the console first gets equal pictures no more often than by chance', () => {
    const equal = matches((of) => {
      // It knows all that the console shows, and has to commit itself before the device says its number.
      const shown = pairingCode(towardsConsole, of('console'), of('own as device'));
      const own = best(of('own'), shown, (mine) => pairingCode(towardsDevice, mine, of('guess')));
      return [pairingCode(towardsDevice, own, of('device')), shown];
    });
    expect(Math.abs(equal - byChance)).toBeLessThan(leeway);
  });

  it('who repeats each number to the other side gets equal pictures no more often than by chance', () => {
    const equal = matches((of) => [
      pairingCode(towardsDevice, of('console'), of('device')),
      pairingCode(towardsConsole, of('console'), of('device')),
    ]);
    expect(Math.abs(equal - byChance)).toBeLessThan(leeway);
  });

  it('who did not have to commit would: the commitment is what keeps the pictures apart', () => {
    const equal = matches((of) => {
      const shown = pairingCode(towardsConsole, of('console'), of('own as device'));
      const own = best(of('own'), shown, (mine) => pairingCode(towardsDevice, mine, of('device')));
      return [pairingCode(towardsDevice, own, of('device')), shown];
    });
    expect(equal - byChance).toBeGreaterThan(5 * leeway);
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
