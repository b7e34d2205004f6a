// The small services: safeStorage, dialog, Tray, Menu, Notification, clipboard, shortcuts, theme, power, images, net.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually, isStandIn, launch, press, type Running } from './harness.ts';

let running: Running;
before(async () => {
  running = await launch();
});
after(() => running.close());

test('safeStorage encrypts, decrypts and refuses what was changed', async () => {
  const facts = await running.app.evaluate(({ safeStorage }) => {
    const encrypted = safeStorage.encryptString('Schlüssel');
    const changed = Buffer.from(encrypted);
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1;
    let problem = '';
    try {
      safeStorage.decryptString(changed);
    } catch (error) {
      problem = String(error);
    }
    return {
      isAvailable: safeStorage.isEncryptionAvailable(),
      backend: safeStorage.getSelectedStorageBackend(),
      isHidden: !encrypted.includes('Schlüssel'),
      again: safeStorage.decryptString(encrypted),
      problem,
    };
  });
  assert.equal(facts.isAvailable, true);
  assert.equal(facts.isHidden, true);
  assert.equal(facts.again, 'Schlüssel');
  if (isStandIn) {
    assert.equal(facts.backend, 'basic_text');
    assert.match(facts.problem, /decrypting/);
  }
});

test('dialogs answer as tests script them', async () => {
  const answer = await running.app.evaluate(async ({ dialog }) => {
    dialog.showOpenDialog = async () => ({ canceled: false, filePaths: ['/tmp/chosen.pdf'] });
    return globalThis.fixture.electron.dialog.showOpenDialog({ properties: ['openFile'] });
  });
  assert.deepEqual(answer, { canceled: false, filePaths: ['/tmp/chosen.pdf'] });
});

test('an unscripted dialog refuses instead of waiting', { skip: !isStandIn }, async () => {
  const message = await running.app.evaluate(({ dialog }) => {
    try {
      void dialog.showSaveDialog({});
      return '';
    } catch (error) {
      return String(error);
    }
  });
  assert.match(message, /not in the stand-in: dialog\.showSaveDialog without a scripted answer/);
});

test('menus run their items, a tray keeps its menu', async () => {
  const clicks = await running.app.evaluate(({ Menu, Tray, nativeImage }) => {
    const seen: string[] = [];
    const menu = Menu.buildFromTemplate([
      { label: 'Open', id: 'open', click: () => seen.push('open') },
      { type: 'separator' },
      {
        label: 'More',
        submenu: [
          {
            label: 'Inner',
            id: 'inner',
            type: 'checkbox',
            click: (item) => seen.push(`inner ${item.checked}`),
          },
        ],
      },
    ]);
    menu.getMenuItemById('open')?.click();
    menu.getMenuItemById('inner')?.click();
    Menu.setApplicationMenu(null);
    const tray = new Tray(nativeImage.createEmpty());
    tray.setContextMenu(menu);
    tray.setToolTip('Lehrpult');
    tray.on('click', () => seen.push('tray'));
    tray.emit('click');
    tray.destroy();
    return [...seen, String(tray.isDestroyed()), String(Menu.getApplicationMenu())];
  });
  assert.deepEqual(clicks, ['open', 'inner true', 'tray', 'true', 'null']);
});

test('clipboard, notification, power, net, images', async () => {
  const facts = await running.app.evaluate(
    async ({ clipboard, Notification, powerSaveBlocker, powerMonitor, nativeImage, net, app }) => {
      clipboard.writeText('kopiert');
      const id = powerSaveBlocker.start('prevent-display-sleep');
      const wasOn = powerSaveBlocker.isStarted(id);
      powerSaveBlocker.stop(id);
      const notification = new Notification({ title: 'Neu', body: 'Datei' });
      const shown = new Promise<void>((resolve) => notification.once('show', () => resolve()));
      notification.show();
      await shown;
      const pixel = nativeImage.createFromDataURL(
        'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
      );
      return {
        text: clipboard.readText(),
        wasOn,
        isOff: !powerSaveBlocker.isStarted(id),
        battery: typeof powerMonitor.isOnBatteryPower(),
        pixel: pixel.getSize(),
        empty: nativeImage.createFromPath('/nowhere.png').isEmpty(),
        file: (await net
          .fetch(`file://${app.getAppPath()}/package.json`)
          .then((response) => response.json())) as { name: string },
      };
    },
  );
  assert.equal(facts.text, 'kopiert');
  assert.equal(facts.wasOn && facts.isOff, true);
  assert.equal(facts.battery, 'boolean');
  assert.deepEqual(facts.pixel, { width: 1, height: 1 });
  assert.equal(facts.empty, true);
  assert.equal(facts.file.name, 'stand-in-fixture');
});

test('themeSource reaches pages', async () => {
  // Playwright emulates a scheme of its own unless told not to.
  await running.page.emulateMedia({ colorScheme: null });
  const isDark = (): Promise<boolean> =>
    running.page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches);
  const updated = await running.app.evaluate(({ nativeTheme }) => {
    let count = 0;
    nativeTheme.themeSource = 'light';
    nativeTheme.on('updated', () => count++);
    nativeTheme.themeSource = 'dark';
    return { isDark: nativeTheme.shouldUseDarkColors, count };
  });
  assert.deepEqual(updated, { isDark: true, count: 1 });
  await eventually(isDark, Boolean, 'dark');
  await running.app.evaluate(({ nativeTheme }) => {
    nativeTheme.themeSource = 'light';
  });
  await eventually(isDark, (dark) => !dark, 'light again');
});

test('a global shortcut is heard wherever the focus is', async () => {
  const registered = await running.app.evaluate(({ globalShortcut }) => {
    const seen: string[] = [];
    globalThis.fixture.facts.shortcut = seen;
    const first = globalShortcut.register('CommandOrControl+Shift+F9', () => seen.push('F9'));
    return [
      first,
      globalShortcut.isRegistered('CommandOrControl+Shift+F9'),
      globalShortcut.isRegistered('Alt+X'),
    ];
  });
  assert.deepEqual(registered, [true, true, false]);
  await eventually(
    () => {
      press('ctrl+shift+F9');
      return running.app.evaluate(() => globalThis.fixture.facts.shortcut?.length ?? 0);
    },
    (count) => count > 0,
    'the shortcut',
  );
  await running.app.evaluate(({ globalShortcut }) => globalShortcut.unregisterAll());
});

test('devices can be denied before any is asked for, and DevTools be closed that are not open', async () => {
  const answers = await running.app.evaluate(({ BrowserWindow, session }) => {
    const guarded = session.defaultSession;
    guarded.setDevicePermissionHandler(() => false);
    guarded.setBluetoothPairingHandler((_details, callback) => callback({ confirmed: false }));
    for (const name of ['select-hid-device', 'select-usb-device', 'select-serial-port'] as const)
      guarded.on(name as 'select-hid-device', (event) => event.preventDefault());
    const [window] = BrowserWindow.getAllWindows();
    window?.webContents.on('select-bluetooth-device', (event) => event.preventDefault());
    window?.webContents.closeDevTools();
    return [guarded.listenerCount('select-usb-device'), window?.webContents.isDestroyed()];
  });
  assert.deepEqual(answers, [1, false]);
});
