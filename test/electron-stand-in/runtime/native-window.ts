// Owns the X window behind a BrowserWindow: where it is, whether it shows, and what the window manager says of it.
// [Note: frame window] Chromium's window lives inside a window of our own. So a hidden page is simply inside an unmapped
// window and goes on, nothing flashes up at start, and the manager's wish to close comes to us, who can refuse it.
import { EventEmitter } from 'node:events';
import { display, host } from './host.ts';
import { eventMask, type XConnection, type XEvent, type XGeometry } from './x11.ts';

const xEvent = {
  focusIn: 9,
  focusOut: 10,
  create: 16,
  destroy: 17,
  reparent: 21,
  configure: 22,
  property: 28,
  clientMessage: 33,
};

/** Windows that wait for Chromium's window, by the text Chromium puts into WM_CLASS. */
const awaited = new Map<string, (window: number) => void>();
/** Windows by X id, for events. */
const known = new Map<number, NativeWindow>();
/** Chromium's windows that have not shown their class yet. */
const candidates = new Set<number>();
let isManaged = false;
/** Never shown: holds what nobody shall see. */
let attic = 0;
/** Windows of Chromium's, by the window of ours they belong into. */
const kept = new Map<number, number>();

async function identify(x: XConnection, window: number): Promise<void> {
  const wmClass = await x.textProperty(window, 'WM_CLASS').catch(() => null);
  const token = wmClass?.split('\0')[0]?.split('__')[0] ?? '';
  const found = awaited.get(token);
  if (found !== undefined) {
    awaited.delete(token);
    candidates.delete(window);
    found(window);
    return;
  }
  // Chromium's own bars and dialogs ("is sharing your screen") have no counterpart in Electron: nobody sees them.
  // They have no class; a page's window has one before it has a title.
  const [pid] = await x.numberProperty(window, '_NET_WM_PID').catch(() => []);
  const title = await x.textProperty(window, '_NET_WM_NAME').catch(() => null);
  if (token !== '' || !title || pid !== host.chromium?.pid || !candidates.has(window)) return;
  if (await x.isOverrideRedirect(window).catch(() => true)) return;
  candidates.delete(window);
  attic ||= x.createWindow({ x: 0, y: 0, width: 1, height: 1 }, 0, 0);
  keep(x, window, attic);
}

/** Moves a window of Chromium's into one of ours, also when a manager that saw it first takes it out again. */
function keep(x: XConnection, window: number, parent: number): void {
  kept.set(window, parent);
  x.selectEvents(window, eventMask.structureNotify);
  x.reparent(window, parent, 0, 0);
}

/** With a window manager its word on the active window counts: focus events also tell of passing grabs. */
async function followActive(x: XConnection): Promise<void> {
  const [active] = await x.numberProperty(x.root, '_NET_ACTIVE_WINDOW');
  isManaged = true;
  for (const window of new Set(known.values())) if (window.id !== active) window.setFocused(false);
  if (active !== undefined) known.get(active)?.setFocused(true);
}

/** Starts listening to the X server; call once when it is connected. */
export async function watchWindows(x: XConnection): Promise<void> {
  x.selectEvents(x.root, eventMask.substructureNotify | eventMask.structureNotify | eventMask.propertyChange);
  const naming = await Promise.all(['WM_CLASS', '_NET_WM_PID', '_NET_WM_NAME'].map((name) => x.atom(name)));
  const activeAtom = await x.atom('_NET_ACTIVE_WINDOW');
  x.on('event', (event: XEvent) => {
    if (event.kind === xEvent.create) {
      const created = event.data.readUInt32LE(8);
      if (known.has(created)) return;
      candidates.add(created);
      x.selectEvents(created, eventMask.propertyChange);
      void identify(x, created);
    } else if (event.kind === xEvent.destroy) {
      candidates.delete(event.data.readUInt32LE(8));
      kept.delete(event.data.readUInt32LE(8));
    } else if (event.kind === xEvent.reparent && kept.has(event.window)) {
      const parent = kept.get(event.window) ?? 0;
      if (event.data.readUInt32LE(12) !== parent) x.reparent(event.window, parent, 0, 0);
    } else if (event.kind === xEvent.property && candidates.has(event.window)) {
      const changed = event.data.readUInt32LE(8);
      if (naming.includes(changed)) void identify(x, event.window);
    } else if (event.kind === xEvent.property && event.window === x.root) {
      if (event.data.readUInt32LE(8) === activeAtom) void followActive(x);
    } else known.get(event.window)?.onEvent(event);
  });
}

export interface NativeOptions {
  /** First part of the WM_CLASS of Chromium's window. */
  token: string;
  title: string;
  bounds: XGeometry;
  /** 0xRRGGBB: shows until the page paints. */
  background: number;
  isShown: boolean;
  hasFrame: boolean;
  isFocusable: boolean;
  isResizable: boolean;
}

/**
 * Emits show, hide, focus, blur, resize, move, enter-full-screen, leave-full-screen, minimize, restore, maximize,
 * unmaximize, and close-requested when the window manager asks it to close.
 */
export class NativeWindow extends EventEmitter {
  readonly options: NativeOptions;
  /** Our window, the one people see. */
  readonly id: number;
  bounds: XGeometry;
  isVisible = false;
  isFocused = false;
  isMinimized = false;
  isMaximized = false;
  isFullScreen = false;
  isOnTop = false;
  private inner = 0;
  private skipsTaskbar = false;
  private restoreBounds: XGeometry | null = null;
  private isGone = false;
  /** Requests to the X server in the order they were made. */
  private queue: Promise<void> = Promise.resolve();

  constructor(options: NativeOptions) {
    super();
    this.options = options;
    this.bounds = options.bounds;
    const mask = eventMask.structureNotify | eventMask.focusChange | eventMask.propertyChange;
    this.id = display().createWindow(options.bounds, options.background, mask);
    known.set(this.id, this);
    awaited.set(options.token, (window) => this.takeIn(window));
    this.request((x) => this.dress(x));
    if (options.isShown) this.show(true);
  }

  private request(action: (x: XConnection) => void | Promise<void>): void {
    this.queue = this.queue.then(async () => {
      if (!this.isGone) await action(display());
    });
    this.queue.catch(() => undefined);
  }

  /** Chromium's window is made but not shown yet: from now on it lives in ours. */
  private takeIn(window: number): void {
    const x = display();
    this.inner = window;
    if (this.isGone) return;
    known.set(window, this);
    keep(x, window, this.id);
    this.fill(x);
    if (this.isFocused) x.focus(window);
  }

  private fill(x: XConnection): void {
    if (this.inner === 0) return;
    const { width, height } = this.bounds;
    x.configure(this.inner, { x: 0, y: 0, width, height });
    x.tellPlace(this.inner, this.bounds);
  }

  private async dress(x: XConnection): Promise<void> {
    const { hasFrame, isFocusable, isResizable, title } = this.options;
    await x.setTitle(this.id, title);
    await x.setProperty(this.id, 'WM_CLASS', 'STRING', 8, Buffer.from('electron\0Electron\0'));
    await x.setNumbers(this.id, '_NET_WM_PID', 'CARDINAL', [process.pid]);
    await x.setNumbers(this.id, 'WM_PROTOCOLS', 'ATOM', [await x.atom('WM_DELETE_WINDOW')]);
    await x.setNumbers(this.id, 'WM_HINTS', 'WM_HINTS', [1, isFocusable ? 1 : 0, 0, 0, 0, 0, 0, 0, 0]);
    // Motif hints: functions (resize 2, move 4, minimize 8, maximize 16, close 32), decorations (all 1, none 0).
    const functions = 4 | 8 | 32 | (isResizable ? 2 | 16 : 0);
    await x.setNumbers(this.id, '_MOTIF_WM_HINTS', '_MOTIF_WM_HINTS', [3, functions, hasFrame ? 1 : 0, 0, 0]);
    await this.setPlaceHints(x);
  }

  /** Size hints: the place is the app's wish (US bits 1 and 2), its reference the page itself (static gravity 10). */
  private async setPlaceHints(x: XConnection): Promise<void> {
    const { x: left, y: top, width, height } = this.bounds;
    const flags = 1 | 2 | (1 << 9);
    const hints = [flags, left, top, width, height, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10];
    await x.setNumbers(this.id, 'WM_NORMAL_HINTS', 'WM_SIZE_HINTS', hints);
  }

  /** `isActivated`: with the keyboard's focus. */
  show(isActivated: boolean): void {
    const wasVisible = this.isVisible && !this.isMinimized;
    this.isVisible = true;
    this.isMinimized = false;
    this.request(async (x) => {
      if (!this.isVisible) return;
      const mayActivate = isActivated && this.options.isFocusable;
      if (!mayActivate) await x.setNumbers(this.id, '_NET_WM_USER_TIME', 'CARDINAL', [0]);
      if (!wasVisible) {
        await this.setPlaceHints(x);
        await this.writeStates(x);
      }
      x.map(this.id);
      await this.placeAgain(x);
      if (mayActivate) await this.activate(x);
    });
    if (!wasVisible) queueMicrotask(() => this.emit('show'));
  }

  hide(): void {
    if (!this.isVisible) return;
    this.isVisible = false;
    this.request(async (x) => {
      if (this.isVisible) return;
      x.unmap(this.id);
      // ICCCM 4.1.4: a window that withdraws tells the manager, also when it was an icon.
      await x.tellUnmapped(this.id);
    });
    const hadFocus = this.isFocused;
    this.isFocused = false;
    queueMicrotask(() => {
      if (hadFocus) this.emit('blur');
      this.emit('hide');
    });
  }

  private async activate(x: XConnection): Promise<void> {
    if (await x.hasManager()) await x.tellManager(this.id, '_NET_ACTIVE_WINDOW', [2, 0, 0, 0, 0]);
    else if (await x.isMapped(this.id)) {
      x.configure(this.id, {}, true);
      x.focus(this.inner || this.id);
      this.setFocused(true);
    }
  }

  focus(): void {
    this.request(async (x) => {
      if (this.isVisible && this.options.isFocusable) await this.activate(x);
    });
  }

  raise(): void {
    this.request((x) => x.configure(this.id, {}, true));
  }

  minimize(): void {
    if (this.isMinimized) return;
    this.request(async (x) => {
      if (await x.hasManager()) await x.tellManager(this.id, 'WM_CHANGE_STATE', [3, 0, 0, 0, 0]);
      else {
        // Without a manager there is no icon to shrink to: away is the nearest.
        x.unmap(this.id);
        this.setMinimized(true);
      }
    });
  }

  restore(): void {
    if (!this.isMinimized) return;
    this.request(async (x) => {
      x.map(this.id);
      await this.activate(x);
      if (!(await x.hasManager())) this.setMinimized(false);
    });
  }

  private setMinimized(isMinimized: boolean): void {
    if (this.isMinimized === isMinimized) return;
    this.isMinimized = isMinimized;
    this.emit(isMinimized ? 'minimize' : 'restore');
  }

  setBounds(bounds: XGeometry): void {
    this.bounds = bounds;
    this.request(async (x) => {
      await this.setPlaceHints(x);
      x.configure(this.id, bounds);
      this.fill(x);
    });
  }

  setTitle(title: string): void {
    this.request((x) => x.setTitle(this.id, title));
  }

  setOpacity(opacity: number): void {
    const value = Math.round(opacity * 0xffffffff);
    this.request((x) => x.setNumbers(this.id, '_NET_WM_WINDOW_OPACITY', 'CARDINAL', [value]));
  }

  private states(): string[] {
    return [
      ...(this.isFullScreen ? ['_NET_WM_STATE_FULLSCREEN'] : []),
      ...(this.isOnTop ? ['_NET_WM_STATE_ABOVE'] : []),
      ...(this.skipsTaskbar ? ['_NET_WM_STATE_SKIP_TASKBAR', '_NET_WM_STATE_SKIP_PAGER'] : []),
      ...(this.isMaximized ? ['_NET_WM_STATE_MAXIMIZED_VERT', '_NET_WM_STATE_MAXIMIZED_HORZ'] : []),
    ];
  }

  /** For a window that is about to be mapped the manager reads the states from the property itself. */
  private async writeStates(x: XConnection): Promise<void> {
    const atoms = await Promise.all(this.states().map((name) => x.atom(name)));
    await x.setNumbers(this.id, '_NET_WM_STATE', 'ATOM', atoms);
  }

  private async changeState(x: XConnection, isOn: boolean, first: string, second?: string): Promise<void> {
    // A window that is not shown has no manager yet: show() writes its states.
    if (!this.isVisible) return;
    const atoms = [await x.atom(first), second === undefined ? 0 : await x.atom(second)];
    await x.tellManager(this.id, '_NET_WM_STATE', [isOn ? 1 : 0, ...atoms, 1, 0]);
  }

  setOnTop(isOnTop: boolean): void {
    this.isOnTop = isOnTop;
    this.request(async (x) => {
      await this.changeState(x, isOnTop, '_NET_WM_STATE_ABOVE');
      if (isOnTop && !(await x.hasManager())) x.configure(this.id, {}, true);
    });
  }

  setSkipTaskbar(skips: boolean): void {
    this.skipsTaskbar = skips;
    const [, first = '', second = ''] = ['', '_NET_WM_STATE_SKIP_TASKBAR', '_NET_WM_STATE_SKIP_PAGER'];
    this.request((x) => this.changeState(x, skips, first, second));
  }

  setMaximized(isMaximized: boolean): void {
    if (this.isMaximized === isMaximized) return;
    this.isMaximized = isMaximized;
    this.request((x) =>
      this.changeState(x, isMaximized, '_NET_WM_STATE_MAXIMIZED_VERT', '_NET_WM_STATE_MAXIMIZED_HORZ'),
    );
    queueMicrotask(() => this.emit(isMaximized ? 'maximize' : 'unmaximize'));
  }

  setFullScreen(isFullScreen: boolean): void {
    if (this.isFullScreen === isFullScreen) return;
    this.isFullScreen = isFullScreen;
    if (isFullScreen) this.restoreBounds = this.bounds;
    this.request(async (x) => {
      await this.changeState(x, isFullScreen, '_NET_WM_STATE_FULLSCREEN');
      await this.placeAgain(x);
    });
    queueMicrotask(() => this.emit(isFullScreen ? 'enter-full-screen' : 'leave-full-screen'));
  }

  /** What the manager does by itself for a fullscreen window is done by hand where none runs. */
  private async placeAgain(x: XConnection): Promise<void> {
    if (this.isMaximized) return;
    if (this.isFullScreen) {
      if (await x.hasManager()) return;
      this.bounds = { x: 0, y: 0, ...x.rootSize };
      x.configure(this.id, this.bounds, true);
      this.fill(x);
      return;
    }
    if (this.restoreBounds !== null) this.bounds = this.restoreBounds;
    this.restoreBounds = null;
    x.configure(this.id, this.bounds);
    this.fill(x);
  }

  /** Takes the window away; Chromium closes the inner one. */
  release(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.isVisible = false;
    awaited.delete(this.options.token);
    known.delete(this.id);
    known.delete(this.inner);
    kept.delete(this.inner);
    const x = display();
    // Chromium ends its own window: it must not vanish under it.
    if (this.inner !== 0) {
      x.unmap(this.inner);
      x.reparent(this.inner, x.root, 0, 0);
    }
    x.destroyWindow(this.id);
  }

  onEvent(event: XEvent): void {
    if (event.window === this.inner) {
      this.onInnerEvent(event);
      return;
    }
    if (event.kind === xEvent.focusIn || event.kind === xEvent.focusOut) this.onFocus(event);
    else if (event.kind === xEvent.configure) void this.onConfigure();
    else if (event.kind === xEvent.property) void this.onProperty();
    else if (event.kind === xEvent.clientMessage) void this.onMessage(event);
  }

  /** Chromium places its window by itself while it opens: the page fills our window all the same. */
  private onInnerEvent(event: XEvent): void {
    if (event.kind !== xEvent.configure || event.isSent) return;
    const { width, height } = this.bounds;
    const [x, y] = [event.data.readInt16LE(16), event.data.readInt16LE(18)];
    const isSame = event.data.readUInt16LE(20) === width && event.data.readUInt16LE(22) === height;
    if (x !== 0 || y !== 0 || !isSame) this.fill(display());
  }

  private async onMessage(event: XEvent): Promise<void> {
    const closeAtom = await display().atom('WM_DELETE_WINDOW');
    if (event.data.readUInt32LE(12) === closeAtom && !this.isGone) this.emit('close-requested');
  }

  private onFocus(event: XEvent): void {
    const mode = event.data[8] ?? 0;
    const inferior = 2;
    // The focus came to our window: it belongs to the page inside.
    if (event.kind === xEvent.focusIn && event.detail !== inferior && event.detail < 5 && this.inner !== 0) {
      display().focus(this.inner);
    }
    // Mode 1 and 2 are keyboard grabs, detail 5 and more follow the pointer: neither moves the focus.
    if (isManaged || mode === 1 || mode === 2 || event.detail >= 5 || event.detail === inferior) return;
    this.setFocused(event.kind === xEvent.focusIn);
  }

  setFocused(isFocused: boolean): void {
    const now = isFocused && this.isVisible && !this.isGone;
    if (now === this.isFocused) return;
    this.isFocused = now;
    this.emit(now ? 'focus' : 'blur');
  }

  private async onConfigure(): Promise<void> {
    if (this.isGone || !this.isVisible) return;
    const x = display();
    const now = await x.absoluteGeometry(this.id).catch(() => null);
    const before = this.bounds;
    if (now === null || this.isGone || !this.isVisible) return;
    this.bounds = now;
    this.fill(x);
    if (now.width !== before.width || now.height !== before.height) this.emit('resize');
    if (now.x !== before.x || now.y !== before.y) this.emit('move');
  }

  private async onProperty(): Promise<void> {
    const x = display();
    const states = new Set(await x.numberProperty(this.id, '_NET_WM_STATE').catch(() => []));
    const isMinimized = states.has(await x.atom('_NET_WM_STATE_HIDDEN'));
    if (!this.isGone && this.isVisible && (await x.hasManager())) this.setMinimized(isMinimized);
  }
}
