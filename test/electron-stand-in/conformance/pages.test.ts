// Pages: app://, policies, the preload's isolated world, IPC, ports, navigation.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually, type FixtureApi, launch, type Running } from './harness.ts';

declare const fixture: FixtureApi;

let running: Running;
before(async () => {
  running = await launch();
});
after(() => running.close());

test('app:// pages are secure contexts under their own policy', async () => {
  const facts = await running.page.evaluate(async () => ({
    isSecure: isSecureContext,
    hasMedia: typeof navigator.mediaDevices?.getDisplayMedia,
    inlineRan: (window as unknown as { inlineRan?: boolean }).inlineRan,
    // The policy allows scripts of this origin only: neither inline nor made from text.
    evalRan: (window as unknown as { evalRan?: boolean }).evalRan,
    fetchAway: await fetch('http://127.0.0.1:9/').then(
      () => true,
      () => false,
    ),
  }));
  assert.deepEqual(facts, {
    isSecure: true,
    hasMedia: 'function',
    inlineRan: undefined,
    evalRan: false,
    fetchAway: false,
  });
});

test('protocol.handle gets requests as app:// with method and body', async () => {
  const text = await running.page.evaluate(async () => {
    const response = await fetch('/echo', { method: 'POST', body: 'äöü' });
    return {
      text: await response.text(),
      origin: response.headers.get('x-origin'),
      missing: (await fetch('/echo', { method: 'GET' })).status,
    };
  });
  assert.deepEqual(text, { text: 'äöü', origin: 'app://lehrpult', missing: 200 });
  const last = await running.app.evaluate(
    () => (globalThis.fixture.facts as { lastRequest?: object }).lastRequest,
  );
  assert.deepEqual(last, { url: 'app://lehrpult/echo', method: 'GET' });
});

test('the page sees what the preload exposes and nothing else of it', async () => {
  const facts = await running.page.evaluate(() => ({
    secret: typeof (globalThis as { preloadSecret?: string }).preloadSecret,
    require: typeof (globalThis as { require?: unknown }).require,
    process: typeof (globalThis as { process?: unknown }).process,
    strange: Object.keys(globalThis).filter((name) => /stand|electron|ipc|bind/i.test(name)),
    version: fixture.version,
    list: fixture.deep.list,
    isDate: fixture.deep.when instanceof Date,
    isFrozen: Object.isFrozen(fixture.deep),
  }));
  assert.deepEqual(facts, {
    secret: 'undefined',
    require: 'undefined',
    process: 'undefined',
    strange: [],
    version: 3,
    list: [1, { two: 2 }],
    isDate: true,
    isFrozen: true,
  });
  await running.page.evaluate(() => {
    try {
      (window as unknown as { fixture: number }).fixture = 1;
    } catch {
      // Strict mode says so, sloppy mode does not.
    }
  });
  assert.equal(await running.page.evaluate(() => fixture.version), 3);
});

test('bridge functions: values, promises, errors, callbacks', async () => {
  const facts = await running.page.evaluate(async () => {
    const caught = async (run: () => unknown): Promise<string> => {
      try {
        await run();
        return 'nothing';
      } catch (error) {
        return `${error instanceof Error ? error.name : typeof error}: ${(error as Error).message}`;
      }
    };
    const map = fixture.same(new Map([['a', new Set([1])]])) as Map<string, Set<number>>;
    return {
      sum: fixture.add(2, 3),
      first: fixture.count(),
      second: fixture.count(),
      bytes: fixture.describe(new Uint8Array([1])),
      date: fixture.describe(new Date()),
      map: map instanceof Map && map.get('a')?.has(1),
      undef: fixture.same(undefined) === undefined,
      big: fixture.same(5n) === 5n,
      now: await caught(() => fixture.failNow()),
      later: await caught(() => fixture.failLater()),
      called: fixture.callBack((value) => `${value}!`, 'yes'),
      calledLater: await fixture.callBack(async (value) => `${value}?`, 'soon'),
      symbol: await caught(() => fixture.same(Symbol('x'))),
    };
  });
  assert.equal(facts.sum, 5);
  assert.deepEqual([facts.first, facts.second], [1, 2]);
  assert.equal(facts.bytes, '[object Uint8Array]');
  assert.equal(facts.date, '[object Date]');
  assert.equal(facts.map, true);
  assert.equal(facts.undef, true);
  assert.equal(facts.big, true);
  assert.match(facts.now, /Error: preload says no/);
  assert.match(facts.later, /Error: preload says no later/);
  assert.equal(facts.called, 'yes!');
  assert.equal(facts.calledLater, 'soon?');
  assert.match(facts.symbol, /cloned/);
});

test('invoke carries structured-clone values both ways', async () => {
  const facts = await running.page.evaluate(async () => {
    const shared = { name: 'shared' };
    const bytes = new Uint8Array(100_000).map((_value, index) => index % 251);
    const [reply] = (await fixture.invoke('echo', {
      nothing: undefined,
      nil: null,
      nan: Number.NaN,
      minusZero: -0,
      infinity: Number.NEGATIVE_INFINITY,
      big: 2n ** 70n,
      date: new Date(1234),
      pattern: /a+/gi,
      map: new Map<unknown, unknown>([[1, new Set(['x'])]]),
      bytes,
      floats: new Float64Array([0.5, 1e300]),
      buffer: new Uint8Array([7, 8]).buffer,
      error: new RangeError('kept'),
      twice: [shared, shared],
      text: 'ä\u0000\ud83d\ude00',
      empty: {},
      list: [],
    })) as [Record<string, never>];
    // biome-ignore lint/suspicious/noExplicitAny: each part is checked below
    const value = reply as Record<string, any>;
    return {
      hasUndefined: 'nothing' in value && value.nothing === undefined,
      nil: value.nil === null,
      nan: Number.isNaN(value.nan),
      minusZero: Object.is(value.minusZero, -0),
      infinity: value.infinity === Number.NEGATIVE_INFINITY,
      big: value.big === 2n ** 70n,
      date: value.date instanceof Date && value.date.getTime() === 1234,
      pattern: value.pattern instanceof RegExp && String(value.pattern) === '/a+/gi',
      map: value.map.get(1).has('x'),
      bytes:
        value.bytes instanceof Uint8Array &&
        value.bytes.length === 100_000 &&
        value.bytes[99_999] === 99_999 % 251,
      floats: value.floats instanceof Float64Array && value.floats[1] === 1e300,
      buffer: value.buffer instanceof ArrayBuffer && value.buffer.byteLength === 2,
      error:
        value.error instanceof Error && value.error.message === 'kept' && value.error.name === 'RangeError',
      twice: value.twice[0] === value.twice[1],
      text: value.text === 'ä\u0000\ud83d\ude00',
    };
  });
  for (const [name, holds] of Object.entries(facts)) assert.equal(holds, true, name);
});

test('errors of handlers arrive as Electron words them', async () => {
  const messages = await running.page.evaluate(async () => {
    const message = (channel: string, ...args: unknown[]): Promise<string> =>
      fixture.invoke(channel, ...args).then(
        () => 'no error',
        (error) => error.message,
      );
    return {
      thrown: await message('fail'),
      missing: await message('nobody'),
      unclonableReply: await message('unclonable'),
    };
  });
  assert.equal(messages.thrown, "Error invoking remote method 'fail': TypeError: on purpose");
  assert.equal(
    messages.missing,
    "Error invoking remote method 'nobody': Error: No handler registered for 'nobody'",
  );
  assert.match(messages.unclonableReply, /could not be cloned/);
});

test('main knows who calls', async () => {
  assert.deepEqual(await running.page.evaluate(() => fixture.invoke('who')), {
    url: 'app://lehrpult/console/index.html',
    origin: 'app://lehrpult',
    isTop: true,
    isWindow: true,
  });
  const page = await running.open('asked', { show: false }, '?device=1#part');
  assert.match(
    String(((await page.evaluate(() => fixture.invoke('who'))) as { url: string }).url),
    /^app:\/\/lehrpult\/asked\/index\.html\?device=1#part$/,
  );
  await running.app.evaluate(() => globalThis.fixture.windows.asked?.destroy());
});

test('send, reply and events in order; off ends them', async () => {
  const got = await running.page.evaluate(async () => {
    const seen: unknown[] = [];
    const off = fixture.on('tick', (...args) => seen.push(args));
    const reply = new Promise((resolve) => fixture.on('note-taken', resolve));
    fixture.send('note', 'a', 2);
    const count = await reply;
    (window as unknown as { seen: unknown[] }).seen = seen;
    (window as unknown as { off: () => void }).off = off;
    return count;
  });
  assert.equal(got, 2);
  const send = (from: number, to: number): Promise<void> =>
    running.app.evaluate(
      (_electron, range) => {
        for (let index = range.from; index < range.to; index++) {
          globalThis.fixture.windows.console?.webContents.send('tick', index, {
            bytes: new Uint8Array([index % 256]),
          });
        }
      },
      { from, to },
    );
  await send(0, 200);
  await running.page.waitForFunction(() => (window as unknown as { seen: unknown[] }).seen.length === 200);
  const order = await running.page.evaluate(() =>
    (window as unknown as { seen: [number][] }).seen.map(([index]) => index),
  );
  assert.deepEqual(
    order,
    Array.from({ length: 200 }, (_, index) => index),
  );
  await running.page.evaluate(() => (window as unknown as { off: () => void }).off());
  await send(0, 1);
  await running.page.evaluate(() => fixture.invoke('echo'));
  assert.equal(
    await running.page.evaluate(() => (window as unknown as { seen: unknown[] }).seen.length),
    200,
  );
  assert.deepEqual(await running.app.evaluate(() => globalThis.fixture.facts.ipc), [['a', 2]]);
});

test('ports: page to main, and main to page', async () => {
  assert.equal(await running.page.evaluate(() => fixture.doubleThroughPort(21)), 42);
  const fromPage = running.app.evaluate(async () => {
    const { port1, port2 } = globalThis.fixture.channel();
    globalThis.fixture.windows.console?.webContents.postMessage('give-port', null, [port2]);
    return new Promise<unknown>((resolve) => {
      port1.on('message', ({ data }) => resolve(data));
      port1.start();
      port1.postMessage({ ask: 'name' });
    });
  });
  await running.page.waitForFunction(
    () => (window as unknown as { ports: MessagePort[] }).ports.length === 1,
  );
  await running.page.evaluate(() => {
    const [port] = (window as unknown as { ports: MessagePort[] }).ports;
    if (port)
      port.onmessage = ({ data }) => port.postMessage({ asked: data.ask, bytes: new Uint8Array([9]) });
  });
  assert.deepEqual(((await fromPage) as { asked: string }).asked, 'name');
});

test('navigation of a page is asked; hash changes are free', async () => {
  const page = await running.open('nav', {});
  await page.evaluate(() => document.querySelector<HTMLElement>('#away')?.click());
  const asked = await eventually(
    () => running.app.evaluate(() => globalThis.fixture.facts.nav as string[]),
    (events) => events.some((event) => event.startsWith('navigate:')),
    'will-navigate',
  );
  assert.ok(asked.includes('navigate:app://lehrpult/away.html'));
  await page.evaluate(() => {
    location.hash = 'here';
  });
  assert.equal(await page.evaluate(() => location.pathname + location.hash), '/nav/index.html#here');
  await eventually(
    () => running.app.evaluate(() => globalThis.fixture.windows.nav?.webContents.getURL()),
    (url) => url === 'app://lehrpult/nav/index.html#here',
    'getURL with hash',
  );
  await page.evaluate(() => document.querySelector<HTMLElement>('#stay')?.click());
  await page.waitForURL(/allowed\.html/);
  assert.equal(await page.evaluate(() => fixture.version), 3, 'the preload runs again after a navigation');
});

test('window.open and links to new windows are asked and denied', async () => {
  const page = await running.open('opener', {});
  const before = running.app.windows().length;
  assert.equal(await page.evaluate(() => window.open('https://example.invalid/a') === null), true);
  await page.locator('#other').click();
  const events = await eventually(
    () => running.app.evaluate(() => globalThis.fixture.facts.opener as string[]),
    (seen) => seen.filter((event) => event.startsWith('open:')).length === 2,
    'setWindowOpenHandler',
  );
  assert.deepEqual(
    events.filter((event) => event.startsWith('open:')),
    ['open:https://example.invalid/a', 'open:https://example.invalid/'],
  );
  await eventually(
    () => running.app.windows().length,
    (count) => count === before,
    'no window more',
  );
  await running.app.evaluate(() => globalThis.fixture.windows.opener?.destroy());
});

test('loadURL rejects for what cannot be loaded; executeJavaScript gives values and errors', async () => {
  const facts = await running.app.evaluate(async () => {
    const contents = globalThis.fixture.windows.console?.webContents;
    if (contents === undefined) throw new Error('no window');
    const window = globalThis.fixture.openWindow('broken', { show: false });
    await window.loaded;
    const failure = await window.loadURL('http://127.0.0.1:1/').then(
      () => 'loaded',
      (error) => String(error.message),
    );
    window.destroy();
    return {
      failure,
      value: await contents.executeJavaScript('Promise.resolve({ a: [1, "two"] })'),
      thrown: await contents
        .executeJavaScript('throw new Error("from page")')
        .catch((error) => String(error)),
      gesture: await contents.executeJavaScript('navigator.userActivation.isActive', true),
    };
  });
  assert.match(facts.failure, /ERR_(CONNECTION_REFUSED|UNSAFE_PORT)/);
  assert.deepEqual(facts.value, { a: [1, 'two'] });
  assert.match(facts.thrown, /from page/);
  assert.equal(facts.gesture, true);
});

test('preload gets additionalArguments and says when it is missing', async () => {
  const argv = await running.app.evaluate(async ({ BrowserWindow }) => {
    const preload = `${globalThis.fixture.electron.app.getAppPath()}/preload.cjs`;
    const window = new BrowserWindow({
      show: false,
      webPreferences: { preload, additionalArguments: ['--window=extra'] },
    });
    await window.loadURL('app://lehrpult/extra/index.html');
    const seen = await window.webContents.executeJavaScript('fixture.argv()');
    window.destroy();
    const lost = new BrowserWindow({ show: false, webPreferences: { preload: '/nowhere/preload.cjs' } });
    const problem = new Promise<string>((resolve) =>
      lost.webContents.on('preload-error', (_event, path) => resolve(path)),
    );
    void lost.loadURL('app://lehrpult/extra/index.html');
    const path = await problem;
    lost.destroy();
    return { seen, path };
  });
  assert.ok(argv.seen.includes('--window=extra'));
  assert.equal(argv.path, '/nowhere/preload.cjs');
});
