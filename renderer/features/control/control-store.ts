// What the teacher is about to order; the locks themselves are in the devices' reports.
import { create } from 'zustand';
import type { Target } from './device-orders.ts';

type DialogState =
  | { readonly state: 'closed' }
  | { readonly state: 'open'; readonly targets: readonly Target[]; readonly isEverybody: boolean };

type Control = {
  readonly dialog: DialogState;
  /** Text of the last lock, offered again next time; null before the first. */
  readonly lastText: string | null;
  readonly urlDialog: DialogState;
};

export const useControl = create<Control>(() => ({
  dialog: { state: 'closed' },
  lastText: null,
  urlDialog: { state: 'closed' },
}));

export const openLockDialog = (targets: readonly Target[], isEverybody: boolean): void =>
  useControl.setState({ dialog: { state: 'open', targets, isEverybody } });

export const closeLockDialog = (): void => useControl.setState({ dialog: { state: 'closed' } });

export const rememberText = (lastText: string): void => useControl.setState({ lastText });

export const openUrlDialog = (targets: readonly Target[], isEverybody: boolean): void =>
  useControl.setState({ urlDialog: { state: 'open', targets, isEverybody } });

export const closeUrlDialog = (): void => useControl.setState({ urlDialog: { state: 'closed' } });
