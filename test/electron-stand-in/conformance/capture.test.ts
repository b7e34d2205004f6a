// Screen capture: sources with pictures, the app's choice, its refusal, permissions.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Page } from '@playwright/test';
import { eventually, launch, type Running, visibleTitles } from './harness.ts';

let running: Running;
before(async () => {
  running = await launch();
});
after(() => running.close());

const paint = (page: Page, colour: string): Promise<void> =>
  page.evaluate((wanted) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`html { background: ${wanted}; height: 100% } body { display: none }`);
    document.adoptedStyleSheets = [sheet];
  }, colour);

/** Captures until a quarter into the picture (the pointer rests in the middle) it has the wanted colour; gives the size, or the error's name. */
const capture = (
  page: Page,
  wanted: readonly number[] = [],
  options: object = { video: true },
): Promise<string> =>
  page.evaluate(
    async ({ options, wanted }) => {
      let stream: MediaStream;
      try {
        stream = await navigator.mediaDevices.getDisplayMedia(options);
      } catch (error) {
        return (error as Error).name;
      }
      const video = document.createElement('video');
      video.srcObject = stream;
      await video.play();
      const canvas = new OffscreenCanvas(1, 1);
      const context = canvas.getContext('2d', { willReadFrequently: true });
      const endMs = performance.now() + 15_000;
      let seen = '';
      while (performance.now() < endMs) {
        context?.drawImage(video, video.videoWidth / 4, video.videoHeight / 4, 1, 1, 0, 0, 1, 1);
        const pixel = [...(context?.getImageData(0, 0, 1, 1).data ?? [])].slice(0, 3);
        seen = `${video.videoWidth}x${video.videoHeight} ${pixel}`;
        if (wanted.length === 0 || pixel.every((value, index) => Math.abs(value - (wanted[index] ?? 0)) < 24))
          break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      for (const track of stream.getTracks()) track.stop();
      return seen;
    },
    { options, wanted: [...wanted] },
  );

/** Lets the app answer every request for a capture with the source whose name or id fits. */
const choose = (pattern: string): Promise<void> =>
  running.app.evaluate(({ desktopCapturer, session }, wanted) => {
    const asked: object[] = [];
    (globalThis.fixture.facts as Record<string, unknown>).asked = asked;
    session.defaultSession.setDisplayMediaRequestHandler((request, callback) => {
      asked.push({
        origin: request.securityOrigin,
        url: request.frame?.url,
        video: request.videoRequested,
        audio: request.audioRequested,
      });
      void desktopCapturer
        .getSources({ types: ['screen', 'window'], thumbnailSize: { width: 0, height: 0 } })
        .then((sources) => {
          const source = sources.find(({ id, name }) => id.startsWith(wanted) || name === wanted);
          callback(source === undefined ? {} : { video: source });
        });
    });
  }, pattern);

test('sources are the real screen and windows, with pictures', async () => {
  const page = await running.open('green', { x: 0, y: 0, width: 1920, height: 1080, frame: false });
  await paint(page, '#00c000');
  const sources = await eventually(
    () =>
      running.app.evaluate(async ({ desktopCapturer }) => {
        const found = await desktopCapturer.getSources({
          types: ['screen', 'window'],
          thumbnailSize: { width: 320, height: 180 },
        });
        return found.map(({ id, name, display_id, thumbnail }) => ({
          id,
          name,
          display: display_id,
          size: thumbnail.getSize(),
          isEmpty: thumbnail.isEmpty(),
          url: thumbnail.toDataURL().slice(0, 22),
          bytes: thumbnail.toPNG().length,
        }));
      }),
    (found) => found.filter(({ name }) => name === 'Fixture page').length === 2,
    'two windows',
  );
  const screen = sources.find(({ id }) => id.startsWith('screen:'));
  assert.deepEqual(screen?.size, { width: 320, height: 180 });
  assert.equal(screen?.isEmpty, false);
  assert.equal(screen?.url, 'data:image/png;base64,');
  const primary = await running.app.evaluate(({ screen: displays }) => displays.getPrimaryDisplay());
  assert.equal(screen?.display, String(primary.id));
  assert.deepEqual(primary.bounds, { x: 0, y: 0, width: 1920, height: 1080 });
  assert.match(sources.find(({ name }) => name === 'Fixture page')?.id ?? '', /^window:\d+:\d+$/);
  const none = await running.app.evaluate(async ({ desktopCapturer }) =>
    (await desktopCapturer.getSources({ types: ['screen'], thumbnailSize: { width: 0, height: 0 } })).map(
      ({ thumbnail }) => thumbnail.isEmpty(),
    ),
  );
  assert.deepEqual(none, [true]);
});

test('a page captures the screen the app chose, without a gesture, even in a hidden window', async () => {
  await choose('screen:');
  const hidden = await running.open('hiddenpage', { show: false });
  assert.match(await capture(hidden, [0, 192, 0]), /^1920x1080 \d,19\d,\d$/);
  const asked = await running.app.evaluate(() => globalThis.fixture.facts.asked);
  assert.deepEqual(asked, [
    { origin: 'app://lehrpult/', url: 'app://lehrpult/hiddenpage/index.html', video: true, audio: false },
  ]);
});

test('nothing of the browser shows while a page captures', async () => {
  await choose('screen:');
  const page = running.app.windows().find((one) => one.url().includes('/hiddenpage/'));
  assert.ok(page);
  const before = visibleTitles().length;
  await page.evaluate(async () => {
    (window as unknown as { stream: MediaStream }).stream = await navigator.mediaDevices.getDisplayMedia();
  });
  // The browser's bar opens with the stream; a window of ours that opens after it has had its turn as well.
  await running.open('witness', { x: 1500, y: 800, width: 200, height: 100 });
  await eventually(visibleTitles, (titles) => titles.length === before + 1, 'one window more');
  assert.ok(!visibleTitles().some((title) => title.includes('sharing')));
  await page.evaluate(() => {
    for (const track of (window as unknown as { stream: MediaStream }).stream.getTracks()) track.stop();
  });
});

test('a page captures the window the app chose, and titles are as before', async () => {
  const blue = await running.open('blue', { x: 50, y: 60, width: 400, height: 300, frame: false });
  await paint(blue, '#0000ff');
  await running.app.evaluate(() => globalThis.fixture.windows.blue?.setTitle('Blue window'));
  await eventually(visibleTitles, (titles) => titles.includes('Blue window'), 'title');
  await choose('Blue window');
  const page = running.app.windows().find((one) => one.url().includes('/hiddenpage/'));
  assert.ok(page);
  assert.match(await capture(page, [0, 0, 255]), /^400x300 \d,\d,25\d$/);
  await eventually(visibleTitles, (titles) => titles.includes('Blue window'), 'title is back');
});

test('a constrained capture has the size and rate asked for', async () => {
  await choose('screen:');
  const settings = await running.page.evaluate(async () => {
    const stream = await navigator.mediaDevices.getDisplayMedia({
      video: { width: { max: 480 }, height: { max: 270 }, frameRate: { max: 5 } },
    });
    const [track] = stream.getVideoTracks();
    const found = { ...track?.getSettings(), label: track?.label };
    track?.stop();
    return found;
  });
  assert.ok((settings.width ?? 9999) <= 480 && (settings.frameRate ?? 99) <= 5, JSON.stringify(settings));
});

test('refusals: no source, a throwing handler, no handler, no permission', async () => {
  await choose('nothing of this name');
  assert.equal(await capture(running.page), 'NotAllowedError');
  await running.app.evaluate(({ session }) =>
    session.defaultSession.setDisplayMediaRequestHandler((_request, callback) =>
      (callback as (streams: null) => void)(null),
    ),
  );
  assert.equal(await capture(running.page), 'NotAllowedError');
  await choose('screen:');
  await running.app.evaluate(({ session }) =>
    session.defaultSession.setPermissionRequestHandler((_contents, permission, callback) =>
      callback(permission !== 'display-capture'),
    ),
  );
  assert.equal(await capture(running.page), 'NotAllowedError');
  await running.app.evaluate(({ session }) => session.defaultSession.setPermissionRequestHandler(null));
  assert.match(await capture(running.page), /^1920x1080/);
});

test('the permission handler decides on camera, clipboard and notifications', async () => {
  await running.app.evaluate(({ session }) => {
    const asked: string[] = [];
    globalThis.fixture.facts.permissions = asked;
    session.defaultSession.setPermissionRequestHandler((contents, permission, callback, details) => {
      asked.push(
        `${permission} ${contents.getURL()} ${(details as { mediaTypes?: string[] }).mediaTypes ?? ''}`.trim(),
      );
      callback(permission === 'clipboard-sanitized-write');
    });
  });
  const results = await running.page.evaluate(async () => {
    const name = (error: Error): string => error.name;
    return {
      camera: await navigator.mediaDevices.getUserMedia({ video: true }).then(() => 'given', name),
      read: await navigator.clipboard.readText().then(() => 'given', name),
      notify: await Notification.requestPermission(),
    };
  });
  assert.deepEqual(results, { camera: 'NotAllowedError', read: 'NotAllowedError', notify: 'denied' });
  const asked = await running.app.evaluate(() => globalThis.fixture.facts.permissions as string[]);
  assert.ok(asked.includes('media app://lehrpult/console/index.html video'), asked.join('; '));
  assert.ok(asked.some((one) => one.startsWith('clipboard-read ')));
  assert.ok(asked.some((one) => one.startsWith('notifications ')));
});

test('two pages talk over WebRTC with captured video, both hidden', async () => {
  await running.app.evaluate(({ session }) => session.defaultSession.setPermissionRequestHandler(null));
  await choose('screen:');
  const page = running.app.windows().find((one) => one.url().includes('/hiddenpage/'));
  assert.ok(page);
  const frames = await page.evaluate(async () => {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: 10 } });
    const sender = new RTCPeerConnection();
    const receiver = new RTCPeerConnection();
    sender.onicecandidate = ({ candidate }) => void receiver.addIceCandidate(candidate ?? undefined);
    receiver.onicecandidate = ({ candidate }) => void sender.addIceCandidate(candidate ?? undefined);
    const arrived = new Promise<MediaStreamTrack>((resolve) => {
      receiver.ontrack = ({ track }) => resolve(track);
    });
    for (const track of stream.getTracks()) sender.addTrack(track, stream);
    await sender.setLocalDescription();
    await receiver.setRemoteDescription(sender.localDescription as RTCSessionDescription);
    await receiver.setLocalDescription();
    await sender.setRemoteDescription(receiver.localDescription as RTCSessionDescription);
    const video = document.createElement('video');
    video.muted = true;
    video.srcObject = new MediaStream([await arrived]);
    await video.play();
    let count = 0;
    await new Promise<void>((resolve) => {
      const next = (): void => {
        count += 1;
        if (count === 5) resolve();
        else video.requestVideoFrameCallback(next);
      };
      video.requestVideoFrameCallback(next);
    });
    sender.close();
    receiver.close();
    for (const track of stream.getTracks()) track.stop();
    return count;
  });
  assert.equal(frames, 5);
});

test('where activation is required a capture needs a click or a gesture given by main', async () => {
  const strict = await launch([], { LEHRPULT_STAND_IN_ACTIVATION: 'required' });
  await strict.app.evaluate(({ desktopCapturer, session }) => {
    session.defaultSession.setDisplayMediaRequestHandler((_request, callback) => {
      void desktopCapturer
        .getSources({ types: ['screen'], thumbnailSize: { width: 0, height: 0 } })
        .then(([source]) => callback(source === undefined ? {} : { video: source }));
    });
  });
  const script = `navigator.mediaDevices.getDisplayMedia().then((stream) => stream.getTracks().map((track) => track.stop()).length, (error) => error.name)`;
  const results = await strict.app.evaluate(async (_electron, code) => {
    const contents = globalThis.fixture.windows.console?.webContents;
    // Playwright's own evaluations count as gestures for a few seconds: until that has worn off.
    while (await contents?.executeJavaScript('navigator.userActivation.isActive')) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return [await contents?.executeJavaScript(code), await contents?.executeJavaScript(code, true)];
  }, script);
  assert.deepEqual(results, ['InvalidStateError', 1]);
  await strict.close();
});
