// Decides which Electron runs: the real binary where it is installed or can be downloaded, otherwise the stand-in.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface Runtime {
  executablePath: string;
  kind: 'electron' | 'stand-in';
  reason: string;
}

const root = resolve(import.meta.dirname, '../..');
const packageFolder = join(root, 'node_modules/electron');
const refusalFile = join(root, '.cache/electron-download-failed.json');
const refusalHoldsMs = 24 * 60 * 60 * 1000;
const downloadLimitMs = 60_000;

export const standInPath = join(root, 'test/electron-stand-in/electron');

const version = (): string => JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')).version;

/** Null when the binary of the wanted version is not there. */
function installedBinary(): string | null {
  const pathFile = join(packageFolder, 'path.txt');
  const versionFile = join(packageFolder, 'dist/version');
  if (!existsSync(pathFile) || !existsSync(versionFile)) return null;
  if (readFileSync(versionFile, 'utf8').trim().replace(/^v/, '') !== version()) return null;
  const path = join(packageFolder, 'dist', readFileSync(pathFile, 'utf8').trim());
  return existsSync(path) ? path : null;
}

/** Why the download failed lately, null when it may be tried. */
function rememberedRefusal(): string | null {
  if (!existsSync(refusalFile)) return null;
  const kept = JSON.parse(readFileSync(refusalFile, 'utf8')) as {
    version: string;
    atMs: number;
    reason: string;
  };
  const isRecent = Date.now() - kept.atMs < refusalHoldsMs;
  return isRecent && kept.version === version() ? kept.reason : null;
}

/** Runs the package's own installer. Gives null on success, else the reason in a few words. */
async function download(): Promise<string | null> {
  console.log(`Electron: looking for the binary of ${version()} ...`);
  const child = spawn(process.execPath, [join(packageFolder, 'install.js')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let problems = '';
  child.stderr.on('data', (part: Buffer) => {
    problems += part;
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), downloadLimitMs);
  const code = await new Promise<number | null>((done) => child.once('close', done));
  clearTimeout(limit);
  if (code === 0 && installedBinary() !== null) return null;
  if (code === null) return `its download took longer than ${downloadLimitMs / 1000} s`;
  const line = problems.split('\n').find((one) => /Error|failed/.test(one)) ?? 'the installer failed';
  return `its download failed: ${line.trim().slice(0, 120)}`;
}

async function downloadOrRemember(): Promise<string | null> {
  const remembered = rememberedRefusal();
  if (remembered !== null) return remembered;
  const reason = await download();
  if (reason === null) return null;
  mkdirSync(join(root, '.cache'), { recursive: true });
  writeFileSync(refusalFile, JSON.stringify({ version: version(), atMs: Date.now(), reason }));
  return reason;
}

/**
 * LEHRPULT_ELECTRON=electron or =stand-in forces one of them; LEHRPULT_ELECTRON_PATH names a binary.
 * @throws Error when the real one is forced and cannot be had
 */
export async function resolveRuntime(): Promise<Runtime> {
  const forced = process.env.LEHRPULT_ELECTRON;
  const standIn = (reason: string): Runtime => ({ executablePath: standInPath, kind: 'stand-in', reason });
  if (forced === 'stand-in') return standIn('LEHRPULT_ELECTRON=stand-in');
  if (forced !== undefined && forced !== '' && forced !== 'electron') {
    throw new Error(`LEHRPULT_ELECTRON is '${forced}'; it may be 'electron' or 'stand-in'`);
  }
  const named = process.env.LEHRPULT_ELECTRON_PATH;
  if (named !== undefined)
    return { executablePath: named, kind: 'electron', reason: 'LEHRPULT_ELECTRON_PATH' };
  const installed = installedBinary();
  if (installed !== null)
    return { executablePath: installed, kind: 'electron', reason: `version ${version()} is installed` };
  const problem = await downloadOrRemember();
  const fresh = installedBinary();
  if (fresh !== null)
    return { executablePath: fresh, kind: 'electron', reason: `version ${version()} was downloaded` };
  if (forced === 'electron')
    throw new Error(`LEHRPULT_ELECTRON=electron, but the binary is not there: ${problem}`);
  return standIn(`the binary of ${version()} is not installed and ${problem}`);
}

/** The one line that every command prints. */
export const describeRuntime = ({ kind, reason }: Runtime): string => `Electron: ${kind} (${reason})`;
