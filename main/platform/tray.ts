// The agent's sign in the task bar: always there while the agent runs, opens its window.
import { nativeImage } from 'electron/common';
import { Menu, Tray } from 'electron/main';

export type AgentTray = { readonly setStatus: (tooltip: string) => void };

export type TrayTexts = { readonly open: string };

/** `iconPng` is a file of 16 to 32 pixels. Where the desktop has no tray nothing is shown and nothing fails. */
export const createAgentTray = (iconPng: string, texts: TrayTexts, onOpen: () => void): AgentTray => {
  const tray = new Tray(nativeImage.createFromPath(iconPng));
  tray.setContextMenu(Menu.buildFromTemplate([{ label: texts.open, click: onOpen }]));
  tray.on('click', onOpen);
  return { setStatus: (tooltip) => tray.setToolTip(tooltip) };
};
