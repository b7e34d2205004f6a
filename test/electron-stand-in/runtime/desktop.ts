// Owns the desktop's small services: dialog, shell, clipboard, Tray, Menu, Notification, theme and power.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ElectronEmitter, makeEvent } from './emitter.ts';
import { notInTheStandIn, refusing } from './refuse.ts';

type Script = (...args: unknown[]) => unknown;

/** A dialog nobody scripted would wait for a person forever. */
const unscripted =
  (name: string): Script =>
  () => {
    throw notInTheStandIn(`${name} without a scripted answer (replace it through electronApp.evaluate)`);
  };

export const dialog = refusing(
  {
    showOpenDialog: unscripted('dialog.showOpenDialog'),
    showOpenDialogSync: unscripted('dialog.showOpenDialogSync'),
    showSaveDialog: unscripted('dialog.showSaveDialog'),
    showSaveDialogSync: unscripted('dialog.showSaveDialogSync'),
    showMessageBox: unscripted('dialog.showMessageBox'),
    showMessageBoxSync: unscripted('dialog.showMessageBoxSync'),
    showErrorBox(title: string, content: string): void {
      process.stderr.write(`dialog.showErrorBox: ${title}: ${content}\n`);
    },
  },
  'dialog',
);

/** Hands something to the desktop. @throws Error when the desktop has no opener or it fails */
function openWithDesktop(target: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const opener = spawn('xdg-open', [target], { stdio: 'ignore' });
    opener.once('error', () => reject(new Error(`Failed to open: ${target} (no xdg-open)`)));
    opener.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`Failed to open: ${target}`))));
  });
}

export const shell = refusing(
  {
    openExternal: (url: string) => openWithDesktop(url),
    openPath: (path: string): Promise<string> =>
      openWithDesktop(path).then(
        () => '',
        (error: Error) => error.message,
      ),
    showItemInFolder(path: string): void {
      openWithDesktop(pathToFileURL(dirname(path)).href).catch((error: Error) =>
        process.stderr.write(`${error.message}\n`),
      );
    },
    beep(): void {},
  },
  'shell',
);

const clipboardContent = new Map<string, string>();
const replaceClipboard = ({ text, html }: { text?: string; html?: string }): void => {
  clipboardContent.clear();
  if (text !== undefined) clipboardContent.set('text', text);
  if (html !== undefined) clipboardContent.set('html', html);
};
export const clipboard = refusing(
  {
    readText: () => clipboardContent.get('text') ?? '',
    writeText: (text: string) => replaceClipboard({ text }),
    readHTML: () => clipboardContent.get('html') ?? '',
    writeHTML: (html: string) => replaceClipboard({ html }),
    write: (content: { text?: string; html?: string }) => replaceClipboard(content),
    availableFormats: () =>
      [...clipboardContent.keys()].map((kind) => (kind === 'text' ? 'text/plain' : 'text/html')),
    clear: () => clipboardContent.clear(),
  },
  'clipboard',
);

interface MenuTemplate {
  label?: string;
  type?: string;
  role?: string;
  id?: string;
  enabled?: boolean;
  visible?: boolean;
  checked?: boolean;
  accelerator?: string;
  submenu?: MenuTemplate[] | Menu;
  click?: (item: MenuItem, window?: unknown, event?: object) => void;
  [name: string]: unknown;
}

class MenuItem {
  label: string;
  type: string;
  role: string | undefined;
  id: string | undefined;
  enabled: boolean;
  visible: boolean;
  checked: boolean;
  accelerator: string | undefined;
  submenu: Menu | undefined;
  click: (event?: object, window?: unknown) => void;

  constructor(template: MenuTemplate) {
    this.label = template.label ?? template.role ?? '';
    this.submenu = Array.isArray(template.submenu)
      ? Menu.buildFromTemplate(template.submenu)
      : template.submenu;
    this.type = template.type ?? (this.submenu ? 'submenu' : 'normal');
    this.role = template.role;
    this.id = template.id;
    this.enabled = template.enabled ?? true;
    this.visible = template.visible ?? true;
    this.checked = template.checked ?? false;
    this.accelerator = template.accelerator;
    this.click = (event = makeEvent({}), window) => {
      if (!this.enabled) return;
      if (this.type === 'checkbox') this.checked = !this.checked;
      template.click?.(this, window, event);
    };
  }
}

let applicationMenu: Menu | null = null;

class Menu extends ElectronEmitter {
  readonly items: MenuItem[] = [];

  append(item: MenuItem): void {
    this.items.push(item);
  }

  insert(position: number, item: MenuItem): void {
    this.items.splice(position, 0, item);
  }

  getMenuItemById(id: string): MenuItem | null {
    for (const item of this.items) {
      if (item.id === id) return item;
      const inner = item.submenu?.getMenuItemById(id);
      if (inner) return inner;
    }
    return null;
  }

  popup(): void {
    throw notInTheStandIn('Menu.popup');
  }

  closePopup(): void {}

  static buildFromTemplate(template: (MenuTemplate | MenuItem)[]): Menu {
    const menu = new Menu();
    menu.setKnownEvents('Menu', ['menu-will-show', 'menu-will-close']);
    for (const entry of template) menu.append(entry instanceof MenuItem ? entry : new MenuItem(entry));
    return refusing(menu, 'Menu');
  }

  static setApplicationMenu(menu: Menu | null): void {
    applicationMenu = menu;
  }

  static getApplicationMenu(): Menu | null {
    return applicationMenu;
  }
}

class Tray extends ElectronEmitter {
  private tooltip = '';
  private isGone = false;

  constructor(_image: unknown) {
    super();
    this.setKnownEvents('Tray', [
      'click',
      'right-click',
      'double-click',
      'middle-click',
      'mouse-enter',
      'mouse-leave',
      'mouse-move',
    ]);
    // biome-ignore lint/correctness/noConstructorReturn: everybody holds the refusing wrapper
    return refusing(this, 'Tray');
  }

  setToolTip(text: string): void {
    this.tooltip = text;
  }

  /** Not Electron's: lets a test read what setToolTip set. */
  get standInToolTip(): string {
    return this.tooltip;
  }

  setImage(_image: unknown): void {}
  setTitle(_title: string): void {}
  setContextMenu(_menu: Menu | null): void {}
  setIgnoreDoubleClickEvents(_flag: boolean): void {}

  getBounds(): object {
    return { x: 0, y: 0, width: 0, height: 0 };
  }

  destroy(): void {
    this.isGone = true;
  }

  isDestroyed(): boolean {
    return this.isGone;
  }
}

class Notification extends ElectronEmitter {
  title: string;
  body: string;
  silent: boolean;

  constructor(options: { title?: string; body?: string; silent?: boolean } = {}) {
    super();
    this.setKnownEvents('Notification', ['show', 'click', 'close', 'reply', 'action', 'failed']);
    this.title = options.title ?? '';
    this.body = options.body ?? '';
    this.silent = options.silent ?? false;
  }

  show(): void {
    process.stderr.write(`Notification: ${this.title}: ${this.body}\n`);
    setImmediate(() => this.emit('show', makeEvent({})));
  }

  close(): void {
    setImmediate(() => this.emit('close', makeEvent({})));
  }

  static isSupported(): boolean {
    return true;
  }
}

class NativeTheme extends ElectronEmitter {
  private source: 'system' | 'light' | 'dark' = 'system';

  get themeSource(): 'system' | 'light' | 'dark' {
    return this.source;
  }

  set themeSource(source: 'system' | 'light' | 'dark') {
    if (!['system', 'light', 'dark'].includes(source))
      throw new TypeError('Error processing argument: themeSource');
    const before = this.shouldUseDarkColors;
    this.source = source;
    this.emit('theme-source-internal');
    if (before !== this.shouldUseDarkColors) this.emit('updated', makeEvent({}));
  }

  get shouldUseDarkColors(): boolean {
    return this.source === 'dark';
  }

  readonly shouldUseHighContrastColors = false;
  readonly shouldUseInvertedColorScheme = false;
  readonly inForcedColorsMode = false;
  readonly prefersReducedTransparency = false;
}

class PowerMonitor extends ElectronEmitter {
  isOnBatteryPower(): boolean {
    const folder = '/sys/class/power_supply';
    if (!existsSync(folder)) return false;
    return readdirSync(folder).some((name) => {
      const status = `${folder}/${name}/status`;
      return existsSync(status) && readFileSync(status, 'utf8').trim() === 'Discharging';
    });
  }

  get onBatteryPower(): boolean {
    return this.isOnBatteryPower();
  }
}

const blockers = new Set<number>();
let nextBlocker = 1;
export const powerSaveBlocker = refusing(
  {
    start(type: string): number {
      if (type !== 'prevent-app-suspension' && type !== 'prevent-display-sleep')
        throw new TypeError(`Error processing argument: ${type}`);
      blockers.add(nextBlocker);
      return nextBlocker++;
    },
    stop: (id: number) => blockers.delete(id),
    isStarted: (id: number) => blockers.has(id),
  },
  'powerSaveBlocker',
);

export const nativeThemeRaw = new NativeTheme();
nativeThemeRaw.setMaxListeners(0);
nativeThemeRaw.setKnownEvents('nativeTheme', ['updated', 'theme-source-internal']);
export const nativeTheme = refusing(nativeThemeRaw, 'nativeTheme');

const powerMonitorRaw = new PowerMonitor();
powerMonitorRaw.setKnownEvents('powerMonitor', [
  'suspend',
  'resume',
  'on-ac',
  'on-battery',
  'shutdown',
  'lock-screen',
  'unlock-screen',
  'user-did-become-active',
  'user-did-resign-active',
  'thermal-state-change',
  'speed-limit-change',
]);
export const powerMonitor = refusing(powerMonitorRaw, 'powerMonitor');

const menuClass = refusing(Menu, 'Menu');
const notificationClass = refusing(Notification, 'Notification');

export { MenuItem, menuClass as Menu, notificationClass as Notification, Tray };
