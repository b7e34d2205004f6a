// T42, T43: no frame without the indicator and an entry in the log, whatever a console does; and nothing of what is shown,
// written or watched in a lesson lies on a disk afterwards.
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect } from '@playwright/test';
import { createRoomAuthority } from '../../main/trust/school-authority.ts';
import type { DeviceId } from '../../shared/domain/ids.ts';
import { makeSchool, newRoom, teacherOf } from '../contract/link/classroom.ts';
import { agentSize, consolePolicy, createToken, tileNamed } from '../e2e/classroom.ts';
import { lockDevices, startLesson } from '../e2e/teacher.ts';
import { startDisplay } from '../support/x-display.ts';
import { attack } from './attack-table.ts';
import { callsOf, startProcess } from './calls.ts';
import type { ConsoleCalls } from './console-process.ts';
import { launchPacked, packIfNeeded } from './packed-room.ts';
import { until } from './room.ts';

type Watch = { readonly seq: number; readonly kind: string; readonly body: string };

const watchesOf = (profile: string): Watch[] => {
  const database = new DatabaseSync(join(profile, 'audit.sqlite'), { readOnly: true, timeout: 3_000 });
  try {
    return database
      .prepare("SELECT seq, kind, body FROM entries WHERE kind IN ('watch-start', 'watch-end') ORDER BY seq")
      .all() as Watch[];
  } finally {
    database.close();
  }
};

/** A console without a wall, a room and manners: it only sends `watch` and answers WebRTC. The device is the packed program. */
const startModifiedConsole = async () => {
  packIfNeeded();
  const closing: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0))
      await end().catch((error: unknown) => console.error('closing', error));
  };
  const school = await makeSchool();
  const room = newRoom();
  const teacher = await teacherOf(school, room);
  const authority = await createRoomAuthority(school, room.id, Date.now());
  const running = startProcess(join(import.meta.dirname, 'console-process.ts'), []);
  closing.unshift(running.end);
  const desk = callsOf<ConsoleCalls>(running.child);
  const { address } = await desk.start({
    content: {
      roomId: room.id,
      roomName: room.name,
      teacherName: 'Herr Neugier',
      authorityPem: teacher.authorityPem,
      certificatePem: teacher.certificatePem,
      roomAuthorityPem: authority.certificatePem,
      roster: school.roster(),
      secrets: {
        teacherKeyPem: teacher.privateKeyPem,
        roomAuthorityKeyPem: authority.privateKeyPem,
        schoolKeyPem: null,
      },
    },
    policy: { linkPort: 0, listenAddress: '127.0.0.1', useDiscovery: false },
  });
  const display = await startDisplay(agentSize);
  closing.unshift(display.close);
  const agent = await launchPacked('agent', display.display, {
    deviceName: 'Gerät 1',
    enrolmentToken: await desk.createToken(1),
    consoleAddresses: [address],
    useDiscovery: false,
  });
  closing.unshift(agent.close);
  await until('the device is there', async () => (await desk.online()).length === 1, 40_000);
  const [id] = await desk.online();
  if (id === undefined) throw new Error('no device');
  return { desk, agent, id, close };
};

type Modified = Awaited<ReturnType<typeof startModifiedConsole>>;
let modified: Modified | null = null;

const framesOf = async ({ desk, id }: Modified): Promise<number> => (await desk.tile(id)).framesComplete;
const isShown = ({ agent }: Modified): Promise<boolean> =>
  agent.electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows().some(
      (window) =>
        window.webContents.getURL().includes('/indicator/') && window.isVisible() && window.getOpacity() > 0,
    ),
  );

/** Watches for a while: frames that came while the indicator was not there, before and after, are what is looked for. */
const observe = async (watched: Modified, forMs: number): Promise<{ frames: number; hidden: number }> => {
  const startFrames = await framesOf(watched);
  let before = startFrames;
  let hidden = 0;
  const endMs = performance.now() + forMs;
  while (performance.now() < endMs) {
    const shownBefore = await isShown(watched);
    const frames = await framesOf(watched);
    const shownAfter = await isShown(watched);
    if (frames > before && !shownBefore && !shownAfter) hidden += frames - before;
    before = frames;
  }
  return { frames: before - startFrames, hidden };
};

const order = (watched: Modified, quality: 'off' | 'blurred' | 'tile' | 'focus'): Promise<string> =>
  watched.desk.command(watched.id as DeviceId, { verb: 'watch', quality });

attack({
  id: 'T42',
  title: 'frames without indicator or log entry',
  timeoutMs: 240_000,
  async control() {
    modified = await startModifiedConsole();
    await modified.desk.startLesson();
    // Frames do come, and they come with the indicator: otherwise nothing would be observed.
    const said = await order(modified, 'tile');
    const watched = modified;
    await until('frames come', async () => (await framesOf(watched)) > 0, 30_000);
    return said === 'ok' && (await isShown(modified));
  },
  async attempts(tally) {
    if (modified === null) throw new Error('no console');
    const watched = modified;
    const { agent } = watched;
    try {
      let total = 0;
      for (const quality of ['blurred', 'focus', 'tile'] as const) {
        await order(watched, quality);
        const { frames, hidden } = await observe(watched, 2_500);
        total += frames;
        await tally.attempt(`${quality}: ${hidden} hidden frames`, () => hidden > 0);
      }
      await tally.attempt(
        'no entry while it lasts',
        () => watchesOf(agent.profile).at(-1)?.kind !== 'watch-start',
      );
      await tally.attempt(
        'the entry does not say who',
        () => !watchesOf(agent.profile).at(-1)?.body.includes('Herr Neugier'),
      );

      await order(watched, 'off');
      await until('the indicator is gone', async () => !(await isShown(watched)));
      const after = await observe(watched, 2_000);
      // What was on its way may still arrive; what goes on after half a second was sent in secret.
      const later = await observe(watched, 1_500);
      await tally.attempt(
        `${later.frames} frames after the end (${after.frames} on their way)`,
        () => later.frames > 0,
      );
      await tally.attempt('no entry of the end', () => watchesOf(agent.profile).at(-1)?.kind !== 'watch-end');

      // Signals alone: no frame without an order.
      for (const signal of [
        { kind: 'restart', generation: 99 },
        { kind: 'bye', generation: 99 },
      ] as const)
        await tally.attempt(`signal ${signal.kind}`, async () => {
          await watched.desk.signal(watched.id as DeviceId, signal);
          return (await observe(watched, 1_000)).frames > 0;
        });

      // On and off as fast as it goes.
      const before = watchesOf(agent.profile).filter(({ kind }) => kind === 'watch-start').length;
      const rounds = 10;
      for (let round = 0; round < rounds; round += 1) {
        await order(watched, 'tile');
        const { frames, hidden } = await observe(watched, 150);
        total += frames;
        await tally.attempt(`flicker ${round}: ${hidden} hidden frames`, () => hidden > 0);
        await order(watched, 'off');
      }
      const written = watchesOf(agent.profile).filter(({ kind }) => kind === 'watch-start').length - before;
      await tally.attempt(`${written} of ${rounds} looks in the log`, () => written !== rounds);
      // Nobody but main ends the indicator: the page of the device cannot.
      await order(watched, 'tile');
      await until('the indicator is back', () => isShown(watched));
      const indicator = await agent.page('indicator');
      await tally.attempt('window.close()', async () => {
        await indicator.evaluate(() => window.close()).catch(() => {});
        return (await observe(watched, 1_000)).hidden > 0;
      });
      tally.figure('frames', String(total));
      tally.figure('entries', String(watchesOf(agent.profile).length));
    } finally {
      await watched.close();
    }
  },
});

const random = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(18)), (byte) => (byte % 36).toString(36)).join('');
const canaries = {
  lockText: `canary-lock-${random()}`,
  windowTitle: `canary-title-${random()}`,
  deviceName: `canary-device-${random()}`,
  teacherName: `canary-teacher-${random()}`,
} as const;
type Canary = keyof typeof canaries;

/** The text as bytes in every way it might have been written down. */
const formsOf = (text: string): Buffer[] => {
  const wide = Buffer.from(text, 'utf16le');
  // Of base64 the first and last digits depend on what stands around.
  const base64 = [0, 1, 2].map((shift) => {
    const whole = Buffer.concat([Buffer.alloc(shift), Buffer.from(text), Buffer.alloc(2)]).toString('base64');
    return whole.slice(4, -6);
  });
  return [
    Buffer.from(text),
    wide,
    Buffer.from(wide).swap16(),
    Buffer.from(Buffer.from(text).toString('hex')),
    ...base64.map((part) => Buffer.from(part)),
    ...base64.map((part) => Buffer.from(part.replaceAll('+', '-').replaceAll('/', '_'))),
  ];
};
const forms = Object.entries(canaries).map(([name, text]) => [name as Canary, formsOf(text)] as const);

/** Pictures and films by their first bytes: PNG, JPEG, GIF, IVF, WebM, RIFF. */
const pictures = ['89504e47', 'ffd8ff', '47494638', '444b4946', '1a45dfa3', '52494646'];

type Find = { readonly path: string; readonly what: Canary | 'picture' };
let scanned = 0;

const scan = (path: string, sinceMs: number, finds: Find[]): void => {
  const facts = statSync(path, { throwIfNoEntry: false });
  if (facts === undefined) return;
  if (facts.isDirectory()) {
    try {
      for (const name of readdirSync(path)) scan(join(path, name), sinceMs, finds);
    } catch {
      // It went while it was read: what is gone is not on the disk.
    }
    return;
  }
  if (!facts.isFile() || facts.mtimeMs < sinceMs || facts.size > 64 * 1024 * 1024) return;
  try {
    const bytes = readFileSync(path);
    scanned += 1;
    for (const [what, ways] of forms) if (ways.some((way) => bytes.includes(way))) finds.push({ path, what });
    const start = bytes.subarray(0, 4).toString('hex');
    if (pictures.some((each) => start.startsWith(each))) finds.push({ path, what: 'picture' });
  } catch {
    // As above.
  }
};

/** Where names have to be kept: the room's list, the roster, what console and device have joined, its log for the pupil, IT's own policy. */
const mayHold = (file: string): readonly Canary[] => {
  if (file === 'policy.json') return ['deviceName', 'teacherName'];
  if (file === 'devices.json') return ['deviceName'];
  // Who teaches where, signed by the school.
  if (file === 'roster.json' || file === 'school.json') return ['teacherName'];
  if (/^(?:console|identity|agent)[a-z-]*\.json$/.test(file)) return ['teacherName', 'deviceName'];
  return file.startsWith('audit.sqlite') ? ['teacherName'] : [];
};

attack({
  id: 'T43',
  title: 'what a lesson leaves on disks',
  timeoutMs: 240_000,
  // The scanner finds each text in each form.
  control: () =>
    Object.values(canaries).every((text) =>
      formsOf(text).every((way) =>
        Buffer.concat([Buffer.from('before'), way, Buffer.from('after')]).includes(way),
      ),
    ) && formsOf('canary-x').length === 10,
  async attempts(tally) {
    packIfNeeded();
    const startMs = Date.now() - 1_000;
    const folder = mkdtempSync(join(tmpdir(), 'lehrpult-canary-'));
    const profiles = { desk: join(folder, 'desk'), agent: join(folder, 'agent') };
    const closing: (() => Promise<unknown>)[] = [
      () => Promise.resolve(rmSync(folder, { recursive: true, force: true })),
    ];
    try {
      const { mkdirSync } = await import('node:fs');
      for (const profile of Object.values(profiles)) mkdirSync(profile);
      const display = await startDisplay({ width: 1_600, height: 900 });
      const own = await startDisplay(agentSize);
      closing.unshift(display.close, own.close);
      const { deviceName, teacherName, windowTitle, lockText } = canaries;
      const desk = await launchPacked(
        'console',
        display.display,
        { ...consolePolicy, teacherName },
        profiles.desk,
      );
      const page = await desk.page('console');
      const agent = await launchPacked(
        'agent',
        own.display,
        { deviceName, enrolmentToken: await createToken(page), useDiscovery: false },
        profiles.agent,
      );
      let isOpen = true;
      const end = async (): Promise<void> => {
        if (!isOpen) return;
        isOpen = false;
        await agent.close();
        await desk.close();
      };
      closing.unshift(end);
      await expect(tileNamed(page, deviceName)).not.toHaveCount(0, { timeout: 40_000 });
      await startLesson(page);
      await agent.page('indicator');
      // Something to see, to choose and to be listed: a window whose title nobody else has.
      await agent.electron.evaluate(
        ({ BrowserWindow }, title) => void new BrowserWindow({ title }),
        windowTitle,
      );
      await desk.electron.evaluate(
        ({ BrowserWindow }, title) => void new BrowserWindow({ title }),
        windowTitle,
      );
      await page.getByTestId('present-open').click();
      await page.getByTestId('tab-window').click();
      await expect(page.getByText(windowTitle).first()).toBeVisible();
      await page.keyboard.press('Escape');
      await lockDevices(page, lockText);
      await expect((await agent.page('lock')).getByTestId('lock-text')).toHaveText(lockText);
      // While it lasts a lock has to outlive a reboot: that is where the scanner has to find it.
      const during: Find[] = [];
      scan(profiles.agent, startMs, during);
      await tally.attempt(
        'the scanner does not find a running lock',
        () => !during.some(({ what }) => what === 'lockText'),
      );
      await page.getByTestId('unlock').click();
      await until('the lock is gone', async () => agent.openPage('lock') === undefined);
      await page.getByTestId('lesson-end').click();
      await expect(page.getByTestId('lesson-start')).toBeVisible();

      const judge = async (when: string, finds: readonly Find[]): Promise<void> => {
        const bad = finds.filter(({ path, what }) => {
          if (what === 'picture') return path.startsWith(folder);
          const isOurs = path.startsWith(folder);
          return !(isOurs && mayHold(path.slice(path.lastIndexOf('/') + 1)).includes(what));
        });
        for (const what of [...Object.keys(canaries), 'picture'])
          await tally.attempt(
            `${when}: ${what} in ${bad
              .filter((find) => find.what === what)
              .map(({ path }) => path)
              .slice(0, 5)
              .join(', ')}`,
            () => bad.some((find) => find.what === what),
          );
      };
      const open: Find[] = [];
      scan(tmpdir(), startMs, open);
      await judge('programs still open', open);
      await end();
      const closed: Find[] = [];
      scan(tmpdir(), startMs, closed);
      await judge('programs ended', closed);
      tally.figure('files', String(scanned));
    } finally {
      for (const close of closing) await close().catch((error: unknown) => console.error('closing', error));
    }
  },
});
