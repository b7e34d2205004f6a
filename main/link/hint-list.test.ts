import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { RoomId } from '../../shared/domain/ids.ts';
import { createHintList } from './hint-list.ts';

const own = RoomId.parse(randomUUID());
const strange = () => RoomId.parse(randomUUID());
const crowd = () => {
  let nowMs = 0;
  const list = createHintList({
    nowMs: () => nowMs,
    isOwnRoom: (roomId) => roomId === own,
    random: () => 0.5,
  });
  for (let index = 0; index < 64; index += 1) {
    list.keep({ roomId: strange(), address: `10.0.0.${index}:1` }, `10.0.0.${index}`);
  }
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  return { list, pass };
};

it('[LK18] lets the console of the own room in when liars have filled the list, and keeps it', () => {
  const { list } = crowd();
  expect(list.keep({ roomId: own, address: '10.0.1.1:1' }, '10.0.1.1')).toBe(true);
  for (let index = 0; index < 500; index += 1) {
    list.keep({ roomId: strange(), address: `10.2.${index}.1:1` }, `10.2.${index}.1`);
  }
  expect(list.size()).toBe(64);
  expect(list.addresses(({ roomId }) => roomId === own)).toEqual(['10.0.1.1:1']);
});

it('[LK18] gives a device without a room a chance at every console, however many shout', () => {
  const { list } = crowd();
  const room = strange();
  expect(list.keep({ roomId: room, address: '10.0.1.1:1' }, '10.0.1.1')).toBe(true);
  expect(list.addresses(({ roomId }) => roomId === room)).toEqual(['10.0.1.1:1']);
});

it('[LK18] takes four hints of one sender and forgets them after two minutes', () => {
  const { list, pass } = crowd();
  pass(121_000);
  list.forgetOld();
  expect(list.size()).toBe(0);
  const taken = Array.from({ length: 6 }, (_, index) =>
    list.keep({ roomId: strange(), address: `10.0.0.1:${index}` }, '10.0.0.1'),
  );
  expect(taken.filter(Boolean)).toHaveLength(4);
});
