// The names of all calls and events without their schemas, small enough for the preload; a test holds them equal
// to the contract.
import type { Calls, Events } from './contract.ts';

const allOf =
  <Name extends string>() =>
  <const List extends readonly Name[]>(
    ...list: Exclude<Name, List[number]> extends never ? List : never
  ): List =>
    list;

export const callNames = allOf<keyof Calls>()(
  'appearance:get',
  'appearance:set',
  'room:snapshot',
  'room:rename-device',
  'room:forget-device',
  'room:create-token',
  'lesson:start',
  'lesson:end',
  'wall:watch',
  'devices:lock',
  'devices:unlock',
  'presentation:sources',
  'presentation:choose-source',
  'presentation:confirm-source',
  'presentation:start',
  'presentation:stop',
  'presentation:set-paused',
  'signal:send',
  'device:snapshot',
  'device:enrol',
  'capture:prepare',
  'capture:ready',
  'capture:report',
  'viewer:ready',
  'viewer:report',
);

export const eventNames = allOf<keyof Events>()(
  'appearance:changed',
  'devices:changed',
  'devices:removed',
  'room:changed',
  'presentation:changed',
  'signal:received',
  'device:changed',
  'capture:quality',
  'capture:reset',
  'viewer:wanted',
);
