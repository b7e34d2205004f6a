// The packed app, not the development build: what school IT would install starts and holds nothing but the product.
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { listPackage } from '@electron/asar';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { expect, test } from '@playwright/test';
import { launchApp } from '../support/launch-app.ts';
import { startDisplay } from '../support/x-display.ts';
import { consolePolicy, createToken } from './classroom.ts';

/** Every fuse there is, with the state it leaves the factory in. */
const fuses: Readonly<Record<keyof typeof FuseV1Options, boolean>> = {
  RunAsNode: false,
  EnableCookieEncryption: true,
  EnableNodeOptionsEnvironmentVariable: false,
  EnableNodeCliInspectArguments: false,
  EnableEmbeddedAsarIntegrityValidation: true,
  OnlyLoadAppFromAsar: true,
  LoadBrowserProcessSpecificV8Snapshot: false,
  GrantFileProtocolExtraPrivileges: false,
};

test('the packed folder starts, opens a school and holds only the product', async () => {
  test.setTimeout(240_000);
  execFileSync('npm', ['run', '--silent', 'package'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const folder = resolve('dist/linux-unpacked');

  const files = listPackage(`${folder}/resources/app.asar`, { isPack: false });
  expect(files).toEqual(
    expect.arrayContaining(['/out/main/main.js', '/out/main/relay.js', '/out/preload/preload.cjs']),
  );
  expect(files.filter((name) => /stand-in|\/test\/|\.map$|\.tsx?$|fleet/.test(name))).toEqual([]);

  const { version: _version, ...wire } = await getCurrentFuseWire(`${folder}/lehrpult`);
  // In the file a fuse is the digit 0 or 1.
  const read = Object.entries(wire).map(([index, byte]) => [
    FuseV1Options[Number(index)],
    String.fromCharCode(Number(byte)) === '1',
  ]);
  expect(Object.fromEntries(read)).toEqual(fuses);

  const display = await startDisplay();
  const desk = await launchApp({
    role: 'console',
    display: display.display,
    policy: consolePolicy,
    packed: `${folder}/lehrpult`,
  });
  try {
    expect(await desk.electron.evaluate(({ app }) => app.isPackaged)).toBe(true);
    const page = await desk.page('console');
    expect(await createToken(page)).toMatch(/^LP1-/);
    // The relay's native module was packed right if the relay says it is ready.
    await page.getByTestId('lesson-start').click();
    await expect(page.getByTestId('lesson-end')).toBeVisible();
    await expect(page.getByTestId('room-problem')).toHaveCount(0);
  } finally {
    await desk.close();
    await display.close();
  }
});
