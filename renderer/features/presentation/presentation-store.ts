// The presentation as main holds it, and whether this page still has something to show. Holds no stream.
import { create } from 'zustand';
import type { PresentationView } from '../../../shared/domain/lesson.ts';

type Presentation = {
  readonly view: PresentationView;
  /** `ended`: the shown window or screen is gone and the teacher has to choose again. */
  readonly capture: 'none' | 'active' | 'ended';
  /** The picker is open to begin, to show something else, or closed. */
  readonly picker: 'closed' | 'start' | 'change';
};

export const usePresentation = create<Presentation>(() => ({
  view: { state: 'off' },
  capture: 'none',
  picker: 'closed',
}));

export const loadPresentation = (view: PresentationView): void => usePresentation.setState({ view });
export const openPicker = (picker: 'start' | 'change'): void => usePresentation.setState({ picker });
export const closePicker = (): void => usePresentation.setState({ picker: 'closed' });
