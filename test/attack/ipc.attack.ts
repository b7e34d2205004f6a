// T11: a renderer in the attacker's hands. It has the bridge and nothing else: every call with wrong input, calls of other
// windows, names nobody knows, and senders that are none of our pages.
import type { Page } from '@playwright/test';
import fc from 'fast-check';
import { calls } from '../../shared/ipc/contract.ts';
import type { CallSpec, WindowKind } from '../../shared/ipc/define.ts';
import { attack } from './attack-table.ts';
import { devicePage, openPackedRoom, type PackedApp, type PackedRoom } from './packed-room.ts';

type Answer = { readonly ok: boolean; readonly value?: unknown; readonly error?: { readonly code: string } };
type Try = { readonly channel: string; readonly input: unknown };

const specs: Readonly<Record<string, CallSpec>> = calls;
const inputsPerCall = 40;
const knownCodes = new Set(['ipc-input', 'ipc-sender', 'ipc-unknown', 'ipc-role']);

/** Makes all these calls at once from within the page; what cannot be sent at all counts as refused. */
const callAll = (page: Page, tries: readonly Try[]): Promise<string[]> =>
  page.evaluate(
    (all) =>
      Promise.all(
        all.map(({ channel, input }) =>
          window.lehrpult.call(channel, input).then(
            (answer) => (answer.ok ? 'ok' : (answer as { error: { code: string } }).error.code),
            () => 'not-sent',
          ),
        ),
      ),
    tries,
  );

const hostile = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom<unknown>(
    null,
    '',
    0,
    -1,
    [],
    [[]],
    'a'.repeat(100_000),
    { id: '../../etc/passwd' },
    { ids: [] },
  ),
  fc.record({
    ids: fc.oneof(fc.array(fc.string()), fc.constant(Array(201).fill('a'.repeat(64)))),
    id: fc.oneof(fc.string(), fc.jsonValue()),
    text: fc.oneof(fc.string(), fc.constant('x'.repeat(501)), fc.constant('\u202egpj')),
    minutes: fc.oneof(fc.double(), fc.constantFrom(0, 91, -1, 1e9, null)),
    url: fc.oneof(fc.webUrl(), fc.constant('x'.repeat(2_049))),
    to: fc.jsonValue(),
    signal: fc.jsonValue(),
    wanted: fc.jsonValue(),
    name: fc.oneof(fc.string(), fc.constant('a\u0000b')),
    token: fc.constantFrom('', 'x'.repeat(1_025), 7),
  }),
);

/** Inputs that the contract does not allow. */
const wrongInputs = (spec: CallSpec, seed: number): unknown[] =>
  fc
    .sample(hostile, { seed, numRuns: inputsPerCall * 2 })
    .filter((input) => !spec.input.safeParse(input).success)
    .slice(0, inputsPerCall);

const attackWindow = async (
  kind: WindowKind,
  page: Page,
  seed: number,
  note: (name: string, got: boolean) => void,
): Promise<void> => {
  const tries: (Try & { readonly expected: string })[] = [];
  for (const [channel, spec] of Object.entries(specs)) {
    const mayCall = spec.from.includes(kind);
    const expected = mayCall ? 'ipc-input' : 'ipc-sender';
    for (const input of wrongInputs(spec, seed)) tries.push({ channel, input, expected });
    if (!mayCall) tries.push({ channel, input: {}, expected });
  }
  const names = [
    ...[
      'shell:run',
      'lehrpult:call',
      '',
      ' ',
      'lesson:start ',
      'LESSON:START',
      '__proto__',
      'constructor',
      'toString',
    ],
    ...[
      'devices:changed',
      'signal:received',
      'device:changed',
      'hasOwnProperty',
      'ELECTRON_BROWSER_REQUIRE',
      '../lesson',
    ],
  ];
  for (const channel of names) tries.push({ channel, input: {}, expected: 'ipc-unknown' });
  const answers = await callAll(page, tries);
  for (const [index, { channel, expected }] of tries.entries()) {
    const answer = answers[index];
    note(`${kind}: ${channel} answered ${answer}`, answer !== expected);
  }
  // What only a page itself can make: no text, cyclic, endless, with traps.
  const strange = await page.evaluate(async () => {
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    let deep: unknown = 1;
    for (let depth = 0; depth < 500; depth += 1) deep = [deep];
    const values: unknown[] = [
      ...[
        undefined,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        10n,
        new Date(),
        new Map([['ids', 1]]),
        new Set([1]),
      ],
      ...[
        cyclic,
        deep,

        () => 1,
        Symbol('x'),
        new ArrayBuffer(1_000_000),
        new Uint8Array(8),
        /x/,
        new Error('x'),
      ],
      ...[
        document.body,
        window,
        Promise.resolve({}),
        'x'.repeat(5_000_000),
        JSON.parse('{"__proto__":{"polluted":1}}'),
      ],
      ...[{ ids: { length: 1, 0: 'a' } }, Object.create({ ids: ['a'.repeat(64)], text: '', minutes: null })],
    ];
    const said: string[] = [];
    for (const channel of ['devices:lock', 'wall:watch', 'signal:send', 'room:rename-device', 'device:enrol'])
      for (const value of values) {
        try {
          const late = new Promise<{ ok: boolean }>((done) => setTimeout(done, 3_000, { ok: false }));
          const answer = (await Promise.race([window.lehrpult.call(channel, value), late])) as {
            ok: boolean;
          };
          said.push(answer.ok ? `${channel} took ${String(typeof value)}` : '');
        } catch {
          said.push('');
        }
      }
    for (const channel of [
      null,
      undefined,
      7,
      {},
      ['lesson:start'],
      { toString: () => 'lesson:start' },
      new String('lesson:start'),
    ])
      try {
        const late = new Promise<{ ok: boolean }>((done) => setTimeout(done, 3_000, { ok: false }));
        const answer = await Promise.race([window.lehrpult.call(channel as string, {}), late]);
        said.push(answer.ok ? `a name of type ${typeof channel}` : '');
      } catch {
        said.push('');
      }
    // The other half of the bridge gives nothing but the named events.
    for (const name of [
      'lehrpult:call',
      '__proto__',
      'lesson:start',
      'ELECTRON_RENDERER_WINDOW_VISIBILITY_CHANGE',
    ])
      said.push(typeof window.lehrpult.on(name, () => {}) === 'function' ? '' : `on(${name})`);
    return said;
  });
  for (const each of strange) note(`${kind}: ${each}`, each !== '');
};

/** Calls with events that a page of ours would never make, given straight to main's one handler. */
const fromNowhere = (
  app: PackedApp,
  kind: WindowKind,
): Promise<{ control: boolean; answers: [string, string][] }> =>
  app.electron.evaluate(async ({ ipcMain, BrowserWindow }, own) => {
    type Handler = (event: object, channel: unknown, input: unknown) => Promise<Answer>;
    // Electron and the stand-in keep handlers under different names.
    const inside = ipcMain as unknown as {
      handlers?: Map<string, Handler>;
      _invokeHandlers?: Map<string, Handler>;
    };
    const handlers = 'handlers' in inside ? inside.handlers : inside._invokeHandlers;
    const handler = handlers?.get('lehrpult:call');
    const url = `app://lehrpult/${own}/index.html`;
    const sender = BrowserWindow.getAllWindows().find(
      ({ webContents }) => webContents.getURL() === url,
    )?.webContents;
    if (handler === undefined || sender === undefined) throw new Error('no handler or window');
    const ask = async (event: object): Promise<string> => {
      const answer = await handler(event, 'appearance:get', {});
      return answer.ok ? 'ok' : (answer.error?.code ?? '');
    };
    const frame = (address: string, parent: object | null = null) => ({
      sender,
      senderFrame: { url: address, parent },
    });
    const events: Record<string, object> = {
      'no frame': { sender, senderFrame: null },
      'a child frame of ours': frame(url, { url }),
      'an unknown window': { sender: { id: 99_999 }, senderFrame: { url, parent: null } },
    };
    const foreign = [
      ...[
        'about:blank',
        'about:srcdoc',
        'data:text/html,x',
        'blob:app://lehrpult/x',
        'file:///console/index.html',
        '',
      ],
      ...[
        'https://lehrpult/console/index.html',
        'http://lehrpult/console/index.html',
        'app://evil/console/index.html',
      ],
      ...[
        `app://lehrpult.evil/${own}/index.html`,
        `app://evil@lehrpult/${own}/index.html`,
        `xapp://lehrpult/${own}/index.html`,
      ],
      ...[
        `app://lehrpult/${own}/index.html.evil`,
        `app://lehrpult/${own}/index.htm`,
        `app://lehrpult//${own}/index.html`,
      ],
      ...[
        `app://lehrpult/x/../${own}/index.html`,
        `APP://LEHRPULT/${own}/index.html`,
        `app://lehrpult:1/${own}/index.html`,
      ],
      ...[
        `https://evil.example/?app://lehrpult/${own}/index.html`,
        `app://lehrpult/${own}/index.html/x`,
        `\napp://lehrpult/${own}/index.html`,
      ],
      ...['console', 'device', 'capture', 'lock', 'presentation', 'indicator']
        .filter((each) => each !== own)
        .map((each) => `app://lehrpult/${each}/index.html`),
    ];
    for (const address of foreign) events[`frame on ${address}`] = frame(address);
    const answers: [string, string][] = [];
    for (const [name, event] of Object.entries(events)) answers.push([name, await ask(event)]);
    return { control: (await ask({ sender, senderFrame: sender.mainFrame })) === 'ok', answers };
  }, kind);

/** Calls that may be made at any time and change nothing: what they give has to fit the contract. */
const readers: Readonly<Record<'console' | 'device', readonly string[]>> = {
  console: ['appearance:get', 'setup:state', 'room:snapshot', 'presentation:sources', 'pairing:close'],
  device: ['appearance:get', 'device:snapshot', 'device:watch-log', 'device:cancel-pairing'],
};

const read = (page: Page, channel: string): Promise<Answer> =>
  page.evaluate((name) => window.lehrpult.call(name, {}), channel) as Promise<Answer>;

let room: PackedRoom | null = null;

attack({
  id: 'T11',
  title: 'a taken-over renderer',
  timeoutMs: 240_000,
  async control() {
    room = await openPackedRoom({ deviceNames: ['Gerät 1'] });
    const [agent] = room.agents;
    if (agent === undefined) return false;
    const { ok } = await read(room.page, 'room:snapshot');
    const { control } = await fromNowhere(room.desk, 'console');
    return ok && control && (await read(await devicePage(agent), 'device:snapshot')).ok;
  },
  async attempts(tally) {
    const [agent] = room?.agents ?? [];
    if (room === null || agent === undefined) throw new Error('no room');
    const seed = Date.now() % 2 ** 31;
    tally.figure('seed', String(seed));
    const wrong: string[] = [];
    let tries = 0;
    const note = (name: string, got: boolean): void => {
      tries += 1;
      if (got) wrong.push(name);
    };
    try {
      const device = await devicePage(agent);
      const pages = { console: room.page, device, capture: await agent.page('capture') } as const;
      for (const [kind, page] of Object.entries(pages))
        await attackWindow(kind as WindowKind, page, seed, note);
      for (const [app, kind] of [
        [room.desk, 'console'],
        [agent, 'device'],
        [agent, 'capture'],
      ] as const) {
        // Nobody's call is taken for that of a window, whatever it names itself.
        for (const [name, code] of (await fromNowhere(app, kind)).answers)
          note(`${kind}: ${name} was answered ${code}`, code !== 'ipc-sender');
      }
      for (const kind of ['console', 'device'] as const)
        for (const channel of readers[kind]) {
          const answer = await read(pages[kind], channel);
          const isRight = answer.ok && specs[channel]?.output.safeParse(answer.value).success === true;
          note(`${channel} gave what the contract does not name`, !isRight);
        }
      const flood = await callAll(room.page, Array(3_000).fill({ channel: 'devices:lock', input: {} }));
      for (const code of flood) note(`flood answered ${code}`, !knownCodes.has(code));
      for (const app of [room.desk, agent])
        note('main’s prototypes were changed', await app.electron.evaluate(() => 'polluted' in {}));
      // After all that: no lesson, no lock, no capture, and the right call still works.
      const snapshot = (await read(room.page, 'room:snapshot')).value as { lesson: unknown } | undefined;
      note('a lesson runs', snapshot === undefined || snapshot.lesson !== null);
      note(
        'something was locked',
        agent.openPage('lock') !== undefined || agent.openPage('indicator') !== undefined,
      );
      note('the device does not answer', !(await read(device, 'device:snapshot')).ok);
      tally.count(tries, wrong);
      tally.figure('calls', String(Object.keys(specs).length));
      tally.figure('windows', '3');
    } finally {
      await room.close();
    }
  },
});
