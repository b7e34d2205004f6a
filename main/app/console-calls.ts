// What the console's page may order, each mapped to the part that does it.
import type { SourcePreview } from '../../shared/ipc/contract.ts';
import { fail, ok } from '../../shared/result/result.ts';
import type { ConsoleAudit } from '../features/audit/console-audit.ts';
import { done, type HandlersFor } from '../ipc/router.ts';
import type { AppearanceSetting } from './appearance.ts';
import type { Console } from './console.ts';
import type { Desk } from './console-link.ts';
import type { ConsoleSetup } from './console-setup.ts';

type Calls = HandlersFor<'console'>;
type SetupCall = Extract<keyof Calls, `setup:${string}`>;
type AppearanceCall = Extract<keyof Calls, `appearance:${string}`>;

export const appearanceCalls = (appearance: AppearanceSetting): Pick<Calls, AppearanceCall> => ({
  'appearance:get': () => ok(appearance.get()),
  'appearance:set': (change) => ok(appearance.set(change)),
});

/** Good at any time; all others only once there is a school. */
export const setupCalls = (setup: ConsoleSetup): Pick<Calls, SetupCall> => ({
  'setup:state': () => ok(setup.state()),
  async 'setup:create-school'(names) {
    const created = await setup.createSchool(names);
    return created.ok ? done() : created;
  },
  async 'setup:import-teacher'({ password }) {
    const imported = await setup.importTeacher(password);
    return imported.ok ? ok({ isImported: imported.value !== null }) : imported;
  },
  async 'setup:save-recovery'() {
    const saved = await setup.saveRecovery();
    return saved.ok ? ok({ isSaved: saved.value }) : saved;
  },
});

type Parts = {
  readonly console: Console;
  readonly desk: Desk;
  readonly audit: ConsoleAudit;
  readonly sources: {
    readonly list: () => Promise<SourcePreview[]>;
    readonly find: (id: string) => { readonly kind: 'screen' | 'window'; readonly name: string } | null;
  };
  /** The page may capture that source next, once. */
  readonly arm: (sourceId: string) => void;
};

export const consoleCalls = (parts: Parts): Omit<Calls, SetupCall | AppearanceCall> => {
  const { console: room, desk, sources, audit } = parts;
  return {
    'room:snapshot': () => ok(room.snapshot()),
    'room:rename-device': ({ id, name }) => (room.devices.rename(id, name) ? done() : fail('unknown-device')),
    'room:forget-device'({ id }) {
      audit.deviceRemoved(id);
      desk.revoke(id);
      return room.devices.forget(id) ? done() : fail('unknown-device');
    },
    'room:admit-device'({ id }) {
      audit.readmitted(id);
      return room.devices.readmitted(id) ? done() : fail('unknown-device');
    },
    'pairing:open': () => ok(desk.pairing.open()),
    'pairing:close': () => ok(desk.pairing.close()),
    'pairing:decide': ({ id, isSame }) => desk.pairing.decide(id, isSame),
    'room:create-token': ({ uses, hours }) => desk.createToken(uses, hours),
    'lesson:start': () => ok(room.startLesson()),
    async 'lesson:end'() {
      await room.endLesson();
      return done();
    },
    'wall:watch'({ wanted }) {
      room.wall.want(wanted);
      return done();
    },
    async 'devices:lock'({ ids, text, minutes }) {
      if (room.snapshot().lesson === null) return fail('no-lesson');
      return ok(await room.locks.lock(ids, text, minutes));
    },
    'devices:unlock': async ({ ids }) => ok(await room.locks.unlock(ids)),
    async 'devices:open-url'({ ids, url }) {
      if (room.snapshot().lesson === null) return fail('no-lesson');
      return ok(await room.openUrl(ids, url));
    },
    'presentation:sources': async () => ok(await sources.list()),
    'presentation:choose-source'({ id }) {
      const found = sources.find(id);
      if (found === null) return fail('source-gone', 'choose-again');
      parts.arm(id);
      const source = { id, kind: found.kind, name: found.name };
      room.presentation.chooseSource(source);
      return ok(source);
    },
    'presentation:confirm-source': () => room.presentation.confirmSource(),
    'presentation:start': () =>
      room.snapshot().lesson === null ? fail('no-lesson') : room.presentation.start(),
    'presentation:stop': () => ok(room.presentation.stop()),
    'presentation:set-paused': ({ isPaused }) => room.presentation.setPaused(isPaused),
    'signal:send'({ to, signal }) {
      if (to.kind === 'relay') room.presentation.fromPage(signal);
      else if (to.kind === 'device') room.signalDevice(to.id, 'screen', signal);
      else return fail('ipc-input');
      return done();
    },
  };
};
