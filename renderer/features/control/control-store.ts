// What the teacher is about to order; the locks themselves are in the devices' reports.
import { create } from 'zustand';
import type { Target } from './device-orders.ts';

type LockDialogState =
  | { readonly state: 'closed' }
  | { readonly state: 'open'; readonly targets: readonly Target[]; readonly isEverybody: boolean };

type Control = {
  readonly dialog: LockDialogState;
  /** Text of the last lock, offered again next time; null before the first. */
  readonly lastText: string | null;
};

export const useControl = create<Control>(() => ({ dialog: { state: 'closed' }, lastText: null }));

export const openLockDialog = (targets: readonly Target[], isEverybody: boolean): void =>
  useControl.setState({ dialog: { state: 'open', targets, isEverybody } });

export const closeLockDialog = (): void => useControl.setState({ dialog: { state: 'closed' } });

export const rememberText = (lastText: string): void => useControl.setState({ lastText });
