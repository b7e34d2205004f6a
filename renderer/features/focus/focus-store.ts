// Which device is shown large; null shows the wall.
import { create } from 'zustand';
import type { DeviceId } from '../../../shared/domain/ids.ts';

export const useFocus = create<{ readonly focused: DeviceId | null }>(() => ({ focused: null }));

export const openFocus = (focused: DeviceId): void => useFocus.setState({ focused });
export const closeFocus = (): void => useFocus.setState({ focused: null });
