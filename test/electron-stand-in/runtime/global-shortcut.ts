// Owns globalShortcut: keys grabbed from the X server, wherever the focus is.
import { display } from './host.ts';
import { refusing } from './refuse.ts';
import type { XConnection, XEvent } from './x11.ts';

const modifierBits: Record<string, number> = {
  shift: 1,
  control: 4,
  ctrl: 4,
  commandorcontrol: 4,
  cmdorctrl: 4,
  alt: 8,
  option: 8,
  super: 64,
  meta: 64,
};
const namedKeysyms: Record<string, number> = {
  space: 0x20,
  tab: 0xff09,
  backspace: 0xff08,
  delete: 0xffff,
  insert: 0xff63,
  return: 0xff0d,
  enter: 0xff0d,
  escape: 0xff1b,
  esc: 0xff1b,
  up: 0xff52,
  down: 0xff54,
  left: 0xff51,
  right: 0xff53,
  home: 0xff50,
  end: 0xff57,
  pageup: 0xff55,
  pagedown: 0xff56,
  plus: 0x2b,
};
const lockBits = [0, 2, 16, 18];
const registered = new Map<
  string,
  { keysym: number; modifiers: number; keycode: number; callback: () => void }
>();
let mapping: Map<number, number[]> | null = null;

/** @throws TypeError for text that is no accelerator */
function parse(accelerator: string): { keysym: number; modifiers: number } {
  let modifiers = 0;
  let keysym = 0;
  for (const part of accelerator.toLowerCase().split('+')) {
    const bit = modifierBits[part];
    const functionKey = /^f(\d{1,2})$/.exec(part)?.[1];
    if (bit !== undefined) modifiers |= bit;
    else if (functionKey !== undefined) keysym = 0xffbe + Number(functionKey) - 1;
    else if (part.length === 1) keysym = part.charCodeAt(0);
    else keysym = namedKeysyms[part] ?? 0;
  }
  if (keysym === 0)
    throw new TypeError(`Error processing argument at index 0, conversion failure from ${accelerator}`);
  return { keysym, modifiers };
}

/** Reads the keyboard and starts listening; call once when X is connected. */
export async function watchShortcuts(x: XConnection): Promise<void> {
  mapping = await x.keyboardMapping();
  const keyPress = 2;
  x.on('event', (event: XEvent) => {
    if (event.kind !== keyPress) return;
    const state = event.data.readUInt16LE(28) & 0x4d;
    for (const one of registered.values())
      if (one.keycode === event.detail && one.modifiers === state) one.callback();
  });
}

function unregister(accelerator: string): void {
  const one = registered.get(accelerator);
  registered.delete(accelerator);
  if (one !== undefined) for (const lock of lockBits) display().ungrabKey(one.keycode, one.modifiers | lock);
}

export const globalShortcut = refusing(
  {
    register(accelerator: string, callback: () => void): boolean {
      const { keysym, modifiers } = parse(accelerator);
      if (registered.has(accelerator)) return false;
      const keycode = [...(mapping ?? [])].find(([, keysyms]) => keysyms.includes(keysym))?.[0];
      if (keycode === undefined) return false;
      registered.set(accelerator, { keysym, modifiers, keycode, callback });
      // The X server's answer comes later than Electron's: a key that someone else holds is given back then.
      void Promise.all(lockBits.map((lock) => display().grabKey(keycode, modifiers | lock))).then(
        (granted) => {
          if (granted.every(Boolean)) return;
          registered.delete(accelerator);
          process.stderr.write(`globalShortcut: another program holds ${accelerator}\n`);
        },
      );
      return true;
    },
    registerAll(accelerators: string[], callback: () => void): void {
      for (const accelerator of accelerators) globalShortcut.register(accelerator, callback);
    },
    isRegistered: (accelerator: string) => registered.has(accelerator),
    unregister,
    unregisterAll(): void {
      for (const accelerator of [...registered.keys()]) unregister(accelerator);
    },
  },
  'globalShortcut',
);
