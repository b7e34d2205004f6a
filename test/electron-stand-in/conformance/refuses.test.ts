// What the stand-in lacks it refuses by name: a test can never pass by accident on a part that is not there.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isStandIn, launch, type Running } from './harness.ts';

let running: Running;
before(async () => {
  running = await launch();
});
after(() => running.close());

const attempts: Readonly<Record<string, string>> = {
  "electron.app.getFileIcon('/x')": 'app.getFileIcon',
  'electron.systemPreferences.getColor': 'systemPreferences.getColor',
  'new electron.BrowserView()': 'BrowserView',
  'electron.webFrameMain.fromId(1, 1)': 'webFrameMain.fromId',
  "electron.session.fromPartition('x')": 'session.fromPartition',
  'electron.session.defaultSession.cookies': 'Session.cookies',
  'electron.shell.trashItem': 'shell.trashItem',
  'electron.BrowserWindow.getAllWindows()[0].setTouchBar': 'BrowserWindow.setTouchBar',
  'electron.BrowserWindow.getAllWindows()[0].webContents.printToPDF': 'webContents.printToPDF',
  'electron.BrowserWindow.getAllWindows()[0].webContents.debugger': 'webContents.debugger',
  "electron.BrowserWindow.getAllWindows()[0].on('swipe', () => {})": "BrowserWindow event 'swipe'",
  'new electron.BrowserWindow({ parent: null, show: false })': "BrowserWindow option 'parent'",
  'new electron.BrowserWindow({ webPreferences: { nodeIntegration: true } })':
    'webPreferences.nodeIntegration: true',
  'new electron.BrowserWindow({ webPreferences: { contextIsolation: false } })':
    'webPreferences.contextIsolation: false',
  'new electron.BrowserWindow({ webPreferences: { webSecurity: false } })':
    'webPreferences.webSecurity: false',
  "electron.protocol.handle('https', () => {})": "protocol.handle('https')",
  "electron.app.on('no-such-event', () => {})": "app event 'no-such-event'",
  'electron.Menu.buildFromTemplate([]).popup()': 'Menu.popup',
  'electron.nativeImage.createEmpty().resize({ width: 1 })': 'NativeImage.resize',
};

for (const [code, name] of Object.entries(attempts)) {
  test(`refuses ${name}`, { skip: !isStandIn }, async () => {
    const message = await running.app.evaluate((_electron, source) => {
      try {
        new Function('electron', `return ${source}`)(globalThis.fixture.electron);
        return 'nothing happened';
      } catch (error) {
        return (error as Error).message;
      }
    }, code);
    assert.equal(message, `not in the stand-in: ${name}`);
  });
}

test('refuses modules and members in preload scripts', { skip: !isStandIn }, async () => {
  const { mkdtempSync, writeFileSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const { join } = await import('node:path');
  const folder = mkdtempSync(join(tmpdir(), 'preload-'));
  for (const [code, name] of [
    ["require('node:fs')", "require('node:fs') in a preload script"],
    ["require('electron/renderer').ipcRenderer.sendSync('x')", 'ipcRenderer.sendSync'],
    ["require('electron').webFrame", 'electron/renderer.webFrame'],
  ] as const) {
    const preload = join(folder, 'preload.cjs');
    writeFileSync(preload, code);
    const message = await running.app.evaluate(async ({ BrowserWindow }, path) => {
      const window = new BrowserWindow({ show: false, webPreferences: { preload: path } });
      const problem = new Promise<string>((resolve) =>
        window.webContents.once('preload-error', (_event, _path, error) => resolve(error.message)),
      );
      await window.loadURL('app://lehrpult/refused/index.html');
      const text = await problem;
      window.destroy();
      return text;
    }, preload);
    assert.ok(message.includes(`not in the stand-in: ${name}`), message);
  }
});

test('refuses screen capture past the app (chromeMediaSource)', { skip: !isStandIn }, async () => {
  const message = await running.page.evaluate(() =>
    navigator.mediaDevices
      .getUserMedia({
        video: { mandatory: { chromeMediaSource: 'desktop' } },
      } as unknown as MediaStreamConstraints)
      .then(
        () => 'given',
        (error) => error.message,
      ),
  );
  assert.match(message, /not in the stand-in: getUserMedia with chromeMediaSource/);
});
