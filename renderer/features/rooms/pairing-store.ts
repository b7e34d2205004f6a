// Taking devices by hand as main holds it, and whether the window for it is open on this page.
import { create } from 'zustand';
import type { PairingView } from '../../../shared/domain/joining.ts';
import type { Result } from '../../../shared/result/result.ts';
import { call } from '../../lib/ipc-client.ts';

type Pairing = {
  readonly isDialogOpen: boolean;
  readonly view: PairingView;
  /** The room is being opened and main has not answered yet. */
  readonly isOpening: boolean;
  /** Code of why the room could not be opened, null when it could. */
  readonly problem: string | null;
};

export const usePairing = create<Pairing>(() => ({
  isDialogOpen: false,
  view: { openUntil: null, requests: [] },
  isOpening: false,
  problem: null,
}));

/** Applies `pairing:changed`. */
export const loadPairing = (view: PairingView): void => usePairing.setState({ view });

const take = (result: Result<PairingView>): void =>
  usePairing.setState(result.ok ? { view: result.value, problem: null } : { problem: result.error.code });

/** The room takes devices from now on. */
export const openRoom = async (): Promise<void> => {
  usePairing.setState({ isOpening: true, problem: null });
  take(await call('pairing:open', {}));
  usePairing.setState({ isOpening: false });
};

/** The room takes devices exactly while the window for it is open. */
export const openAddDevices = (): void => {
  usePairing.setState({ isDialogOpen: true });
  void openRoom();
};

export const closeAddDevices = (): void => {
  usePairing.setState({ isDialogOpen: false });
  void call('pairing:close', {}).then(take);
};

/** What the teacher saw when comparing. */
export const decidePairing = async (id: string, isSame: boolean): Promise<void> =>
  take(await call('pairing:decide', { id, isSame }));
