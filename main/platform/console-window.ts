// The teacher's window.
import { dialog } from 'electron/main';
import type { AppWindow, AppWindows } from './app-windows.ts';

export type ConsoleWindowOptions = {
  readonly iconPng: string;
  /** Words for the question at closing, null when nothing is lost by it. */
  readonly closingQuestion: () => {
    readonly message: string;
    readonly end: string;
    readonly stay: string;
  } | null;
  readonly onClosed: () => void;
  readonly onPageGone: (reason: string) => void;
};

export const openConsoleWindow = (windows: AppWindows, options: ConsoleWindowOptions): AppWindow => {
  const window = windows.open('console', {
    width: 1280,
    height: 800,
    minWidth: 900,
    minHeight: 600,
    title: 'Lehrpult',
    icon: options.iconPng,
    onPageGone: options.onPageGone,
  });
  let isAsking = false;
  window.native.on('close', (event) => {
    const question = options.closingQuestion();
    if (question === null) return;
    event.preventDefault();
    if (isAsking) return;
    isAsking = true;
    void dialog
      .showMessageBox(window.native, {
        type: 'question',
        message: question.message,
        buttons: [question.end, question.stay],
        defaultId: 1,
        cancelId: 1,
        noLink: true,
      })
      .then(({ response }) => {
        isAsking = false;
        if (response === 0) window.close();
      });
  });
  window.native.on('closed', options.onClosed);
  return window;
};
