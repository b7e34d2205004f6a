// A small app that uses every part of Electron that the product uses. It runs unchanged on the real Electron.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as electron from 'electron/main';
import { app, BrowserWindow, ipcMain, MessageChannelMain, protocol, utilityProcess } from 'electron/main';

const facts = { events: [], ipc: [], titleOf: {} };
globalThis.fixture = { electron, facts, windows: {}, openWindow };

app.commandLine.appendSwitch('disable-features', 'WebRtcHideLocalIpsWithMdns');
protocol.registerSchemesAsPrivileged([
  { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
]);
for (const name of [
  'before-quit',
  'will-quit',
  'window-all-closed',
  'second-instance',
  'render-process-gone',
  'child-process-gone',
]) {
  app.on(name, (...args) => {
    facts.events.push(name);
    if (name === 'second-instance') facts.second = { argv: args[1], folder: args[2], data: args[3] };
    if (name === 'child-process-gone') facts.childGone = args[1];
  });
}
const isFirst = !process.argv.includes('--single') || app.requestSingleInstanceLock({ from: 'fixture' });
if (!isFirst) app.exit(7);

ipcMain.handle('echo', (_event, ...args) => args);
ipcMain.handle('fail', () => {
  throw new TypeError('on purpose');
});
ipcMain.handle('unclonable', () => () => 1);
ipcMain.handle('who', (event) => ({
  url: event.senderFrame.url,
  origin: event.senderFrame.origin,
  isTop: event.senderFrame.parent === null,
  isWindow: BrowserWindow.fromWebContents(event.sender) !== null,
}));
ipcMain.on('note', (event, ...args) => {
  facts.ipc.push(args);
  event.reply('note-taken', args.length);
});
ipcMain.on('port', (event) => {
  const [port] = event.ports;
  port.on('message', ({ data }) => port.postMessage({ doubled: data * 2 }));
  port.start();
});

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' app://lehrpult";
const types = { html: 'text/html', js: 'text/javascript' };

function openWindow(name, options = {}, query = '') {
  const window = new BrowserWindow({
    width: 640,
    height: 480,
    ...options,
    webPreferences: {
      preload: join(import.meta.dirname, 'preload.cjs'),
      sandbox: true,
      contextIsolation: true,
    },
  });
  globalThis.fixture.windows[name] = window;
  const seen = [];
  facts[name] = seen;
  for (const event of [
    'ready-to-show',
    'show',
    'hide',
    'focus',
    'blur',
    'closed',
    'minimize',
    'restore',
    'enter-full-screen',
    'leave-full-screen',
    'resize',
  ]) {
    window.on(event, () => seen.push(event));
  }
  window.webContents.on('did-finish-load', () => seen.push('did-finish-load'));
  window.webContents.on('render-process-gone', (_event, details) => seen.push(`gone:${details.reason}`));
  window.webContents.setWindowOpenHandler(({ url }) => {
    seen.push(`open:${url}`);
    return { action: 'deny' };
  });
  window.webContents.on('will-navigate', (event, url) => {
    seen.push(`navigate:${url}`);
    if (!url.includes('allowed')) event.preventDefault();
  });
  window.loaded = window.loadURL(`app://lehrpult/${name}/index.html${query}`);
  window.loaded.catch(() => {});
  return window;
}

globalThis.fixture.forkUtility = () =>
  utilityProcess.fork(join(import.meta.dirname, 'utility.js'), ['--one'], {
    serviceName: 'fixture',
    stdio: 'pipe',
  });
globalThis.fixture.channel = () => new MessageChannelMain();

await Promise.resolve();
app.whenReady().then(() => {
  protocol.handle('app', async (request) => {
    const url = new URL(request.url);
    if (url.host !== 'lehrpult') return new Response(null, { status: 404 });
    facts.lastRequest = { url: request.url, method: request.method };
    if (url.pathname === '/echo') {
      return new Response(await request.text(), {
        headers: { 'content-type': 'text/plain', 'x-origin': request.headers.get('origin') ?? '' },
      });
    }
    const file = url.pathname.endsWith('.js') ? 'page.js' : 'page.html';
    const body = await readFile(join(import.meta.dirname, 'pages', file));
    return new Response(new Uint8Array(body), {
      headers: { 'content-type': types[file.split('.')[1]], 'content-security-policy': policy },
    });
  });
  openWindow('console', { title: 'Fixture' });
});
