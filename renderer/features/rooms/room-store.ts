// Room, teacher and how agents reach this desk, as main holds them.
import { create } from 'zustand';
import type { ConsoleSnapshot } from '../../../shared/ipc/contract.ts';

type RoomState = Pick<ConsoleSnapshot, 'room' | 'teacher' | 'addresses' | 'problem'>;

/** null until the first snapshot is there. */
export const useRoom = create<{ readonly current: RoomState | null }>(() => ({ current: null }));

export const loadRoom = ({ room, teacher, addresses, problem }: RoomState): void =>
  useRoom.setState({ current: { room, teacher, addresses, problem } });
