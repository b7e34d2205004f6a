// Owns the X window behind a BrowserWindow: where it is, whether it shows, and what the window manager says of it.
import { EventEmitter } from 'node:events';
import { display } from './host.ts';
import { eventMask, type XConnection, type XEvent, type XGeometry } from './x11.ts';

const xEvent = {
  focusIn: 9,
  focusOut: 10,
  create: 16,
  destroy: 17,
  unmap: 18,
  map: 19,
  reparent: 21,
  configure: 22,
  property: 28,
};

/** Windows that wait for their X window, by the text Chromium puts into WM_CLASS. */
const awaited = new Map<string, (window: number) => void>();
/** Windows by X id, for events. */
const known = new Map<number, NativeWindow>();
/** Windows still without name, watched until they show their class. */
const candidates = new Set<number>();
let holder = 0;

async function identify(x: XConnection, window: number): Promise<void> {
  const wmClass = await x.textProperty(window, 'WM_CLASS').catch(() => null);
  const token = wmClass?.split('\0')[0]?.split('__')[0] ?? '';
  const found = awaited.get(token);
  if (found === undefined) return;
  awaited.delete(token);
  candidates.delete(window);
  found(window);
}

/** Starts listening to the X server; call once when it is connected. */
export async function watchWindows(x: XConnection): Promise<void> {
  holder = x.createHolder();
  x.selectEvents(x.root, eventMask.substructureNotify | eventMask.structureNotify);
  const classAtom = await x.atom('WM_CLASS');
  x.on('event', (event: XEvent) => {
    if (event.kind === xEvent.create && awaited.size > 0) {
      const created = event.data.readUInt32LE(8);
      candidates.add(created);
      x.selectEvents(created, eventMask.propertyChange | eventMask.structureNotify | eventMask.focusChange);
      void identify(x, created);
    } else if (event.kind === xEvent.property && candidates.has(event.window)) {
      if (event.data.readUInt32LE(8) === classAtom) void identify(x, event.window);
    } else known.get(event.window)?.onEvent(event);
  });
}

export interface NativeOptions {
  /** First part of the window's WM_CLASS. */
  token: string;
  bounds: XGeometry;
  hasPosition: boolean;
  isShown: boolean;
  isActivated: boolean;
  hasFrame: boolean;
  isFocusable: boolean;
  isResizable: boolean;
  isClosable: boolean;
}

/** Emits show, hide, focus, blur, resize, move, enter-full-screen, leave-full-screen, minimize, restore, maximize, unmaximize. */
export class NativeWindow extends EventEmitter {
  readonly options: NativeOptions;
  /** The X window; 0 until Chromium has made it. */
  id = 0;
  bounds: XGeometry;
  isVisible = false;
  isFocused = false;
  isMinimized = false;
  isMaximized = false;
  isFullScreen = false;
  isOnTop = false;
  private skipsTaskbar = false;
  private closable: boolean;
  private restoreBounds: XGeometry | null = null;
  private isHeld = false;
  private isGone = false;
  private readonly found: Promise<void>;

  constructor(options: NativeOptions) {
    super();
    this.options = options;
    this.bounds = options.bounds;
    this.isVisible = options.isShown;
    this.closable = options.isClosable;
    this.found = new Promise((resolve) => {
      awaited.set(options.token, (window) => {
        this.id = window;
        known.set(window, this);
        void this.dress().then(resolve);
      });
    });
  }

  /** Runs in order, once the window exists; nothing happens after it is gone. */
  private whenFound(action: (x: XConnection) => void | Promise<void>): void {
    void this.found.then(async () => {
      if (this.isGone) return;
      await action(display());
    });
  }

  /** Before Chromium maps the window: a hidden one goes into the holder, so that it never flashes up. */
  private async dress(): Promise<void> {
    const x = display();
    if (!this.isVisible) {
      this.isHeld = true;
      x.reparent(this.id, holder, 0, 0);
    }
    x.selectEvents(this.id, eventMask.propertyChange | eventMask.structureNotify | eventMask.focusChange);
    await this.applyHints(x);
    x.configure(this.id, this.bounds);
  }

  private async applyHints(x: XConnection): Promise<void> {
    const { hasFrame, isFocusable, isResizable, isActivated } = this.options;
    // Motif hints: functions (resize 2, move 4, minimize 8, maximize 16, close 32), decorations (all 1, none 0).
    const functions = 4 | 8 | (isResizable ? 2 | 16 : 0) | (this.closable ? 32 : 0);
    await x.setNumbers(this.id, '_MOTIF_WM_HINTS', '_MOTIF_WM_HINTS', [3, functions, hasFrame ? 1 : 0, 0, 0]);
    if (!isFocusable) await x.setNumbers(this.id, 'WM_HINTS', 'WM_HINTS', [1, 0, 0, 0, 0, 0, 0, 0, 0]);
    if (!isActivated || !isFocusable) await x.setNumbers(this.id, '_NET_WM_USER_TIME', 'CARDINAL', [0]);
  }

  setClosable(isClosable: boolean): void {
    if (this.closable === isClosable) return;
    this.closable = isClosable;
    this.whenFound((x) => this.applyHints(x));
  }

  get isClosable(): boolean {
    return this.closable;
  }

  /** `isActivated`: with the keyboard's focus. */
  show(isActivated: boolean): void {
    const wasVisible = this.isVisible && !this.isMinimized;
    this.isVisible = true;
    this.isMinimized = false;
    this.whenFound(async (x) => {
      if (!this.isVisible) return;
      if (!isActivated) await x.setNumbers(this.id, '_NET_WM_USER_TIME', 'CARDINAL', [0]);
      if (this.isHeld) {
        this.isHeld = false;
        await this.applyHints(x);
        x.reparent(this.id, x.root, this.bounds.x, this.bounds.y);
      }
      await this.writeStates(x);
      x.map(this.id);
      await this.placeAgain(x);
      if (isActivated && this.options.isFocusable) await this.activate(x);
    });
    if (!wasVisible) queueMicrotask(() => this.emit('show'));
  }

  hide(): void {
    if (!this.isVisible) return;
    this.isVisible = false;
    const hadFocus = this.isFocused;
    this.isFocused = false;
    this.whenFound((x) => {
      if (this.isVisible || this.isHeld) return;
      this.isHeld = true;
      x.unmap(this.id);
      // Mapped again inside the holder: for Chromium the window goes on, for people it is away.
      x.reparent(this.id, holder, 0, 0);
      x.map(this.id);
    });
    queueMicrotask(() => {
      if (hadFocus) this.emit('blur');
      this.emit('hide');
    });
  }

  private async activate(x: XConnection): Promise<void> {
    if (await x.hasManager()) await x.tellManager(this.id, '_NET_ACTIVE_WINDOW', [2, 0, 0, 0, 0]);
    else if (await x.isMapped(this.id)) {
      x.configure(this.id, {}, true);
      x.focus(this.id);
    }
  }

  focus(): void {
    this.whenFound(async (x) => {
      if (this.isVisible && this.options.isFocusable) await this.activate(x);
    });
  }

  raise(): void {
    this.whenFound((x) => x.configure(this.id, {}, true));
  }

  minimize(): void {
    if (this.isMinimized) return;
    this.whenFound(async (x) => {
      if (await x.hasManager()) await x.tellManager(this.id, 'WM_CHANGE_STATE', [3, 0, 0, 0, 0]);
      else {
        // Without a manager there is no icon to shrink to: away is the nearest.
        x.unmap(this.id);
        this.isMinimized = true;
        this.emit('minimize');
      }
    });
  }

  restore(): void {
    if (!this.isMinimized) return;
    this.whenFound(async (x) => {
      x.map(this.id);
      await this.activate(x);
      if (!(await x.hasManager())) {
        this.isMinimized = false;
        this.emit('restore');
      }
    });
  }

  setBounds(bounds: XGeometry): void {
    this.bounds = bounds;
    this.whenFound((x) => x.configure(this.id, bounds));
  }

  setTitle(title: string): void {
    this.whenFound((x) => x.setTitle(this.id, title));
  }

  setOpacity(opacity: number): void {
    this.whenFound((x) =>
      x.setNumbers(this.id, '_NET_WM_WINDOW_OPACITY', 'CARDINAL', [Math.round(opacity * 0xffffffff)]),
    );
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
    if (this.isHeld) return;
    const atoms = [await x.atom(first), second === undefined ? 0 : await x.atom(second)];
    await x.tellManager(this.id, '_NET_WM_STATE', [isOn ? 1 : 0, ...atoms, 1, 0]);
  }

  setOnTop(isOnTop: boolean): void {
    this.isOnTop = isOnTop;
    this.whenFound(async (x) => {
      await this.changeState(x, isOnTop, '_NET_WM_STATE_ABOVE');
      if (isOnTop && !(await x.hasManager())) x.configure(this.id, {}, true);
    });
  }

  setSkipTaskbar(skips: boolean): void {
    this.skipsTaskbar = skips;
    this.whenFound((x) =>
      this.changeState(x, skips, '_NET_WM_STATE_SKIP_TASKBAR', '_NET_WM_STATE_SKIP_PAGER'),
    );
  }

  setMaximized(isMaximized: boolean): void {
    this.isMaximized = isMaximized;
    this.whenFound((x) =>
      this.changeState(x, isMaximized, '_NET_WM_STATE_MAXIMIZED_VERT', '_NET_WM_STATE_MAXIMIZED_HORZ'),
    );
    queueMicrotask(() => this.emit(isMaximized ? 'maximize' : 'unmaximize'));
  }

  setFullScreen(isFullScreen: boolean): void {
    if (this.isFullScreen === isFullScreen) return;
    this.isFullScreen = isFullScreen;
    if (isFullScreen) this.restoreBounds = this.bounds;
    this.whenFound(async (x) => {
      await this.changeState(x, isFullScreen, '_NET_WM_STATE_FULLSCREEN');
      await this.placeAgain(x);
    });
    queueMicrotask(() => this.emit(isFullScreen ? 'enter-full-screen' : 'leave-full-screen'));
  }

  /** What the manager does by itself for a fullscreen window is done by hand where none runs. */
  private async placeAgain(x: XConnection): Promise<void> {
    if (this.isFullScreen) {
      if (!(await x.hasManager())) x.configure(this.id, { x: 0, y: 0, ...x.rootSize }, true);
      return;
    }
    if (this.restoreBounds !== null) this.bounds = this.restoreBounds;
    this.restoreBounds = null;
    x.configure(this.id, this.bounds);
  }

  /** Stops following the X window; Chromium closes it. */
  release(): void {
    this.isGone = true;
    awaited.delete(this.options.token);
    known.delete(this.id);
    this.isVisible = false;
  }

  /** Called by Chromium's window having been mapped for the first time. */
  private async settle(): Promise<void> {
    const x = display();
    // Chromium writes its own hints while it opens the window: ours come after.
    await this.applyHints(x);
    if (this.isHeld) {
      x.configure(this.id, this.bounds);
      return;
    }
    for (const state of this.states()) await this.changeState(x, true, state);
    await this.placeAgain(x);
    if (this.options.isActivated && this.options.isFocusable) await this.activate(x);
  }

  private hasSettled = false;

  onEvent(event: XEvent): void {
    if (event.kind === xEvent.focusIn || event.kind === xEvent.focusOut) this.onFocus(event);
    else if (event.kind === xEvent.configure) void this.onConfigure();
    else if (event.kind === xEvent.property) void this.onProperty();
    else if (event.kind === xEvent.map && !this.hasSettled) {
      this.hasSettled = true;
      void this.settle();
    }
  }

  private onFocus(event: XEvent): void {
    // Mode 1 and 2 are keyboard grabs, detail 5 and more follow the pointer: neither moves the focus.
    const mode = event.data[8] ?? 0;
    if (mode === 1 || mode === 2 || event.detail >= 5) return;
    const isFocused = event.kind === xEvent.focusIn && this.isVisible;
    if (isFocused === this.isFocused) return;
    this.isFocused = isFocused;
    this.emit(isFocused ? 'focus' : 'blur');
  }

  private async onConfigure(): Promise<void> {
    if (this.isHeld || this.isGone || !this.isVisible) return;
    const before = this.bounds;
    const now = await display()
      .absoluteGeometry(this.id)
      .catch(() => null);
    if (now === null || this.isHeld || this.isGone) return;
    this.bounds = now;
    if (now.width !== before.width || now.height !== before.height) this.emit('resize');
    if (now.x !== before.x || now.y !== before.y) this.emit('move');
  }

  private async onProperty(): Promise<void> {
    if (this.isHeld || this.isGone || !this.hasSettled) return;
    const x = display();
    const states = new Set(await x.numberProperty(this.id, '_NET_WM_STATE').catch(() => []));
    const isMinimized = states.has(await x.atom('_NET_WM_STATE_HIDDEN'));
    if (isMinimized === this.isMinimized || this.isHeld || this.isGone) return;
    this.isMinimized = isMinimized;
    this.emit(isMinimized ? 'minimize' : 'restore');
  }
}
