// T10: texts that want to be markup or script in every place where somebody else's text is shown. They reach the pages past
// all schemas, as if main itself had been fooled; a device and a teacher with such names take the whole way.
import type { Page } from '@playwright/test';
import { DisplayName, PupilText } from '../../shared/domain/ids.ts';
import type { WindowKind } from '../../shared/ipc/define.ts';
import { lockDevices, startLesson } from '../e2e/teacher.ts';
import { attack } from './attack-table.ts';
import { devicePage, openPackedRoom, type PackedApp, type PackedRoom } from './packed-room.ts';
import { badNames, payloads } from './xss-payloads.ts';

const uuid = '3d1f0f5a-6d0e-4c0b-9a55-0d6f2f0b7a01';
const deviceIdOf = (seat: number): string => (seat + 16).toString(16).padStart(4, '0').repeat(16);

/** Sends an event as main does, without asking any schema. */
const tell = (app: PackedApp, kind: WindowKind, channel: string, payload: unknown): Promise<void> =>
  app.electron.evaluate(
    ({ BrowserWindow }, [page, name, value]) => {
      for (const { webContents } of BrowserWindow.getAllWindows())
        if (webContents.getURL() === `app://lehrpult/${page}/index.html`)
          webContents.send(`lehrpult:${name}`, value);
    },
    [kind, channel, payload] as const,
  );

/** What a page is made of, without its texts; and what it says. */
const look = (page: Page): Promise<{ bones: string; text: string; ran: boolean; handlers: number }> =>
  page.evaluate(async () => {
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const all = [...document.querySelectorAll('*')];
    const counts = new Map<string, number>();
    for (const { tagName } of all) counts.set(tagName, (counts.get(tagName) ?? 0) + 1);
    const isHandler = ({ name, value }: Attr): boolean =>
      /^on/i.test(name) ||
      (/^(?:href|src|action|formaction|xlink:href|data)$/i.test(name) && /^\s*javascript:/i.test(value));
    return {
      bones: [...counts]
        .sort()
        .map(([tag, count]) => `${tag} ${count}`)
        .join(),
      // biome-ignore lint/performance/useDomNodeTextContent: what people see, not what the tree holds
      text: document.body.innerText,
      ran: '__xss' in globalThis,
      handlers: all.filter(({ attributes }) => [...attributes].some(isHandler)).length,
    };
  });

const squeezed = (text: string): string => text.replace(/\s+/g, ' ').trim().toLowerCase();

const deviceView = (seat: number, text: string) => ({
  id: deviceIdOf(seat),
  name: text,
  seat,
  connection:
    seat % 5 === 4
      ? { state: 'quarantined', since: 1, addresses: [text, text] }
      : { state: 'online', since: 1, address: text },
  facts: { name: text, os: 'linux', appVersion: text, displays: [{ id: text, width: 1, height: 1 }] },
  report: {
    lock:
      seat % 3 === 0
        ? { state: 'locked', lockId: uuid, text, freeInMs: 100_000, coveredDisplays: 1 }
        : { state: 'free' },
    presentation: { state: 'none' },
    screen: 'off',
    screenProblem: null,
  },
  pending: null,
  lastError: text,
});

const agentSnapshot = (text: string) => ({
  deviceName: text,
  link: { state: 'online', room: text, teacher: text, hasLesson: true },
  watched: { by: text, quality: 'tile', since: 1 },
  lock: { text, teacher: text },
  isShowingPresentation: false,
  clockDifferenceMs: null,
});

const pairing = (texts: readonly string[]) => ({
  openUntil: Date.now() + 300_000,
  requests: texts.map((text, index) => ({
    id: `r${index}`,
    deviceName: text,
    address: text,
    code: [1, 2, 3, 4, 5, 6],
    state: index % 2 === 0 ? 'comparing' : 'aborted',
    problem: index % 2 === 0 ? null : text,
  })),
});

/** Names with which room, teacher and device go the whole way through file, certificate, link and store. */
const teacherName = "<img src=x onerror='__xss=1'>{{code}}$t(app.name)";
const roomName = '<svg onload=__xss=1> & <b>204</b>';
const deviceName = "<script>__xss=1</script><img src=x onerror='__xss=1'>";

type Tell = (text: string) => Promise<void>;
type Place = { readonly name: string; readonly page: Page; readonly tell: Tell; readonly isShown: boolean };

/** Shows each text at that place; gives what went wrong. */
const attackPlace = async ({ name, page, tell: show, isShown }: Place): Promise<string[]> => {
  const wrong: string[] = [];
  await show('plain text of a person');
  const plain = await look(page);
  for (const text of payloads) {
    await show(text);
    let seen = await look(page);
    const isThere = (): boolean => !isShown || squeezed(seen.text).includes(squeezed(text));
    for (const endMs = performance.now() + 3_000; !isThere() && performance.now() < endMs; )
      seen = await look(page);
    const what = `${name}: ${text.slice(0, 60)}`;
    if (seen.ran) wrong.push(`${what} ran`);
    if (seen.handlers > 0) wrong.push(`${what} made a handler`);
    if (seen.bones !== plain.bones)
      wrong.push(`${what} made elements: ${seen.bones} instead of ${plain.bones}`);
    if (!isThere()) wrong.push(`${what} is not shown as text`);
  }
  return wrong;
};

let room: PackedRoom | null = null;

attack({
  id: 'T10a',
  title: 'names that no schema lets in',
  control: () =>
    ['PC 01', 'Müller’s Gerät', '教室', 'الجهاز', payloads[2] ?? ''].every(
      (name) => DisplayName.safeParse(name).success,
    ) && PupilText.safeParse('Zeile 1\nZeile 2').success,
  async attempts(tally) {
    for (const name of badNames)
      await tally.attempt(
        JSON.stringify(name),
        () => DisplayName.safeParse(name).success && !isTrimmed(name),
      );
    const texts = badNames.filter(
      (text) => text.trim() !== '' && !/[\n\u2028\u2029]/.test(text) && text.length < 65,
    );
    for (const text of texts)
      await tally.attempt(`lock text ${JSON.stringify(text)}`, () => PupilText.safeParse(text).success);
    await tally.attempt('a lock text too long', () => PupilText.safeParse('x'.repeat(501)).success);
  },
});

/** A name is taken without spaces around it: what is left of such a one is a good name. */
const isTrimmed = (name: string): boolean => name.trim() !== name && name.trim() !== '';

attack({
  id: 'T10b',
  title: 'markup in every text that is shown',
  timeoutMs: 300_000,
  async control() {
    room = await openPackedRoom({ deviceNames: [deviceName], policy: { teacherName, roomName } });
    // What is looked for would be found: an element that a page of ours makes by itself changes the bones.
    const before = await look(room.page);
    await room.page.evaluate(() => document.body.append(document.createElement('b')));
    const after = await look(room.page);
    await room.page.evaluate(() => document.body.lastElementChild?.remove());
    return before.bones !== after.bones;
  },
  async attempts(tally) {
    const [agent] = room?.agents ?? [];
    if (room === null || agent === undefined) throw new Error('no room');
    const { desk, page } = room;
    const wrong: string[] = [];
    let tries = 0;
    const go = async (place: Place): Promise<void> => {
      tries += payloads.length;
      wrong.push(...(await attackPlace(place)));
    };
    try {
      await startLesson(page);
      await agent.page('indicator');
      await lockDevices(page, payloads[2] ?? '');
      const lock = await agent.page('lock');
      const device = await devicePage(agent);
      const indicator = await agent.page('indicator');
      // The whole way: what people wrote stands there as they wrote it.
      const shown: readonly (readonly [string, Page, string])[] = [
        ['device name on the wall', page, deviceName],
        ['room name', page, roomName],
        ['device name on the device', device, deviceName],
        ['teacher on the device', device, teacherName],
        ['teacher on the indicator', indicator, teacherName],
        ['teacher on the lock', lock, teacherName],
        ['text on the lock', lock, payloads[2] ?? ''],
      ];
      for (const [name, where, text] of shown) {
        tries += 1;
        const { text: seen, ran } = await look(where);
        if (ran || !squeezed(seen).includes(squeezed(text)))
          wrong.push(`${name}: ${squeezed(seen).slice(0, 200)}`);
      }
      const agentPlaces = [
        ['device', device],
        ['lock', lock],
        ['indicator', indicator],
      ] as const;
      for (const [kind, where] of agentPlaces)
        await go({
          name: kind,
          page: where,
          isShown: true,
          tell: (text) => tell(agent, kind, 'device:changed', agentSnapshot(text)),
        });
      await go({
        name: 'wall',
        page,
        isShown: true,
        tell: (text) => tell(desk, 'console', 'devices:changed', [deviceView(0, text), deviceView(4, text)]),
      });
      const { room: ownRoom, teacher } = (await page.evaluate(async () => {
        const answer = (await window.lehrpult.call('room:snapshot', {})) as {
          value: { room: object; teacher: object };
        };
        return answer.value;
      })) as { room: object; teacher: object };
      await go({
        name: 'room',
        page,
        isShown: true,
        tell: (text) =>
          tell(desk, 'console', 'room:changed', {
            room: { ...ownRoom, name: text },
            teacher: { ...teacher, name: text },
            lesson: { id: uuid, startedAt: 1 },
            addresses: [text],
            problem: null,
          }),
      });
      await page.getByTestId('add-devices').click();
      await page.getByTestId('pairing-tab').click();
      await go({
        name: 'joining by hand',
        page,
        isShown: true,
        tell: (text) => tell(desk, 'console', 'pairing:changed', pairing([text, text])),
      });
      // All at once, as a room full of them.
      await page.keyboard.press('Escape');
      await tell(
        desk,
        'console',
        'devices:changed',
        payloads.map((text, seat) => deviceView(seat, text)),
      );
      const crowd = await look(page);
      tries += payloads.length;
      if (crowd.ran || crowd.handlers > 0) wrong.push('wall of 200 ran something');
      const complaints = [...desk.complaints, ...agent.complaints];
      tally.count(tries, [...wrong, ...complaints]);
      tally.figure('texts', String(payloads.length));
      tally.figure('console errors and policy reports', String(complaints.length));
    } finally {
      await room.close();
    }
  },
});
