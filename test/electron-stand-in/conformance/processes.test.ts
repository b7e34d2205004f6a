// Utility processes with their ports, and the crash of a page and of a utility process.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually, isAlive, launch, type Running } from './harness.ts';

let running: Running;
before(async () => {
  running = await launch();
});
after(() => running.close());

test('a utility process starts, answers, prints and ends', async () => {
  const facts = await running.app.evaluate(async () => {
    const child = globalThis.fixture.forkUtility();
    const spawned = new Promise<void>((resolve) => child.once('spawn', () => resolve()));
    let output = '';
    child.stdout?.on('data', (part) => {
      output += part;
    });
    const answer = new Promise<unknown>((resolve) => child.once('message', resolve));
    child.postMessage({ bytes: new Uint8Array([1, 2]), at: new Date(5) });
    await spawned;
    const pid = child.pid;
    const reply = (await answer) as {
      echo: { bytes: Uint8Array; at: Date };
      argv: string[];
      type: string;
      hasSend: string;
    };
    child.postMessage('print');
    await new Promise<unknown>((resolve) => child.once('message', resolve));
    const exit = new Promise<number>((resolve) => child.once('exit', resolve));
    child.postMessage('die');
    return {
      pid,
      bytes: [...reply.echo.bytes],
      isDate: reply.echo.at instanceof Date,
      argv: reply.argv,
      type: reply.type,
      hasSend: reply.hasSend,
      code: await exit,
      pidAfter: child.pid,
      output,
    };
  });
  assert.equal(typeof facts.pid, 'number');
  assert.deepEqual(facts.bytes, [1, 2]);
  assert.equal(facts.isDate, true);
  assert.deepEqual(facts.argv, ['--one']);
  assert.equal(facts.type, 'utility');
  assert.equal(facts.hasSend, 'undefined');
  assert.equal(facts.code, 3);
  assert.equal(facts.pidAfter, undefined);
  assert.match(facts.output, /printed by the utility process/);
});

test('ports reach a utility process from main and from a page', async () => {
  const viaMain = await running.app.evaluate(async () => {
    const child = globalThis.fixture.forkUtility();
    const { port1, port2 } = globalThis.fixture.channel();
    child.postMessage('take', [port2]);
    const answer = new Promise<unknown>((resolve) => port1.on('message', ({ data }) => resolve(data)));
    port1.start();
    port1.postMessage({ number: 7 });
    const got = await answer;
    // The other end goes to the page: page and utility process talk without main's code.
    const channel = globalThis.fixture.channel();
    child.postMessage('take', [channel.port1]);
    globalThis.fixture.windows.console?.webContents.postMessage('give-port', null, [channel.port2]);
    (globalThis as unknown as { child: unknown }).child = child;
    return got;
  });
  assert.deepEqual(viaMain, { viaPort: { number: 7 } });
  await running.page.waitForFunction(
    () => (window as unknown as { ports: MessagePort[] }).ports.length === 1,
  );
  const viaPage = await running.page.evaluate(
    () =>
      new Promise((resolve) => {
        const [port] = (window as unknown as { ports: MessagePort[] }).ports;
        if (port === undefined) return;
        port.onmessage = ({ data }) => resolve(data);
        port.postMessage('from the page');
      }),
  );
  assert.deepEqual(viaPage, { viaPort: 'from the page' });
  const code = await running.app.evaluate(async () => {
    const { child } = globalThis as unknown as { child: Electron.UtilityProcess };
    const exit = new Promise<number>((resolve) => child.once('exit', resolve));
    child.kill();
    return exit;
  });
  assert.equal(code, 15);
});

test('a utility process that crashes is told with its name', async () => {
  await running.app.evaluate(async () => {
    const child = globalThis.fixture.forkUtility();
    const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.postMessage('crash');
    await exit;
  });
  const gone = await eventually(
    () =>
      running.app.evaluate(() => (globalThis.fixture.facts as { childGone?: Electron.Details }).childGone),
    (details) => details?.reason === 'crashed',
    'child-process-gone',
  );
  assert.equal(gone?.type, 'Utility');
  assert.equal(gone?.name, 'fixture');
});

test('a crashed page is told, and loads again', async () => {
  await running.open('weak', {});
  const reloaded = running.app.evaluate(
    () =>
      new Promise<string[]>((resolve) => {
        const window = globalThis.fixture.windows.weak;
        window?.webContents.once('render-process-gone', () => {
          void window
            .loadURL('app://lehrpult/weak/index.html')
            .then(() => resolve(globalThis.fixture.facts.weak as string[]));
        });
        window?.webContents.forcefullyCrashRenderer();
      }),
  );
  const events = await reloaded;
  assert.ok(
    events.some((event) => /^gone:(crashed|killed|abnormal-exit)$/.test(event)),
    events.join(),
  );
  const value = await running.app.evaluate(() =>
    globalThis.fixture.windows.weak?.webContents.executeJavaScript('fixture.add(1, 2)'),
  );
  assert.equal(value, 3);
  assert.ok(
    (await running.app.evaluate(() => globalThis.fixture.facts.events)).includes('render-process-gone'),
  );
});

test('kill -9 of the app takes its utility processes along', async () => {
  const own = await launch();
  const pid = await own.app.evaluate(async () => {
    const child = globalThis.fixture.forkUtility();
    await new Promise<void>((resolve) => child.once('spawn', () => resolve()));
    return child.pid ?? 0;
  });
  process.kill(own.app.process().pid ?? 0, 'SIGKILL');
  await eventually(
    () => isAlive(pid),
    (alive) => !alive,
    'the utility process ends',
  );
});
