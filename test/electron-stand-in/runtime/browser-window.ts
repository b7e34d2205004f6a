// Owns BrowserWindow: options, state and events of a window, on a NativeWindow and a WebContents.
import { ElectronEmitter, makeEvent } from './emitter.ts';
import { browser, display } from './host.ts';
import { NativeWindow } from './native-window.ts';
import { notInTheStandIn, refusing } from './refuse.ts';
import { WebContents, type WebPreferences } from './web-contents.ts';
import type { XGeometry } from './x11.ts';

interface WindowOptions {
  width?: number;
  height?: number;
  x?: number;
  y?: number;
  center?: boolean;
  title?: string;
  show?: boolean;
  frame?: boolean;
  fullscreen?: boolean;
  kiosk?: boolean;
  alwaysOnTop?: boolean;
  skipTaskbar?: boolean;
  focusable?: boolean;
  resizable?: boolean;
  movable?: boolean;
  minimizable?: boolean;
  maximizable?: boolean;
  closable?: boolean;
  opacity?: number;
  minWidth?: number;
  minHeight?: number;
  webPreferences?: WebPreferences;
  [name: string]: unknown;
}

// Taken and kept, without a visible effect in the stand-in; its README has the list.
const optionsWithoutEffect = new Set([
  'autoHideMenuBar',
  'backgroundColor',
  'transparent',
  'icon',
  'hasShadow',
  'darkTheme',
  'useContentSize',
  'fullscreenable',
  'maxWidth',
  'maxHeight',
  'acceptFirstMouse',
  'disableAutoHideCursor',
  'enableLargerThanScreen',
  'paintWhenInitiallyHidden',
  'roundedCorners',
  'thickFrame',
  'titleBarStyle',
  'simpleFullscreen',
  'type',
  'vibrancy',
  'visualEffectState',
  'zoomToPageWidth',
]);
const optionsWithEffect = new Set([
  'width',
  'height',
  'x',
  'y',
  'center',
  'title',
  'show',
  'frame',
  'fullscreen',
  'kiosk',
  'alwaysOnTop',
  'skipTaskbar',
  'focusable',
  'resizable',
  'movable',
  'minimizable',
  'maximizable',
  'closable',
  'opacity',
  'minWidth',
  'minHeight',
  'webPreferences',
]);

const windowEvents = [
  'ready-to-show',
  'closed',
  'close',
  'focus',
  'blur',
  'show',
  'hide',
  'minimize',
  'restore',
  'maximize',
  'unmaximize',
  'resize',
  'resized',
  'move',
  'moved',
  'enter-full-screen',
  'leave-full-screen',
  'page-title-updated',
  'always-on-top-changed',
  'enter-html-full-screen',
  'leave-html-full-screen',
  'unresponsive',
  'responsive',
  'session-end',
  'query-session-end',
  'will-resize',
  'will-move',
];

const windows = new Map<number, BrowserWindow>();
const byContents = new Map<WebContents, BrowserWindow>();
let nextId = 1;

/** Set by app.ts: what the app does about windows coming and going. */
export const windowObservers: {
  created(window: BrowserWindow): void;
  allClosed(): void;
  event(name: 'browser-window-focus' | 'browser-window-blur', window: BrowserWindow): void;
} = { created: () => undefined, allClosed: () => undefined, event: () => undefined };

/** Set by app.ts: a window without a title bears the app's name. */
export const windowDefaults = { title: () => 'Electron' };
const appName = (): string => windowDefaults.title();

/** '#RGB', '#RRGGBB' and '#AARRGGBB' as 0xRRGGBB; white for everything else. */
function colourOf(text: unknown): number {
  const digits = /^#([0-9a-f]{3,8})$/i.exec(typeof text === 'string' ? text : '')?.[1];
  if (digits === undefined) return 0xffffff;
  const long =
    digits.length < 6 ? [...digits.slice(-3)].map((digit) => digit + digit).join('') : digits.slice(-6);
  return Number.parseInt(long, 16);
}

class BrowserWindow extends ElectronEmitter {
  readonly id: number;
  readonly webContents: WebContents;
  private readonly native: NativeWindow;
  private readonly options: WindowOptions;
  private isGone = false;
  private isClosing = false;
  private kiosk = false;
  private fixedTitle: string | null = null;
  private minimumSize: [number, number];
  private self: BrowserWindow;

  constructor(options: WindowOptions = {}) {
    super();
    this.setMaxListeners(0);
    browser();
    for (const name of Object.keys(options)) {
      if (!optionsWithEffect.has(name) && !optionsWithoutEffect.has(name))
        throw notInTheStandIn(`BrowserWindow option '${name}'`);
    }
    this.id = nextId++;
    this.options = options;
    this.minimumSize = [options.minWidth ?? 0, options.minHeight ?? 0];
    const contents = new WebContents(options.webPreferences ?? {});
    this.webContents = refusing(contents, 'webContents');
    this.native = new NativeWindow({
      token: `${contents.token}.stand-in.localhost`,
      title: options.title ?? appName(),
      bounds: this.firstBounds(),
      background: colourOf(options.backgroundColor),
      isShown: options.show !== false,
      hasFrame: options.frame !== false,
      isFocusable: options.focusable !== false,
      isResizable: options.resizable !== false,
    });
    this.self = refusing(this, 'BrowserWindow');
    this.setKnownEvents('BrowserWindow', windowEvents);
    windows.set(this.id, this.self);
    byContents.set(this.webContents, this.self);
    this.connect(contents);
    this.dress();
    contents.announce(this.webContents);
    windowObservers.created(this.self);
    browser().openAppWindow(contents.blankUrl);
    // biome-ignore lint/correctness/noConstructorReturn: everybody holds the refusing wrapper, also its creator
    return this.self;
  }

  private firstBounds(): XGeometry {
    const { width = 800, height = 600 } = this.options;
    const screen = display().rootSize;
    return {
      x: this.options.x ?? Math.max(0, Math.round((screen.width - width) / 2)),
      y: this.options.y ?? Math.max(0, Math.round((screen.height - height) / 2)),
      width,
      height,
    };
  }

  private dress(): void {
    const { fullscreen, kiosk, alwaysOnTop, skipTaskbar, opacity } = this.options;
    if (fullscreen || kiosk) this.native.setFullScreen(true);
    this.kiosk = kiosk ?? false;
    if (alwaysOnTop) this.native.setOnTop(true);
    if (skipTaskbar) this.native.setSkipTaskbar(true);
    if (opacity !== undefined) this.native.setOpacity(opacity);
  }

  private connect(contents: WebContents): void {
    contents.closeWindow = () => this.close();
    contents.focusWindow = () => this.focus();
    contents.hasFocus = () => this.isFocused();
    for (const name of [
      'show',
      'hide',
      'minimize',
      'restore',
      'maximize',
      'unmaximize',
      'resize',
      'move',
    ] as const) {
      this.native.on(name, () => this.emit(name, makeEvent({})));
    }
    for (const name of ['enter-full-screen', 'leave-full-screen'] as const) {
      this.native.on(name, () => this.emit(name, makeEvent({})));
    }
    this.native.on('focus', () => {
      this.emit('focus', makeEvent({}));
      contents.emit('focus');
      windowObservers.event('browser-window-focus', this.self);
    });
    this.native.on('blur', () => {
      this.emit('blur', makeEvent({}));
      contents.emit('blur');
      windowObservers.event('browser-window-blur', this.self);
    });
    let isReady = false;
    contents.on('did-finish-load', () => {
      if (isReady) return;
      isReady = true;
      setImmediate(() => this.emit('ready-to-show', makeEvent({})));
    });
    contents.on('page-title-updated', (event, title, explicit) => {
      this.emit('page-title-updated', event, title, explicit);
      if (event.defaultPrevented) return;
      this.fixedTitle = null;
      this.native.setTitle(title);
    });
    contents.onTargetEnded = () => this.destroy();
    this.native.on('close-requested', () => {
      if (this.isClosable()) this.close();
    });
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }

  loadFile(path: string): Promise<void> {
    return this.webContents.loadFile(path);
  }

  reload(): void {
    this.webContents.reload();
  }

  /** Asks listeners and the page; closes when nobody objects. */
  close(): void {
    if (this.isGone || this.isClosing) return;
    const event = makeEvent({});
    this.emit('close', event);
    if (event.defaultPrevented) {
      this.emit('close-refused-internal');
      return;
    }
    this.isClosing = true;
    void this.webContents.agreesToClose().then((agrees) => {
      this.isClosing = false;
      if (agrees) this.destroy();
      else this.emit('close-refused-internal');
    });
  }

  destroy(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.native.release();
    windows.delete(this.id);
    this.webContents.destroy();
    this.emit('closed');
    byContents.delete(this.webContents);
    if (windows.size === 0) setImmediate(() => windows.size === 0 && windowObservers.allClosed());
  }

  isDestroyed(): boolean {
    return this.isGone;
  }

  private alive(): NativeWindow {
    if (this.isGone) throw new TypeError('Object has been destroyed');
    return this.native;
  }

  show(): void {
    this.alive().show(true);
  }

  showInactive(): void {
    this.alive().show(false);
  }

  hide(): void {
    this.alive().hide();
  }

  focus(): void {
    this.alive().focus();
  }

  blur(): void {
    this.alive();
    throw notInTheStandIn('BrowserWindow.blur');
  }

  moveTop(): void {
    this.alive().raise();
  }

  minimize(): void {
    this.alive().minimize();
  }

  restore(): void {
    this.alive().restore();
  }

  maximize(): void {
    if (!this.native.isVisible) this.alive().show(true);
    this.alive().setMaximized(true);
  }

  unmaximize(): void {
    this.alive().setMaximized(false);
  }

  isVisible(): boolean {
    return this.alive().isVisible && !this.native.isMinimized;
  }

  isFocused(): boolean {
    return !this.isGone && this.native.isFocused;
  }

  isMinimized(): boolean {
    return this.alive().isMinimized;
  }

  isMaximized(): boolean {
    return this.alive().isMaximized;
  }

  isFullScreen(): boolean {
    return this.alive().isFullScreen;
  }

  isKiosk(): boolean {
    return this.kiosk;
  }

  isAlwaysOnTop(): boolean {
    return this.alive().isOnTop;
  }

  isNormal(): boolean {
    return !this.isMinimized() && !this.isMaximized() && !this.isFullScreen();
  }

  setFullScreen(flag: boolean): void {
    this.alive().setFullScreen(flag);
  }

  setKiosk(flag: boolean): void {
    this.kiosk = flag;
    this.alive().setFullScreen(flag);
  }

  setAlwaysOnTop(flag: boolean, _level?: string): void {
    if (this.alive().isOnTop !== flag)
      queueMicrotask(() => this.emit('always-on-top-changed', makeEvent({}), flag));
    this.native.setOnTop(flag);
  }

  setVisibleOnAllWorkspaces(): void {
    // One workspace is all there is.
  }

  setSkipTaskbar(flag: boolean): void {
    this.alive().setSkipTaskbar(flag);
  }

  setBounds(bounds: Partial<XGeometry>): void {
    this.alive().setBounds({ ...this.native.bounds, ...bounds });
  }

  getBounds(): XGeometry {
    return { ...this.alive().bounds };
  }

  setContentBounds(bounds: Partial<XGeometry>): void {
    this.setBounds(bounds);
  }

  getContentBounds(): XGeometry {
    return this.getBounds();
  }

  getNormalBounds(): XGeometry {
    return this.getBounds();
  }

  setSize(width: number, height: number): void {
    this.setBounds({ width, height });
  }

  getSize(): [number, number] {
    return [this.native.bounds.width, this.native.bounds.height];
  }

  setContentSize(width: number, height: number): void {
    this.setSize(width, height);
  }

  getContentSize(): [number, number] {
    return this.getSize();
  }

  setMinimumSize(width: number, height: number): void {
    this.minimumSize = [width, height];
  }

  getMinimumSize(): [number, number] {
    return this.minimumSize;
  }

  setPosition(x: number, y: number): void {
    this.setBounds({ x, y });
  }

  getPosition(): [number, number] {
    return [this.native.bounds.x, this.native.bounds.y];
  }

  center(): void {
    const screen = display().rootSize;
    const { width, height } = this.native.bounds;
    this.setPosition(Math.round((screen.width - width) / 2), Math.round((screen.height - height) / 2));
  }

  setTitle(title: string): void {
    this.fixedTitle = title;
    this.alive().setTitle(title);
  }

  getTitle(): string {
    return this.fixedTitle ?? (this.webContents.getTitle() || (this.options.title ?? appName()));
  }

  setOpacity(opacity: number): void {
    this.options.opacity = opacity;
    this.alive().setOpacity(opacity);
  }

  getOpacity(): number {
    return this.options.opacity ?? 1;
  }

  setClosable(flag: boolean): void {
    this.options.closable = flag;
  }

  isClosable(): boolean {
    return this.options.closable !== false;
  }

  isResizable(): boolean {
    return this.options.resizable !== false;
  }

  isMovable(): boolean {
    return this.options.movable !== false;
  }

  isMinimizable(): boolean {
    return this.options.minimizable !== false;
  }

  isMaximizable(): boolean {
    return this.options.maximizable !== false;
  }

  isFocusable(): boolean {
    return this.options.focusable !== false;
  }

  // Linux has no content protection, in Electron neither; the rest changes nothing that a test could see.
  setContentProtection(_flag: boolean): void {}
  setMenu(_menu: object | null): void {}
  removeMenu(): void {}
  setMenuBarVisibility(_flag: boolean): void {}
  setAutoHideMenuBar(_flag: boolean): void {}
  setIcon(_icon: unknown): void {}
  setBackgroundColor(_color: string): void {}
  flashFrame(_flag: boolean): void {}
  setProgressBar(_progress: number): void {}

  getNativeWindowHandle(): Buffer {
    const handle = Buffer.alloc(8);
    handle.writeUInt32LE(this.alive().id);
    return handle;
  }

  getMediaSourceId(): string {
    return `window:${this.alive().id}:0`;
  }

  capturePage(): Promise<object> {
    return this.webContents.capturePage();
  }

  static getAllWindows(): BrowserWindow[] {
    return [...windows.values()];
  }

  static getFocusedWindow(): BrowserWindow | null {
    return [...windows.values()].find((window) => window.isFocused()) ?? null;
  }

  static fromWebContents(contents: WebContents): BrowserWindow | null {
    return byContents.get(contents) ?? null;
  }

  static fromId(id: number): BrowserWindow | null {
    return windows.get(id) ?? null;
  }
}

export type StandInWindow = BrowserWindow;
const exported = refusing(BrowserWindow, 'BrowserWindow');

export { exported as BrowserWindow };
