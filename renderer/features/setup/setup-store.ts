// Whether this desk belongs to a school yet, as main holds it; null until main has answered.
import { create } from 'zustand';
import type { SetupState } from '../../../shared/ipc/contract.ts';

export const useSetup = create<{ readonly setup: SetupState | null }>(() => ({ setup: null }));

export const loadSetup = (setup: SetupState): void => useSetup.setState({ setup });
