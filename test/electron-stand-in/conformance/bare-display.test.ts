// A display without a window manager: places, full screen and focus are done by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDisplay } from '../../support/x-display.ts';
import { eventually, geometryOf, isStandIn, launch, pixelAt } from './harness.ts';

test('without a window manager windows still have their place, full screen and focus', {
  skip: !isStandIn,
}, async () => {
  const display = await startDisplay({ width: 1280, height: 720, hasManager: false });
  const before = process.env.DISPLAY;
  process.env.DISPLAY = display.display;
  try {
    const { app, open, close } = await launch();
    await open('bare', { x: 100, y: 50, width: 300, height: 200, backgroundColor: '#102030' });
    const id = await app.evaluate(
      () => globalThis.fixture.windows.bare?.getNativeWindowHandle().readUInt32LE(0) ?? 0,
    );
    await eventually(
      () => geometryOf(String(id)),
      (now) => now.x === 100 && now.y === 50 && now.width === 300 && now.height === 200,
      'its place',
    );
    await eventually(
      () => pixelAt(350, 240).join(),
      (colour) => colour === '255,255,255',
      'the page on the screen',
    );
    await app.evaluate(() => globalThis.fixture.windows.bare?.setFullScreen(true));
    await eventually(
      () => geometryOf(String(id)),
      (now) => now.width === 1280 && now.height === 720,
      'full screen',
    );
    await eventually(
      () => app.evaluate(() => globalThis.fixture.windows.bare?.isFocused()),
      Boolean,
      'focus',
    );
    await app.evaluate(() => globalThis.fixture.windows.bare?.setFullScreen(false));
    await eventually(
      () => geometryOf(String(id)),
      (now) => now.x === 100 && now.width === 300,
      'back',
    );
    assert.equal(await app.evaluate(() => globalThis.fixture.windows.bare?.isVisible()), true);
    await close();
  } finally {
    process.env.DISPLAY = before;
    await display.close();
  }
});
