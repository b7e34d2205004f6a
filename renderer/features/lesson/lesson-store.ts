// The running lesson as main holds it; null when none runs.
import { create } from 'zustand';
import type { Lesson } from '../../../shared/domain/lesson.ts';

export const useLesson = create<{ readonly lesson: Lesson | null }>(() => ({ lesson: null }));

export const loadLesson = (lesson: Lesson | null): void => useLesson.setState({ lesson });
