// The fleet in front of a real console: enrolment, link, commands, lease and media, everything but windows.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { until } from '../support/relay-rig.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { ensureRecordings } from './record-desktops.ts';
import { readRecordings } from './recording.ts';
import { startWindowlessConsole, type WindowlessConsole } from './windowless-console.ts';

const count = 6;
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });
let desk: WindowlessConsole;
let fleet: Fleet;

beforeAll(async () => void (await ensureRecordings()));

const views = () => desk.console.snapshot().devices;
const reports = async () => (await fleet.devices()).map(({ report }) => report);

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('a fleet', () => {
  beforeEach(async () => {
    desk = await startWindowlessConsole();
    fleet = await startFleet({ count, processes: 2, token: await desk.createToken(count), names: ['Amira'] });
    await fleet.untilOnline();
  });
  afterEach(async () => {
    await fleet.close();
    await desk.close();
  });

  it('joins by token, each device with its own key and name', async () => {
    const devices = await fleet.devices();
    expect(devices.map(({ name }) => name)).toEqual(['Amira', 'PC 02', 'PC 03', 'PC 04', 'PC 05', 'PC 06']);
    expect(new Set(devices.map(({ deviceId }) => deviceId)).size).toBe(count);
    expect(new Set(views().map(({ id }) => id))).toEqual(new Set(devices.map(({ deviceId }) => deviceId)));
    expect(views().every(({ connection }) => connection.state === 'online')).toBe(true);
    expect(fleet.pids()).toHaveLength(2);
  });

  it('shows nothing outside a lesson, and its screens and who looks inside one', async () => {
    desk.watch('tile');
    expect((await reports()).every(({ screen }) => screen === 'off')).toBe(true);
    desk.console.startLesson();
    const watched = await until('all tiles sent', fleet.devices, (all) =>
      all.every(({ report }) => report.screen === 'tile'),
    );
    expect(watched.map(({ screen }) => screen.indicator)).toEqual(
      Array.from({ length: count }, () => ({ by: 'Frau Muster', quality: 'tile' })),
    );
    await until(
      'ten frames of each at the console',
      () => desk.deviceIds().map((id) => desk.tile(id).framesComplete),
      (frames) => frames.every((each) => each >= 10),
    );
    await until('the console knows', views, (all) => all.every(({ report }) => report.screen === 'tile'));
    await desk.console.endLesson();
    const ended = await until('all off', fleet.devices, (all) =>
      all.every(({ report }) => report.screen === 'off'),
    );
    expect(ended.every(({ screen }) => screen.indicator === null)).toBe(true);
  });

  it('receives a presentation through the real relay and counts its frames', async () => {
    const [recording] = readRecordings(await ensureRecordings());
    if (recording === undefined) throw new Error('no recording');
    desk.console.startLesson();
    desk.present(recording);
    await until('all showing', reports, (all) =>
      all.every(({ presentation }) => presentation.state === 'showing'),
    );
    const before = await fleet.framesShown();
    await until('30 more frames for each', fleet.framesShown, (now) =>
      now.every((frames, i) => frames >= (before[i] ?? 0) + 30),
    );
    const devices = await fleet.devices();
    expect(devices.map(({ viewer }) => viewer.packetsLost)).toEqual(Array(count).fill(0));
    console.log(
      `first frame after ${devices.map(({ viewer }) => Math.round(viewer.firstFrameAfterMs ?? -1)).join(', ')} ms`,
    );
    desk.endPresentation();
    await until('all ended', reports, (all) =>
      all.every(({ presentation }) => presentation.state === 'none'),
    );
  });

  it('keeps a lock over the death of a device, which comes back as the same one', async () => {
    desk.console.startLesson();
    await desk.console.locks.lock(desk.deviceIds(), 'Augen nach vorn', null);
    const locked = await until('all locked', fleet.devices, (all) =>
      all.every(({ report }) => report.lock.state === 'locked'),
    );
    expect(locked.map(({ cover }) => cover.notice)).toEqual(
      Array.from({ length: count }, () => ({ text: 'Augen nach vorn', teacher: 'Frau Muster' })),
    );
    const id = locked[1]?.deviceId;
    await fleet.kill(1);
    await until('gone for the console', views, (all) =>
      all.some((view) => view.id === id && view.connection.state !== 'online'),
    );
    expect((await fleet.devices())[1]?.isRunning).toBe(false);
    await fleet.restart(1);
    const again = (await fleet.devices())[1];
    expect(again?.deviceId).toBe(id);
    // From its own file, before any console has spoken.
    expect(again?.report.lock.state).toBe('locked');
    await fleet.untilOnline();
    await until('back for the console', views, (all) =>
      all.some((view) => view.id === id && view.connection.state === 'online'),
    );
    expect(views()).toHaveLength(count);
    await desk.console.locks.unlock(desk.deviceIds());
    const free = await until('all free', fleet.devices, (all) =>
      all.every(({ report }) => report.lock.state === 'free'),
    );
    expect(free.every(({ cover }) => cover.notice === null)).toBe(true);
  });

  it('starts all devices again with a changed policy, as the same ones', async () => {
    const ids = (await fleet.devices()).map(({ deviceId }) => deviceId);
    await fleet.setPolicy({ language: 'en' });
    await fleet.untilOnline();
    expect((await fleet.devices()).map(({ deviceId }) => deviceId)).toEqual(ids);
  });

  it('ends its processes', async () => {
    const pids = fleet.pids();
    await fleet.close();
    expect(pids.filter(isRunning)).toEqual([]);
    await until('all gone for the console', views, (all) =>
      all.every(({ connection }) => connection.state !== 'online'),
    );
  });
});

it('leaves no process behind when its parent is killed', async () => {
  const parent = spawn(
    process.execPath,
    [join(import.meta.dirname, 'fleet.ts'), '--count', '2', '--processes', '2'],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  const pids = await new Promise<readonly number[]>((resolve) => {
    let output = '';
    parent.stdout.on('data', (chunk) => {
      output += String(chunk);
      const numbers = /processes ([\d, ]+);/.exec(output)?.[1];
      if (numbers !== undefined) resolve(numbers.split(', ').map(Number));
    });
  });
  expect(pids).toHaveLength(2);
  parent.kill('SIGKILL');
  await until(
    'both gone',
    () => pids.filter(isRunning),
    (running) => running.length === 0,
  );
});
