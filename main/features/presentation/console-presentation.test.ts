import { expect, test } from 'vitest';
import type { DeviceId, PresentationId } from '../../../shared/domain/ids.ts';
import type { ToRelay } from '../../../shared/protocol/relay.ts';
import { ok } from '../../../shared/result/result.ts';
import { createFakeClock } from '../../lib/fake-clock.ts';
import { silentLog } from '../../lib/log.ts';
import { type ConsolePresentation, createConsolePresentation } from './console-presentation.ts';
import { createRelayHost, type RelayProcess } from './relay-host.ts';

const a = 'a'.repeat(64) as DeviceId;
const b = 'b'.repeat(64) as DeviceId;
const screen = { id: 's', kind: 'screen', name: 'Bildschirm' } as const;

/** A relay process whose messages the test reads and writes itself. */
type OpenProcess = RelayProcess & {
  readonly posted: ToRelay[];
  say: (message: unknown) => void;
  exit: (code: number) => void;
};

const openProcess = (): OpenProcess => {
  const process: OpenProcess = {
    pid: 1,
    posted: [],
    post: (message) => void process.posted.push(message),
    onMessage: (listener) => {
      process.say = listener;
    },
    onExit: (listener) => {
      process.exit = listener;
    },
    kill: () => {},
    say: () => {},
    exit: () => {},
  };
  return process;
};

const setUp = () => {
  const clock = createFakeClock();
  const processes: OpenProcess[] = [];
  const commands: string[] = [];
  const insecure: DeviceId[] = [];
  let givenUp = 0;
  let online: DeviceId[] = [a, b];
  const relay = createRelayHost({
    spawn: () => {
      const process = openProcess();
      processes.push(process);
      return process;
    },
    udpPort: 0,
    clock,
    log: silentLog(),
    onReady: () => presentation.relayReady(),
    onLost: () => presentation.relayLost(),
    onEvent: (event) => presentation.relayEvent(event),
    onGivenUp: () => {
      givenUp += 1;
    },
  });
  const presentation: ConsolePresentation = createConsolePresentation({
    relay,
    command: async (id, body) => {
      commands.push(`${id[0]} ${body.verb}`);
      return ok(undefined);
    },
    signalDevice: () => {},
    signalPage: () => {},
    onlineDevices: () => online,
    newPresentationId: () => '00000000-0000-4000-8000-000000000001' as PresentationId,
    wallMs: () => 0,
    onInsecure: (id) => insecure.push(id),
    onGenuine: () => {},
    onChange: () => {},
  });
  const latest = (): OpenProcess => {
    const process = processes.at(-1);
    if (process === undefined) throw new Error('no relay');
    return process;
  };
  const ready = (): void => {
    latest().say({ type: 'ready', udpPort: 4000, pid: 7, run: processes.length });
  };
  const sourceIs = (state: string): void => {
    const fingerprints = { local: null, remote: null };
    latest().say({ type: 'source-state', state, generation: 1, fingerprints });
  };
  const added = (): string[] =>
    latest().posted.flatMap((message) => (message.type === 'peer-add' ? (message.peerId[0] ?? '') : []));
  return {
    clock,
    relay,
    presentation,
    insecure,
    processes,
    latest,
    ready,
    sourceIs,
    added,
    commands: () => commands.splice(0),
    givenUp: () => givenUp,
    setOnline: (ids: DeviceId[]) => {
      online = ids;
    },
  };
};

test('everybody who is there is added, whoever comes later too', () => {
  const { presentation, ready, added, commands, sourceIs } = setUp();
  presentation.chooseSource(screen);
  presentation.start();
  ready();
  sourceIs('connected');
  expect(added()).toEqual(['a', 'b']);
  expect(commands()).toEqual(['a show-presentation', 'b show-presentation']);
  expect(presentation.view().state).toBe('running');
  presentation.deviceConnected(a);
  expect(commands()).toEqual(['a show-presentation']);
});

test('without a chosen source nothing starts', () => {
  const { presentation, processes } = setUp();
  expect(presentation.start()).toMatchObject({ ok: false, error: { code: 'no-source' } });
  expect(processes).toHaveLength(0);
});

test('a relay that dies is replaced at once and everybody joins the new one', () => {
  const { clock, presentation, processes, latest, ready, added, sourceIs } = setUp();
  presentation.chooseSource(screen);
  presentation.start();
  ready();
  sourceIs('connected');
  latest().exit(1);
  expect(presentation.view().state).toBe('recovering');
  clock.advance(0);
  expect(processes).toHaveLength(2);
  ready();
  expect(added()).toEqual(['a', 'b']);
  expect(presentation.view()).toMatchObject({ relayGeneration: 2 });
  sourceIs('connected');
  expect(presentation.view().state).toBe('running');
});

test('a pause holds over a new relay', () => {
  const { clock, presentation, latest, ready, sourceIs } = setUp();
  presentation.chooseSource(screen);
  presentation.start();
  ready();
  sourceIs('connected');
  presentation.setPaused(true);
  latest().exit(1);
  clock.advance(0);
  ready();
  expect(latest().posted).toContainEqual({ type: 'set-paused', isPaused: true });
  sourceIs('connected');
  expect(presentation.view().state).toBe('paused');
});

test('a relay that cannot live is given up after five tries instead of for ever', () => {
  const { clock, relay, processes, latest, givenUp } = setUp();
  relay.start();
  for (let turn = 0; turn < 8; turn += 1) {
    latest().exit(1);
    clock.advance(5_000);
  }
  expect(processes).toHaveLength(5);
  expect(givenUp()).toBe(1);
});

test('a message that is none of the relay’s is dropped', () => {
  const { presentation, ready, latest } = setUp();
  presentation.chooseSource(screen);
  presentation.start();
  ready();
  latest().say({ type: 'source-state', state: 'exploded' });
  latest().say('nonsense');
  expect(presentation.view().state).toBe('starting');
});

test('a source that could not be captured is not said to be shown', () => {
  const { presentation, ready, sourceIs } = setUp();
  presentation.chooseSource(screen);
  presentation.start();
  ready();
  sourceIs('connected');
  presentation.chooseSource({ id: 'w', kind: 'window', name: 'Vulkane' });
  expect(presentation.view()).toMatchObject({ source: { name: 'Bildschirm' } });
  presentation.confirmSource();
  expect(presentation.view()).toMatchObject({ source: { name: 'Vulkane' } });
});

test("a device whose connection is somebody else's is named, and stays out", () => {
  const { presentation, ready, latest, added, insecure, sourceIs } = setUp();
  presentation.chooseSource(screen);
  presentation.start();
  ready();
  sourceIs('connected');
  const fingerprints = { local: null, remote: null };
  latest().say({ type: 'peer-state', peerId: a, state: 'insecure', generation: 1, fingerprints });
  expect(insecure).toEqual([a]);
  expect(added()).toEqual(['a', 'b']);
  expect(presentation.view().state).toBe('running');
});

test('a source that is not secure is not shown as running', () => {
  const { presentation, ready, sourceIs } = setUp();
  presentation.chooseSource(screen);
  presentation.start();
  ready();
  sourceIs('insecure');
  expect(presentation.view().state).toBe('recovering');
  sourceIs('connected');
  expect(presentation.view().state).toBe('running');
});
