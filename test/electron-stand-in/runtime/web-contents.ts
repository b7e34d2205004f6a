// Owns webContents: the page behind a window, its navigation, its worlds and its messages.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { CdpObject, CdpSession } from './cdp.ts';
import { codec, createCodec } from './codec.ts';
import { ElectronEmitter, makeEvent } from './emitter.ts';
import { blankSuffix, browser, toInner, toOuter, versions } from './host.ts';
import { ipcMain, ipcMainRaw } from './ipc-main.ts';
import { MessagePortMain, RemotePorts } from './message-ports.ts';
import { nativeImage } from './native-image.ts';
import { notInTheStandIn, refusing } from './refuse.ts';
import { createBridge, isolatedWorld, pageWorld } from './worlds.ts';

const worldName = 'Electron Isolated Context';
const bindingName = '__standInToNode';
const receiverName = '__standInFromNode';

export interface WebPreferences {
  preload?: string;
  additionalArguments?: string[];
  nodeIntegration?: boolean;
  contextIsolation?: boolean;
  sandbox?: boolean;
  webSecurity?: boolean;
  backgroundThrottling?: boolean;
  [name: string]: unknown;
}

const webContentsEvents = [
  'did-finish-load',
  'did-fail-load',
  'did-start-loading',
  'did-stop-loading',
  'dom-ready',
  'did-navigate',
  'did-navigate-in-page',
  'did-start-navigation',
  'will-navigate',
  'render-process-gone',
  'destroyed',
  'console-message',
  'preload-error',
  'page-title-updated',
  'ipc-message',
  'focus',
  'blur',
  // They cannot happen here, or happen in a way that nobody can see:
  'will-redirect',
  'will-frame-navigate',
  'will-attach-webview',
  'did-attach-webview',
  'unresponsive',
  'responsive',
  'certificate-error',
  'select-client-certificate',
  'select-bluetooth-device',
  'login',
  'devtools-opened',
  'devtools-closed',
  'context-menu',
  'did-create-window',
  'media-started-playing',
  'media-paused',
  'will-prevent-unload',
  'page-favicon-updated',
];

/** What the session decides for a page; set by session.ts to avoid a circle. */
export const pageQuestions: {
  displayMedia(contents: WebContents, request: CdpObject, url: string): Promise<unknown>;
  displayMediaDone(id: number): void;
  permission(contents: WebContents, name: string, details: object, url: string): Promise<boolean>;
  download(contents: WebContents, params: CdpObject): void;
} = {
  displayMedia: () => Promise.reject(new Error('no session')),
  displayMediaDone: () => undefined,
  permission: () => Promise.resolve(false),
  download: () => undefined,
};

const all = new Map<number, WebContents>();
let nextId = 1;
const listeners = new Set<(contents: WebContents) => void>();

/** Tells `listener` of every new webContents. */
export function onWebContentsCreated(listener: (contents: WebContents) => void): void {
  listeners.add(listener);
}

/** The stand-in's WebFrameMain of a page's main frame, as seen at one message. */
function frameOf(contents: WebContents, url: string): object {
  const frame = {
    url,
    origin: url === '' ? 'null' : url.replace(/^([a-z0-9+.-]+:\/\/[^/]*).*$/i, '$1'),
    name: '',
    parent: null,
    frames: [],
    framesInSubtree: [] as object[],
    routingId: 1,
    frameTreeNodeId: contents.id,
    processId: contents.id,
    osProcessId: 0,
    frameToken: contents.targetId ?? '',
    detached: false,
    isDestroyed: () => contents.isDestroyed(),
    send: (channel: string, ...args: unknown[]) => contents.send(channel, ...args),
    postMessage: (channel: string, message: unknown, ports?: MessagePortMain[]) =>
      contents.postMessage(channel, message, ports),
    executeJavaScript: (code: string, userGesture?: boolean) => contents.executeJavaScript(code, userGesture),
    reload: () => contents.reload(),
    // Which page a chosen capture source is can be asked only here.
    top: null as object | null,
  };
  frame.top = frame;
  frame.framesInSubtree = [frame];
  return refusing(frame, 'WebFrameMain');
}

export class WebContents extends ElectronEmitter {
  readonly id: number;
  /** First label of the window's blank page; also its WM_CLASS. */
  readonly token: string;
  targetId: string | null = null;
  /** Set by the session module when the window is made. */
  session: object = {};
  private readonly preferences: WebPreferences;
  private cdp: CdpSession | null = null;
  private readonly attached: Promise<CdpSession>;
  private resolveAttached: (session: CdpSession) => void = () => undefined;
  private rejectAttached: (error: Error) => void = () => undefined;
  private isGone = false;
  private crashed = false;
  private currentUrl = '';
  private title = '';
  private loading = false;
  private pageContext: number | null = null;
  private isolatedContext: number | null = null;
  private windowOpenHandler: ((details: object) => { action: string }) | null = null;
  private expectedNavigations = 0;
  private loadWaiters: { resolve(): void; reject(error: Error): void }[] = [];
  private readonly ports: RemotePorts;
  private readonly bridgeToken = crypto.randomUUID();

  constructor(preferences: WebPreferences) {
    super();
    this.setMaxListeners(0);
    this.id = nextId++;
    this.token = `w${this.id}-${process.pid}`;
    this.preferences = preferences;
    this.refusePreferences();
    this.setKnownEvents('webContents', webContentsEvents);
    this.attached = new Promise((resolve, reject) => {
      this.resolveAttached = resolve;
      this.rejectAttached = reject;
    });
    this.attached.catch(() => undefined);
    this.ports = new RemotePorts(
      (port, data, ports) => this.receive({ k: 'port', port, data, ports }),
      (port) => this.receive({ k: 'port-close', port }),
    );
  }

  private refusePreferences(): void {
    const { nodeIntegration, contextIsolation, sandbox, webSecurity } = this.preferences;
    if (nodeIntegration) throw notInTheStandIn('webPreferences.nodeIntegration: true');
    if (contextIsolation === false) throw notInTheStandIn('webPreferences.contextIsolation: false');
    if (sandbox === false) throw notInTheStandIn('webPreferences.sandbox: false');
    if (webSecurity === false) throw notInTheStandIn('webPreferences.webSecurity: false');
    for (const name of [
      'partition',
      'session',
      'webviewTag',
      'offscreen',
      'nodeIntegrationInSubFrames',
      'nodeIntegrationInWorker',
    ]) {
      if (this.preferences[name]) throw notInTheStandIn(`webPreferences.${name}`);
    }
  }

  /** Registers the finished object (its refusing wrapper) and tells listeners. */
  announce(self: WebContents): void {
    all.set(this.id, self);
    for (const listener of listeners) listener(self);
  }

  get blankUrl(): string {
    return `http://${this.token}${blankSuffix}/`;
  }

  /** Takes over the browser's page. Called while it waits, before it has run anything. */
  adopt(session: CdpSession, targetId: string): void {
    this.targetId = targetId;
    this.cdp = session;
    if (this.isGone) {
      browser().cdp.browser.tell('Target.closeTarget', { targetId });
      return;
    }
    this.listen(session);
    const guard = `if (location.hostname.endsWith(${JSON.stringify(blankSuffix)}) || window !== window.top) return;`;
    const preload = this.preloadSource();
    const orders = [
      session.send('Page.enable'),
      session.send('Runtime.enable'),
      session.send('Fetch.enable', { patterns: [{ resourceType: 'Document' }] }),
      session.send('Runtime.addBinding', { name: bindingName, executionContextName: worldName }),
      session.send('Page.addScriptToEvaluateOnNewDocument', {
        source: `(() => { ${guard} (${pageWorld})(${JSON.stringify(this.bridgeToken)}, ${createBridge}); })()`,
      }),
      session.send('Page.addScriptToEvaluateOnNewDocument', {
        worldName,
        source: `(() => { ${guard} ${preload} })()\n//# sourceURL=stand-in-preload:${this.preferences.preload ?? 'none'}`,
      }),
      session.send('Runtime.runIfWaitingForDebugger'),
    ];
    // A page that moves to another process takes along only what has been answered.
    Promise.all(orders).then(
      () => this.resolveAttached(session),
      (error: Error) => this.rejectAttached(error),
    );
  }

  private preloadSource(): string {
    const path = this.preferences.preload;
    const config = {
      token: this.bridgeToken,
      binding: bindingName,
      receiver: receiverName,
      argv: [process.execPath, ...(this.preferences.additionalArguments ?? [])],
      platform: process.platform,
      versions: { ...process.versions, ...versions },
      environment: process.env as Record<string, string>,
    };
    const start = `const world = (${isolatedWorld})(${JSON.stringify(config)}, ${createCodec}, ${createBridge});`;
    if (path === undefined) return start;
    let source: string;
    try {
      source = readFileSync(path, 'utf8');
    } catch (error) {
      setImmediate(() => {
        process.stderr.write(`Unable to load preload script: ${path}\n${String(error)}\n`);
        this.emit('preload-error', makeEvent({}), path, error);
      });
      return start;
    }
    // In a function of its own: its declarations must not meet those of the stand-in.
    return `${start} try { (function (require, module, exports, process, global) {${source}\n}).call(undefined, world.require, { exports: {} }, {}, world.process, globalThis); } catch (error) { world.report(error); }`;
  }

  private listen(session: CdpSession): void {
    session.on('Runtime.executionContextCreated', ({ context }: CdpObject) => {
      if (context.auxData?.frameId !== this.targetId) return;
      if (context.auxData.isDefault) this.pageContext = context.id;
      else if (context.name === worldName) this.isolatedContext = context.id;
    });
    session.on('Runtime.executionContextsCleared', () => {
      this.pageContext = null;
      this.isolatedContext = null;
    });
    session.on('Runtime.executionContextDestroyed', ({ executionContextId }: CdpObject) => {
      if (executionContextId === this.pageContext) this.pageContext = null;
      if (executionContextId === this.isolatedContext) this.isolatedContext = null;
    });
    session.on('Runtime.bindingCalled', ({ name, payload }: CdpObject) => {
      if (name !== bindingName) return;
      const message = JSON.parse(payload);
      this.pageMessages[message.k]?.(message);
    });
    session.on('Runtime.consoleAPICalled', (params: CdpObject) => this.onConsole(params));
    session.on('Runtime.exceptionThrown', ({ exceptionDetails }: CdpObject) => {
      if (String(exceptionDetails.url ?? '').startsWith('http')) return;
      process.stderr.write(
        `stand-in: in a preload script: ${exceptionDetails.exception?.description ?? exceptionDetails.text}\n`,
      );
    });
    session.on('Fetch.requestPaused', (params: CdpObject) => this.onDocumentRequest(session, params));
    session.on('Page.frameNavigated', ({ frame }: CdpObject) => {
      if (frame.parentId === undefined) this.onNavigated(frame);
    });
    session.on('Page.navigatedWithinDocument', ({ frameId, url }: CdpObject) => {
      if (frameId !== this.targetId) return;
      this.currentUrl = toOuter(url);
      this.emit('did-navigate-in-page', makeEvent({}), this.currentUrl, true, 1, this.id);
    });
    session.on('Page.domContentEventFired', () => {
      if (this.currentUrl !== '') this.emit('dom-ready', makeEvent({}));
    });
    session.on('Page.loadEventFired', () => this.onLoaded());
    session.on('Page.windowOpen', ({ url, windowName, windowFeatures }: CdpObject) => {
      this.onWindowOpen(url, windowName, windowFeatures.join(','));
    });
    session.on('Page.downloadWillBegin', (params: CdpObject) => pageQuestions.download(this, params));
    session.on('closed', () => this.onTargetEnded());
  }

  private onNavigated(frame: CdpObject): void {
    this.ports.closeAll();
    this.crashed = false;
    const url = toOuter(frame.url);
    if (url === '' || frame.unreachableUrl !== undefined) return;
    // The blank page is nothing to go back to.
    if (this.currentUrl === '') this.cdp?.tell('Page.resetNavigationHistory');
    this.currentUrl = url + (frame.urlFragment ?? '');
    this.emit('did-navigate', makeEvent({}), this.currentUrl, 200, 'OK');
  }

  private onLoaded(): void {
    if (this.currentUrl === '') return;
    this.loading = false;
    for (const waiter of this.loadWaiters.splice(0)) waiter.resolve();
    this.emit('did-finish-load', makeEvent({}));
    this.emit('did-stop-loading', makeEvent({}));
  }

  private onConsole(params: CdpObject): void {
    const text = params.args
      .map((arg: CdpObject) => String(arg.value ?? arg.description ?? arg.type))
      .join(' ');
    const levels: Record<string, string> = { debug: 'debug', warning: 'warning', error: 'error' };
    const level = levels[params.type] ?? 'info';
    const frame = params.stackTrace?.callFrames?.[0];
    this.emit(
      'console-message',
      makeEvent({
        message: text,
        level,
        lineNumber: (frame?.lineNumber ?? -1) + 1,
        sourceId: toOuter(frame?.url ?? ''),
        frame: this.mainFrame,
      }),
    );
  }

  private onDocumentRequest(session: CdpSession, params: CdpObject): void {
    const { requestId, request, frameId } = params;
    const isMainFrame = frameId === this.targetId;
    if (isMainFrame && this.expectedNavigations > 0) this.expectedNavigations -= 1;
    else if (isMainFrame && !new URL(request.url).hostname.endsWith(blankSuffix)) {
      const url = toOuter(request.url);
      const event = makeEvent({
        url,
        isSameDocument: false,
        isMainFrame: true,
        frame: this.mainFrame,
        initiator: this.mainFrame,
      });
      this.emit('will-navigate', event, url, false, true, 1, this.id);
      if (event.defaultPrevented) {
        session.tell('Fetch.failRequest', { requestId, errorReason: 'Aborted' });
        return;
      }
    }
    session.tell('Fetch.continueRequest', { requestId });
  }

  private eventFor(url: string, extra: object): object {
    const frame = frameOf(this, toOuter(url));
    return makeEvent({
      type: 'frame',
      sender: all.get(this.id) ?? this,
      senderFrame: frame,
      processId: this.id,
      frameId: 1,
      reply: (channel: string, ...args: unknown[]) => this.send(channel, ...args),
      ...extra,
    });
  }

  private readonly pageMessages: Record<string, (message: CdpObject) => void> = {
    invoke: (message) => {
      const args = codec.decode(message.args) as unknown[];
      const result = ipcMain.answer(message.channel, this.eventFor(message.url, {}), args);
      this.answer(message.id, result, true);
    },
    send: (message) => {
      const ports = this.ports.receive(message.ports ?? []).map((end) => new MessagePortMain(end));
      const event = this.eventFor(message.url, { ports });
      const args = codec.decode(message.args) as unknown[];
      this.emit('ipc-message', event, message.channel, ...args);
      ipcMainRaw.emit(message.channel, event, ...args);
    },
    port: (message) => this.ports.onMessage(message.port, message.data, message.ports),
    'port-close': (message) => this.ports.onClose(message.port),
    'display-media': (message) =>
      this.answer(message.id, pageQuestions.displayMedia(this, message.request, toOuter(message.url))),
    'display-media-done': (message) => pageQuestions.displayMediaDone(message.id),
    permission: (message) => {
      const answer = pageQuestions.permission(this, message.name, message.details, toOuter(message.url));
      this.answer(message.id, answer);
    },
    'window-open': (message) => this.onWindowOpen(message.target, message.name, message.features),
    'window-close': () => this.closeWindow(),
    title: (message) => {
      this.title = message.title;
      this.emit('page-title-updated', makeEvent({}), this.title, true);
    },
    'preload-error': (message) => {
      process.stderr.write(`Unable to load preload script: ${message.message}\n`);
      this.emit('preload-error', makeEvent({}), this.preferences.preload, new Error(message.message));
    },
  };

  private answer(id: number, result: Promise<unknown>, isEncoded = false): void {
    result.then(
      // With a user gesture: a page may go on with what needs one after main has said yes (getDisplayMedia).
      (value) =>
        this.receive({ k: 'reply', id, ok: true, value: isEncoded ? value : codec.encode(value) }, true),
      (error: Error) => this.receive({ k: 'reply', id, ok: false, value: error.message }),
    );
  }

  /** A page or link wants another window. Only refusing is possible here. */
  onWindowOpen(url: string, frameName: string, features: string): void {
    const details = {
      url: toOuter(url),
      frameName,
      features,
      disposition: features === '' ? 'foreground-tab' : 'new-window',
      referrer: { url: this.currentUrl, policy: 'strict-origin-when-cross-origin' },
    };
    const decision = this.windowOpenHandler?.(details) ?? { action: 'allow' };
    if (decision.action !== 'deny') {
      process.stderr.write(
        `not in the stand-in: a window opened by a page (${details.url}); deny it in setWindowOpenHandler\n`,
      );
    }
  }

  /** Hands a message to the page's isolated world; lost when there is no page, as in Electron. */
  private receive(message: object, userGesture = false): void {
    if (this.cdp === null || this.isolatedContext === null || this.isGone) return;
    this.cdp.tell('Runtime.evaluate', {
      expression: `${receiverName}(${JSON.stringify(JSON.stringify(message))})`,
      contextId: this.isolatedContext,
      userGesture,
      silent: true,
    });
  }

  get mainFrame(): object {
    return frameOf(this, this.currentUrl);
  }

  send(channel: string, ...args: unknown[]): void {
    if (typeof channel !== 'string') throw new TypeError('Missing required channel argument');
    this.receive({ k: 'event', channel, args: codec.encode(args) });
  }

  postMessage(channel: string, message: unknown, transfer: MessagePortMain[] = []): void {
    const args = codec.encode([message]);
    const ports = this.ports.send(transfer.map((port) => port.surrender()));
    this.receive({ k: 'event', channel, args, ports });
  }

  /** @throws Error 'ERR_... (-N) loading 'url'' when the page cannot be loaded */
  async loadURL(url: string): Promise<void> {
    const session = await this.attached;
    if (this.isGone) return;
    this.loading = true;
    this.emit('did-start-loading', makeEvent({}));
    this.expectedNavigations += 1;
    const loaded = new Promise<void>((resolve, reject) => this.loadWaiters.push({ resolve, reject }));
    loaded.catch(() => undefined);
    let problem: string;
    try {
      const result = await session.send('Page.navigate', { url: toInner(url) });
      problem = result.errorText ?? '';
      // A change of the fragment alone loads nothing.
      if (problem === '' && result.loaderId === undefined) {
        this.expectedNavigations -= 1;
        this.onLoaded();
      }
    } catch (error) {
      if (this.isGone) return;
      throw error;
    }
    if (problem !== '') {
      const text = problem.replace('net::', '');
      this.loadWaiters.splice(0);
      this.loading = false;
      this.emit('did-fail-load', makeEvent({}), -2, text, url, true, 1, this.id);
      throw new Error(`${text} (-2) loading '${url}'`);
    }
    await loaded;
  }

  loadFile(path: string): Promise<void> {
    return this.loadURL(pathToFileURL(path).href);
  }

  reload(): void {
    this.expectedNavigations += 1;
    this.cdp?.tell('Page.reload');
  }

  stop(): void {
    this.cdp?.tell('Page.stopLoading');
  }

  async executeJavaScript(code: string, userGesture = false): Promise<unknown> {
    const session = await this.attached;
    if (this.loading)
      await new Promise<void>((resolve, reject) => this.loadWaiters.push({ resolve, reject }));
    const result = await session.send('Runtime.evaluate', {
      expression: code,
      awaitPromise: true,
      returnByValue: true,
      userGesture,
      ...(this.pageContext === null ? {} : { contextId: this.pageContext }),
    });
    if (result.exceptionDetails !== undefined) {
      const { exception, text } = result.exceptionDetails;
      throw new Error(exception?.description?.split('\n')[0] ?? exception?.value ?? text);
    }
    return result.result.value;
  }

  async capturePage(): Promise<object> {
    const session = await this.attached;
    const { data } = await session.send('Page.captureScreenshot', { format: 'png' });
    return nativeImage.createFromBuffer(Buffer.from(data, 'base64'));
  }

  setWindowOpenHandler(handler: (details: object) => { action: string }): void {
    this.windowOpenHandler = handler;
  }

  forcefullyCrashRenderer(): void {
    // Never answered: the page dies of it.
    this.cdp?.tell('Page.crash');
  }

  /** From Target.targetCrashed. */
  onCrashed(status: string, exitCode: number): void {
    this.crashed = true;
    this.pageContext = null;
    this.isolatedContext = null;
    this.loading = false;
    this.expectedNavigations = 0;
    this.ports.closeAll();
    for (const waiter of this.loadWaiters.splice(0))
      waiter.reject(new Error('ERR_FAILED (-2): the page crashed'));
    const reasons: Record<string, string> = {
      killed: 'killed',
      oom: 'oom',
      'abnormal termination': 'abnormal-exit',
    };
    this.emit('render-process-gone', makeEvent({}), { reason: reasons[status] ?? 'crashed', exitCode });
  }

  isCrashed(): boolean {
    return this.crashed;
  }

  isLoading(): boolean {
    return this.loading;
  }

  isLoadingMainFrame(): boolean {
    return this.loading;
  }

  getURL(): string {
    return this.currentUrl;
  }

  getTitle(): string {
    return this.title;
  }

  isDestroyed(): boolean {
    return this.isGone;
  }

  getType(): string {
    return 'window';
  }

  getBackgroundThrottling(): boolean {
    return false;
  }

  closeDevTools(): void {
    // They never open here.
  }

  setBackgroundThrottling(): void {
    // Nothing is throttled here, whatever is asked for.
  }

  /** Asks the page (beforeunload); resolves to false when it wants to stay. */
  async agreesToClose(): Promise<boolean> {
    if (this.cdp === null || this.crashed || this.pageContext === null) return true;
    const question = this.cdp
      .send('Runtime.evaluate', {
        expression: `(() => { const event = new Event('beforeunload', { cancelable: true }); window.dispatchEvent(event); return !event.defaultPrevented; })()`,
        contextId: this.pageContext,
        returnByValue: true,
      })
      .then(
        (result) => result.result?.value !== false,
        () => true,
      );
    // A page that hangs does not get a say.
    const limit = new Promise<boolean>((resolve) => setTimeout(resolve, 1000, true).unref());
    return Promise.race([question, limit]);
  }

  /** Shows pages the colour scheme that nativeTheme asks for. */
  followTheme(theme: ElectronEmitter & { themeSource: string }): void {
    const apply = (): void => {
      const value = theme.themeSource === 'system' ? '' : theme.themeSource;
      this.cdp?.tell('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value }] });
    };
    theme.on('theme-source-internal', apply);
    this.once('destroyed', () => theme.off('theme-source-internal', apply));
    this.attached.then(
      () => theme.themeSource !== 'system' && apply(),
      () => undefined,
    );
  }

  /** Ends the page and everything that waits for it. */
  destroy(): void {
    if (this.isGone) return;
    this.isGone = true;
    this.ports.closeAll();
    for (const waiter of this.loadWaiters.splice(0))
      waiter.reject(new Error('ERR_FAILED (-2): Object has been destroyed'));
    this.rejectAttached(new Error('Object has been destroyed'));
    if (this.targetId !== null) browser().cdp.browser.tell('Target.closeTarget', { targetId: this.targetId });
    this.emit('destroyed');
    all.delete(this.id);
  }

  /** Set by the window that owns the page. */
  closeWindow: () => void = () => this.destroy();
  focusWindow: () => void = () => undefined;
  /** Chromium closed the page by itself: through the window manager, or by window.close(). */
  onTargetEnded: () => void = () => undefined;
  hasFocus: () => boolean = () => false;

  close(_options?: { waitForBeforeUnload?: boolean }): void {
    this.closeWindow();
  }

  focus(): void {
    this.focusWindow();
  }

  isFocused(): boolean {
    return this.hasFocus();
  }
}

/** The exported `webContents` module. */
export const webContents = refusing(
  {
    getAllWebContents: () => [...all.values()],
    fromId: (id: number) => all.get(id),
    fromDevToolsTargetId: (targetId: string) => [...all.values()].find((one) => one.targetId === targetId),
    getFocusedWebContents: () => [...all.values()].find((one) => one.hasFocus()) ?? null,
  },
  'webContents',
);

/** Looks a page up by the browser's id, or by the blank page a new window starts on. */
export function findContents(targetId: string, url: string): WebContents | undefined {
  const known = [...all.values()].find((one) => one.targetId === targetId);
  return known ?? [...all.values()].find((one) => one.targetId === null && url.startsWith(one.blankUrl));
}
