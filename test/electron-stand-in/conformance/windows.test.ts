// BrowserWindow: what people see on the display, and what the app is told of it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import {
  eventually,
  geometryOf,
  launch,
  pixelAt,
  press,
  type Running,
  visibleTitles,
  visibleWindow,
} from './harness.ts';

let running: Running;
before(async () => {
  running = await launch();
});
after(() => running.close());

const seen = (name: string): Promise<unknown[]> =>
  running.app.evaluate((_electron, window) => globalThis.fixture.facts[window] ?? [], name);
const rename = (name: string, title: string): Promise<void> =>
  running.app.evaluate((_electron, given) => globalThis.fixture.windows[given.name]?.setTitle(given.title), {
    name,
    title,
  });
const windowOf = (title: string): Promise<string> =>
  eventually(
    () => visibleWindow(title),
    (id) => id !== null,
    `window ${title}`,
  ) as Promise<string>;

test('a page is mapped to its window and back', async () => {
  const handle = await running.app.browserWindow(running.page);
  const facts = await handle.evaluate((window: Electron.BrowserWindow) => ({
    isSame: globalThis.fixture.electron.BrowserWindow.fromWebContents(window.webContents) === window,
    isById: globalThis.fixture.electron.BrowserWindow.fromId(window.id) === window,
    url: window.webContents.getURL(),
    bounds: window.getBounds(),
    isVisible: window.isVisible(),
  }));
  assert.equal(facts.isSame, true);
  assert.equal(facts.isById, true);
  assert.equal(facts.url, 'app://lehrpult/console/index.html');
  assert.equal(facts.isVisible, true);
  assert.deepEqual({ width: facts.bounds.width, height: facts.bounds.height }, { width: 640, height: 480 });
  assert.deepEqual(await running.page.evaluate(() => [innerWidth, innerHeight]), [640, 480]);
});

test('a hidden window is nowhere on the display, yet its page runs unthrottled', async () => {
  const page = await running.open('hidden', { show: false });
  await rename('hidden', 'Hidden one');
  const facts = await page.evaluate(async () => {
    let frames = 0;
    let ticks = 0;
    const count = (): void => {
      frames += 1;
      requestAnimationFrame(count);
    };
    count();
    const timer = setInterval(() => ticks++, 10);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    clearInterval(timer);
    return { frames, ticks, state: document.visibilityState };
  });
  assert.ok(facts.frames > 15, `${facts.frames} frames`);
  assert.ok(facts.ticks > 40, `${facts.ticks} ticks`);
  assert.equal(facts.state, 'visible');
  assert.ok(!visibleTitles().includes('Hidden one'));
  assert.equal(await running.app.evaluate(() => globalThis.fixture.windows.hidden?.isVisible()), false);
});

test('show brings a hidden window, hide takes it away, both are told', async () => {
  await running.app.evaluate(() => globalThis.fixture.windows.hidden?.show());
  const id = await windowOf('Hidden one');
  assert.equal(await running.app.evaluate(() => globalThis.fixture.windows.hidden?.isVisible()), true);
  await eventually(
    () => geometryOf(id).width,
    (width) => width === 640,
    'its width',
  );
  await running.app.evaluate(() => globalThis.fixture.windows.hidden?.hide());
  await eventually(visibleTitles, (titles) => !titles.includes('Hidden one'), 'hidden again');
  await running.app.evaluate(() => globalThis.fixture.windows.hidden?.showInactive());
  await windowOf('Hidden one');
  const events = (await seen('hidden')) as string[];
  assert.deepEqual(
    events.filter((event) => event === 'show' || event === 'hide'),
    ['show', 'hide', 'show'],
  );
  await running.app.evaluate(() => globalThis.fixture.windows.hidden?.destroy());
});

test('bounds are where they were asked for, with and without frame', async () => {
  const bounds = { x: 300, y: 200, width: 340, height: 56 };
  const page = await running.open('strip', {
    ...bounds,
    frame: false,
    alwaysOnTop: true,
    focusable: false,
    skipTaskbar: true,
  });
  await rename('strip', 'Strip');
  const id = await windowOf('Strip');
  await eventually(
    () => geometryOf(id),
    (now) => now.x === 300 && now.y === 200 && now.width === 340 && now.height === 56,
    'geometry',
  );
  assert.deepEqual(await page.evaluate(() => [innerWidth, innerHeight]), [340, 56]);
  assert.deepEqual(await running.app.evaluate(() => globalThis.fixture.windows.strip?.getBounds()), bounds);
  const states = execFileSync('xprop', ['-id', id, '_NET_WM_STATE'], { encoding: 'utf8' });
  assert.match(states, /_NET_WM_STATE_ABOVE/);
  assert.match(states, /_NET_WM_STATE_SKIP_TASKBAR/);
  await running.app.evaluate(() =>
    globalThis.fixture.windows.strip?.setBounds({ x: 10, y: 20, width: 500, height: 300 }),
  );
  await eventually(
    () => geometryOf(id),
    (now) => now.x === 10 && now.width === 500 && now.height === 300,
    'new geometry',
  );
  await running.app.evaluate(() => globalThis.fixture.windows.strip?.destroy());
});

test('full screen covers every pixel and ends where it began', async () => {
  const page = await running.open('cover', { x: 100, y: 100, frame: false });
  await rename('cover', 'Cover');
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('html { background: #ff0000 } body { display: none }');
    document.adoptedStyleSheets = [sheet];
  });
  const id = await windowOf('Cover');
  await running.app.evaluate(() => globalThis.fixture.windows.cover?.setFullScreen(true));
  await eventually(
    () => geometryOf(id),
    ({ width, height }) => width === 1920 && height === 1080,
    'full size',
  );
  await page.waitForFunction(() => innerWidth === 1920 && innerHeight === 1080);
  for (const [x, y] of [
    [2, 2],
    [1917, 2],
    [2, 1077],
    [1917, 1077],
    [960, 12],
  ] as const) {
    await eventually(
      () => pixelAt(x, y),
      (colour) => colour.join() === '255,0,0',
      `pixel ${x},${y}`,
    );
  }
  assert.equal(await running.app.evaluate(() => globalThis.fixture.windows.cover?.isFullScreen()), true);
  await running.app.evaluate(() => globalThis.fixture.windows.cover?.setFullScreen(false));
  await eventually(
    () => geometryOf(id),
    ({ x, width }) => x === 100 && width === 640,
    'the old place',
  );
  const events = (await seen('cover')) as string[];
  assert.deepEqual(
    events.filter((event) => event.includes('full')),
    ['enter-full-screen', 'leave-full-screen'],
  );
  await running.app.evaluate(() => globalThis.fixture.windows.cover?.destroy());
});

test('a kiosk window that wants a say cannot be closed from the keyboard', async () => {
  await running.open('kiosk', { kiosk: true, fullscreen: true, frame: false, alwaysOnTop: true });
  await rename('kiosk', 'Kiosk');
  await running.app.evaluate(() =>
    globalThis.fixture.windows.kiosk?.on('close', (event) => event.preventDefault()),
  );
  const id = await windowOf('Kiosk');
  await eventually(
    () => geometryOf(id).width,
    (width) => width === 1920,
    'full size',
  );
  await eventually(
    () => running.app.evaluate(() => globalThis.fixture.windows.kiosk?.isFocused()),
    Boolean,
    'focus',
  );
  press('alt+F4');
  press('ctrl+w');
  press('F11');
  await running.app.evaluate(() => globalThis.fixture.windows.kiosk?.close());
  // The window manager has handled the keys once it answers a later request.
  await rename('kiosk', 'Kiosk still');
  assert.ok(await windowOf('Kiosk still'));
  assert.equal(geometryOf(id).width, 1920);
  assert.equal(await running.app.evaluate(() => globalThis.fixture.windows.kiosk?.isDestroyed()), false);
  await running.app.evaluate(() => globalThis.fixture.windows.kiosk?.destroy());
});

test('focus and blur follow the keyboard', async () => {
  await running.open('left', { x: 0, y: 300 });
  await running.open('right', { x: 700, y: 300 });
  await eventually(
    () => running.app.evaluate(() => globalThis.fixture.windows.right?.isFocused()),
    Boolean,
    'the new one has it',
  );
  await running.app.evaluate(() => globalThis.fixture.windows.left?.focus());
  await eventually(
    () => running.app.evaluate(() => globalThis.fixture.windows.left?.isFocused()),
    Boolean,
    'the left one has it',
  );
  await eventually(
    () => seen('right'),
    (events) => events.at(-1) === 'blur',
    'blur of the right one',
  );
  const focused = await running.app.evaluate(
    ({ BrowserWindow }) => BrowserWindow.getFocusedWindow() === globalThis.fixture.windows.left,
  );
  assert.equal(focused, true);
});

test('minimize and restore', async () => {
  await running.app.evaluate(() => globalThis.fixture.windows.left?.minimize());
  await eventually(
    () => running.app.evaluate(() => globalThis.fixture.windows.left?.isMinimized()),
    Boolean,
    'minimized',
  );
  await running.app.evaluate(() => globalThis.fixture.windows.left?.restore());
  await eventually(
    () => running.app.evaluate(() => !globalThis.fixture.windows.left?.isMinimized()),
    Boolean,
    'restored',
  );
  await running.app.evaluate(() => {
    globalThis.fixture.windows.left?.destroy();
    globalThis.fixture.windows.right?.destroy();
  });
});

test('closing: prevented, then done; ready-to-show and closed come once', async () => {
  await running.open('door', { show: false });
  const result = await running.app.evaluate(async () => {
    const window = globalThis.fixture.windows.door;
    if (window === undefined) throw new Error('no window');
    window.once('close', (event) => event.preventDefault());
    window.close();
    const survived = !window.isDestroyed();
    const closed = new Promise<void>((resolve) => window.once('closed', () => resolve()));
    window.close();
    await closed;
    let message = '';
    try {
      window.show();
    } catch (error) {
      message = String(error);
    }
    return { survived, isDestroyed: window.isDestroyed(), message, events: globalThis.fixture.facts.door };
  });
  assert.equal(result.survived, true);
  assert.equal(result.isDestroyed, true);
  assert.match(result.message, /destroyed/);
  assert.equal(result.events?.filter((event) => event === 'ready-to-show').length, 1);
  assert.equal(result.events?.filter((event) => event === 'closed').length, 1);
});

test('a page can close its window; a page that says no stays', async () => {
  const page = await running.open('self', {});
  await page.evaluate(() =>
    addEventListener('beforeunload', (event) => event.preventDefault(), { once: true }),
  );
  await running.app.evaluate(() => globalThis.fixture.windows.self?.close());
  assert.equal(await page.evaluate(() => document.title), 'Fixture page');
  await page.evaluate(() => window.close());
  await eventually(
    () => running.app.evaluate(() => globalThis.fixture.windows.self?.isDestroyed()),
    Boolean,
    'closed by itself',
  );
});

test('the title is the page’s unless the app sets one; pictures can be taken', async () => {
  await running.open('named', {});
  assert.equal(
    await eventually(
      () => running.app.evaluate(() => globalThis.fixture.windows.named?.getTitle()),
      (title) => title === 'Fixture page',
      'title',
    ),
    'Fixture page',
  );
  await rename('named', 'My own');
  assert.equal(await running.app.evaluate(() => globalThis.fixture.windows.named?.getTitle()), 'My own');
  await windowOf('My own');
  const size = await running.app.evaluate(async () =>
    (await globalThis.fixture.windows.named?.capturePage())?.getSize(),
  );
  assert.deepEqual(size, { width: 640, height: 480 });
  await running.app.evaluate(() => globalThis.fixture.windows.named?.destroy());
});

test('Playwright’s page.close closes the window', async () => {
  const page = await running.open('byplaywright', {});
  await page.close();
  assert.equal(
    await running.app.evaluate(() => globalThis.fixture.windows.byplaywright?.isDestroyed()),
    true,
  );
});
