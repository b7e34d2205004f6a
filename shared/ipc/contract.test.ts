import { expect, test } from 'vitest';
import { calls, events } from './contract.ts';
import { callNames, eventNames } from './names.ts';

test('the preload knows exactly the names of the contract', () => {
  expect([...callNames].sort()).toEqual(Object.keys(calls).sort());
  expect([...eventNames].sort()).toEqual(Object.keys(events).sort());
});

test('a pupil’s page can order nothing of the teacher’s', () => {
  const teacherOnly = Object.entries(calls).filter(([name]) =>
    /^(setup|room|pairing|lesson|wall|devices|presentation):/.test(name),
  );
  expect(teacherOnly.length).toBeGreaterThan(8);
  for (const [, { from }] of teacherOnly) expect(from).toEqual(['console']);
});
