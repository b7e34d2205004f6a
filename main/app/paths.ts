// Where the built app's own files lie, in the source tree and in a package alike.
import { join } from 'node:path';

/** This file is bundled into out/main: everything else is found from there. */
const here = import.meta.dirname;

export const paths = {
  pages: join(here, '../renderer'),
  preload: join(here, '../preload'),
  relay: join(here, 'relay.js'),
  trayIcon: join(here, '../../assets/icons/tray.png'),
  appIcon: join(here, '../../assets/icons/lehrpult.png'),
};
