// What the agent's pages may order and report, each mapped to the part that does it.
import type { AgentSnapshot, WatchEntry } from '../../shared/ipc/contract.ts';
import { fail, ok, type Result } from '../../shared/result/result.ts';
import { done, type HandlersFor } from '../ipc/router.ts';
import type { PresentationWindow } from '../platform/presentation-window.ts';
import type { ScreenWindow } from '../platform/screen-window.ts';
import type { AgentPairing } from './agent-pairing.ts';
import type { AppearanceSetting } from './appearance.ts';

type Parts = {
  readonly appearance: AppearanceSetting;
  readonly snapshot: () => AgentSnapshot;
  readonly screen: ScreenWindow;
  readonly presentation: PresentationWindow;
  readonly enrol: (token: string) => Promise<Result<{ room: string }>>;
  readonly pairing: AgentPairing;
  /** Who looked when, newest first. */
  readonly watchLog: () => WatchEntry[];
};

type AgentWindowKind = 'device' | 'capture' | 'presentation' | 'lock' | 'indicator';

export const agentCalls = (parts: Parts): HandlersFor<AgentWindowKind> => {
  const { appearance, screen, presentation } = parts;
  return {
    'appearance:get': () => ok(appearance.get()),
    'appearance:set': (change) => ok(appearance.set(change)),
    'device:snapshot': () => ok(parts.snapshot()),
    'device:enrol': ({ token }) => parts.enrol(token),
    'device:find-rooms': async () => ok(await parts.pairing.findRooms()),
    'device:pair': ({ address }) => ok(parts.pairing.start(address)),
    'device:decide-pairing': ({ isSame }) => ok(parts.pairing.decide(isSame)),
    'device:cancel-pairing': () => ok(parts.pairing.cancel()),
    'device:watch-log': () => ok(parts.watchLog()),
    async 'capture:prepare'() {
      await screen.prepareCapture();
      return done();
    },
    'capture:ready': () => ok(screen.pageReady()),
    'capture:report'({ quality, problem }) {
      screen.pageReports({ screen: quality, screenProblem: problem });
      return done();
    },
    'viewer:ready': () => ok(presentation.pageReady()),
    'viewer:report'({ state }) {
      presentation.pageReports(state);
      return done();
    },
    // A page speaks only with its own far end: which one follows from the window, not from what it says.
    'signal:send'({ signal }, sender) {
      if (sender.kind === 'capture') screen.fromPage(signal);
      else if (sender.kind === 'presentation') presentation.fromPage(signal);
      else return fail('ipc-sender');
      return done();
    },
  };
};
