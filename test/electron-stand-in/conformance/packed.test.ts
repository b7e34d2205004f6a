// A packed app: electron-builder takes the stand-in as its electronDist, and Playwright drives the result.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { _electron } from '@playwright/test';
import { assembleElectronDist } from '../assemble.ts';
import { fixtureFolder, isStandIn } from './harness.ts';

const work = mkdtempSync(join(tmpdir(), 'packed-'));
after(() => rmSync(work, { recursive: true, force: true }));

test('an app packed with the stand-in as electronDist starts from its asar', {
  skip: !isStandIn,
}, async () => {
  const dist = assembleElectronDist(join(work, 'electron-dist'));
  const project = join(work, 'project');
  cpSync(fixtureFolder, project, { recursive: true });
  const builder = resolve(import.meta.dirname, '../../../node_modules/.bin/electron-builder');
  const options = {
    electronDist: dist,
    electronVersion: '45.4.1',
    npmRebuild: false,
    'linux.executableName': 'fixture',
    asarUnpack: 'utility.js',
    'electronFuses.runAsNode': false,
  };
  const flags = Object.entries(options).map(([name, value]) => `--config.${name}=${value}`);
  execFileSync(builder, ['--linux', 'dir', '--projectDir', project, '--publish', 'never', ...flags], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, npm_config_user_agent: '' },
  });
  const folder = join(
    project,
    'dist',
    readdirSync(join(project, 'dist')).find((name) => name.startsWith('linux')) ?? '',
  );
  assert.ok(existsSync(join(folder, 'resources/app.asar')));
  assert.ok(existsSync(join(folder, 'resources/app.asar.unpacked/utility.js')));
  const app = await _electron.launch({
    executablePath: join(folder, 'fixture'),
    args: [`--user-data-dir=${join(work, 'data')}`, '--role=console'],
    cwd: work,
  });
  const page = await app.firstWindow();
  await page.waitForFunction(() => (window as unknown as { moduleRan?: boolean }).moduleRan === true);
  const facts = await app.evaluate(async ({ app: electronApp }) => {
    const child = globalThis.fixture.forkUtility();
    const answer = new Promise<unknown>((done) => child.once('message', done));
    child.postMessage('packed');
    return {
      isPackaged: electronApp.isPackaged,
      name: electronApp.getName(),
      exe: electronApp.getPath('exe'),
      argv: process.argv.slice(1),
      resources: process.resourcesPath,
      hasDefaultApp: 'defaultApp' in process,
      answer: await answer,
    };
  });
  assert.equal(facts.isPackaged, true);
  assert.equal(facts.name, 'Stand-in Fixture');
  assert.equal(facts.exe, join(folder, 'fixture'));
  assert.ok(facts.argv.includes('--role=console'));
  assert.equal(facts.resources, join(folder, 'resources'));
  assert.equal(facts.hasDefaultApp, false);
  assert.deepEqual((facts.answer as { echo: string }).echo, 'packed');
  await app.close();
});
