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
  'setup:state',
  'setup:create-school',
  'setup:import-teacher',
  'setup:save-recovery',
  'room:snapshot',
  'room:rename-device',
  'room:forget-device',
  'room:admit-device',
  'pairing:open',
  'pairing:close',
  'pairing:decide',
  'room:create-token',
  'lesson:start',
  'lesson:end',
  'wall:watch',
  'devices:lock',
  'devices:unlock',
  'devices:open-url',
  'presentation:sources',
  'presentation:choose-source',
  'presentation:confirm-source',
  'presentation:start',
  'presentation:stop',
  'presentation:set-paused',
  'signal:send',
  'device:snapshot',
  'device:enrol',
  'device:find-rooms',
  'device:pair',
  'device:decide-pairing',
  'device:cancel-pairing',
  'device:watch-log',
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
  'setup:changed',
  'pairing:changed',
  'device:pairing',
  'presentation:changed',
  'signal:received',
  'device:changed',
  'capture:quality',
  'capture:reset',
  'viewer:wanted',
);
