// What the console's page may order, each mapped to the part that does it.
import type { DeviceId } from '../../shared/domain/ids.ts';
import type { SourcePreview } from '../../shared/ipc/contract.ts';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import { done, type HandlersFor } from '../ipc/router.ts';
import type { AppearanceSetting } from './appearance.ts';
import type { Console } from './console.ts';

type Parts = {
  readonly console: Console;
  readonly appearance: AppearanceSetting;
  readonly sources: {
    readonly list: () => Promise<SourcePreview[]>;
    readonly find: (id: string) => { readonly kind: 'screen' | 'window'; readonly name: string } | null;
  };
  /** The page may capture that source next, once. */
  readonly arm: (sourceId: string) => void;
  readonly createToken: (
    uses: number,
    hours: number,
  ) => Promise<Result<{ token: string; expiresAt: number; uses: number }, AppError>>;
  /** Takes a device's right to connect. */
  readonly revoke: (id: DeviceId) => void;
};

export const consoleCalls = (parts: Parts): HandlersFor<'console'> => {
  const { console: desk, appearance, sources } = parts;
  return {
    'appearance:get': () => ok(appearance.get()),
    'appearance:set': (change) => ok(appearance.set(change)),
    'room:snapshot': () => ok(desk.snapshot()),
    'room:rename-device': ({ id, name }) => (desk.devices.rename(id, name) ? done() : fail('unknown-device')),
    'room:forget-device'({ id }) {
      parts.revoke(id);
      return desk.devices.forget(id) ? done() : fail('unknown-device');
    },
    'room:create-token': ({ uses, hours }) => parts.createToken(uses, hours),
    'lesson:start': () => ok(desk.startLesson()),
    async 'lesson:end'() {
      await desk.endLesson();
      return done();
    },
    'wall:watch'({ wanted }) {
      desk.wall.want(wanted);
      return done();
    },
    async 'devices:lock'({ ids, text, minutes }) {
      if (desk.snapshot().lesson === null) return fail('no-lesson');
      return ok(await desk.locks.lock(ids, text, minutes));
    },
    'devices:unlock': async ({ ids }) => ok(await desk.locks.unlock(ids)),
    'presentation:sources': async () => ok(await sources.list()),
    'presentation:choose-source'({ id }) {
      const found = sources.find(id);
      if (found === null) return fail('source-gone', 'choose-again');
      parts.arm(id);
      const source = { id, kind: found.kind, name: found.name };
      desk.presentation.chooseSource(source);
      return ok(source);
    },
    'presentation:confirm-source': () => desk.presentation.confirmSource(),
    'presentation:start': () =>
      desk.snapshot().lesson === null ? fail('no-lesson') : desk.presentation.start(),
    'presentation:stop': () => ok(desk.presentation.stop()),
    'presentation:set-paused': ({ isPaused }) => desk.presentation.setPaused(isPaused),
    'signal:send'({ to, signal }) {
      if (to.kind === 'relay') desk.presentation.fromPage(signal);
      else if (to.kind === 'device') desk.signalDevice(to.id, 'screen', signal);
      else return fail('ipc-input');
      return done();
    },
  };
};
