import { expect, test } from 'vitest';
import type { ScreenQuality } from '../../../shared/domain/device.ts';
import type { DeviceId } from '../../../shared/domain/ids.ts';
import { type AppError, fail, ok, type Result } from '../../../shared/result/result.ts';
import { createConsoleWall } from './console-wall.ts';

const a = 'a'.repeat(64) as DeviceId;
const b = 'b'.repeat(64) as DeviceId;

const setUp = () => {
  const asked: string[] = [];
  const answers: ((result: Result<void, AppError>) => void)[] = [];
  const wall = createConsoleWall({
    command: (id, body) => {
      if (body.verb === 'watch') asked.push(`${id[0]} ${body.quality}`);
      return new Promise((resolve) => answers.push(resolve));
    },
  });
  const want = (wanted: Record<string, ScreenQuality>): void =>
    wall.want(
      Object.entries(wanted).map(([id, quality]) => ({ id: (id === 'a' ? a : b) as DeviceId, quality })),
    );
  const answer = async (result: Result<void, AppError> = ok(undefined)): Promise<void> => {
    for (const each of answers.splice(0)) each(result);
    await new Promise(setImmediate);
  };
  return { wall, want, answer, asked: () => asked.splice(0) };
};

test('nothing is asked outside a lesson, and everything ends with it', async () => {
  const { wall, want, answer, asked } = setUp();
  want({ a: 'tile', b: 'tile' });
  expect(asked()).toEqual([]);
  wall.setLesson(true);
  expect(asked()).toEqual(['a tile', 'b tile']);
  await answer();
  wall.setLesson(false);
  expect(asked()).toEqual(['a off', 'b off']);
});

test('a device is told only what changed for it; what is not named is off', async () => {
  const { wall, want, answer, asked } = setUp();
  wall.setLesson(true);
  want({ a: 'tile', b: 'tile' });
  await answer();
  asked();
  want({ a: 'focus' });
  expect(asked()).toEqual(['a focus', 'b off']);
});

test('of quick changes the last one wins, without a queue of old ones', async () => {
  const { wall, want, answer, asked } = setUp();
  wall.setLesson(true);
  want({ a: 'tile' });
  want({ a: 'off' });
  want({ a: 'focus' });
  expect(asked()).toEqual(['a tile']);
  await answer();
  expect(asked()).toEqual(['a focus']);
});

test('a device that comes back is asked again', async () => {
  const { wall, want, answer, asked } = setUp();
  wall.setLesson(true);
  want({ a: 'tile' });
  await answer();
  asked();
  wall.connected(a);
  expect(asked()).toEqual(['a tile']);
});

test('an order that died with the old connection does not keep the new one waiting', async () => {
  const { wall, want, answer, asked } = setUp();
  wall.setLesson(true);
  want({ a: 'tile' });
  asked();
  wall.connected(a);
  expect(asked()).toEqual(['a tile']);
  await answer(fail('gone'));
  wall.connected(a);
  expect(asked()).toEqual(['a tile']);
});
