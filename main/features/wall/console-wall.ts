// The console's side of the wall: which quality each device is asked for. The page says what it can show; nothing
// is asked outside a lesson, and each device is told only what changed for it.
import type { DeviceReport, ScreenQuality } from '../../../shared/domain/device.ts';
import type { DeviceId } from '../../../shared/domain/ids.ts';
import type { CommandBody } from '../../../shared/protocol/link.ts';
import type { Result } from '../../../shared/result/result.ts';

type Parts = {
  readonly command: (id: DeviceId, body: CommandBody) => Promise<Result<void>>;
};

export type ConsoleWall = {
  /** What the page can show now; a device that is not named is asked for nothing. */
  readonly want: (wanted: readonly { readonly id: DeviceId; readonly quality: ScreenQuality }[]) => void;
  readonly setLesson: (isRunning: boolean) => void;
  /** A device came (back): it knows of nothing that was asked before. */
  readonly connected: (id: DeviceId) => void;
  /** Asks again where a device sends another quality than it was asked for and says so itself. */
  readonly heal: (id: DeviceId, report: DeviceReport) => void;
};

export const createConsoleWall = ({ command }: Parts): ConsoleWall => {
  let wanted = new Map<DeviceId, ScreenQuality>();
  let isRunning = false;
  const asked = new Map<DeviceId, ScreenQuality>();
  /** The order under way to each device; a new connection makes the old one meaningless. */
  const busy = new Map<DeviceId, symbol>();

  const goal = (id: DeviceId): ScreenQuality => (isRunning ? (wanted.get(id) ?? 'off') : 'off');

  const ask = async (id: DeviceId): Promise<void> => {
    if (busy.has(id)) return;
    const quality = goal(id);
    if ((asked.get(id) ?? 'off') === quality) return;
    const order = Symbol(quality);
    busy.set(id, order);
    asked.set(id, quality);
    const result = await command(id, { verb: 'watch', quality });
    if (busy.get(id) !== order) return;
    busy.delete(id);
    // What could not be said is said at the next connection or report.
    if (!result.ok) asked.delete(id);
    else if (goal(id) !== quality) await ask(id);
  };

  const askAll = (): void => {
    for (const id of new Set([...wanted.keys(), ...asked.keys()])) void ask(id);
  };

  return {
    want(list) {
      wanted = new Map(list.map(({ id, quality }) => [id, quality]));
      askAll();
    },
    setLesson(running) {
      isRunning = running;
      askAll();
    },
    connected(id) {
      asked.delete(id);
      busy.delete(id);
      void ask(id);
    },
    heal(id, report) {
      if (report.screen === 'off' && report.screenProblem === null && goal(id) === 'off') return;
      void ask(id);
    },
  };
};
