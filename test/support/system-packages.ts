// Makes sure that the machine has the programs the runtime needs; installs them where it may.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

interface SystemPackage {
  debian: string;
  isThere(): boolean;
}

const onPath = (name: string): boolean =>
  (process.env.PATH ?? '').split(':').some((folder) => existsSync(`${folder}/${name}`));

const fontsAreThere = (): boolean => {
  if (!onPath('fc-list')) return existsSync('/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf');
  return execFileSync('fc-list', [':lang=de', 'family'], { encoding: 'utf8' }).trim() !== '';
};

const known: Readonly<Record<string, SystemPackage>> = {
  chromium: {
    debian: 'chromium',
    isThere: () =>
      ['/usr/lib/chromium/chromium', '/usr/bin/chromium', process.env.LEHRPULT_CHROMIUM ?? ''].some(
        (path) => path !== '' && existsSync(path),
      ),
  },
  Xvfb: { debian: 'xvfb', isThere: () => onPath('Xvfb') },
  openbox: { debian: 'openbox', isThere: () => onPath('openbox') },
  xprop: { debian: 'x11-utils', isThere: () => onPath('xprop') },
  import: { debian: 'imagemagick', isThere: () => onPath('import') },
  xdotool: { debian: 'xdotool', isThere: () => onPath('xdotool') },
  ip: { debian: 'iproute2', isThere: () => onPath('ip') },
  fonts: { debian: 'fonts-dejavu-core', isThere: fontsAreThere },
};

/** What a machine without Electron's binary needs to show windows. */
export const displayPackages: readonly string[] = [
  'chromium',
  'Xvfb',
  'openbox',
  'xprop',
  'import',
  'xdotool',
  'fonts',
];

/** What the attacks need: hosts of their own on this machine, and an ear on the wire between them. */
export const attackPackages: readonly string[] = ['ip', 'tcpdump', 'openssl', 'faketime'];

const isDebian = (): boolean =>
  existsSync('/etc/os-release') &&
  /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(readFileSync('/etc/os-release', 'utf8')) &&
  onPath('apt-get');

function installWithApt(packages: readonly string[]): void {
  console.log(`Installing system packages: ${packages.join(' ')}`);
  const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const run = (args: string[]): void => {
    const { status, stderr } = spawnSync('apt-get', args, {
      env: environment,
      encoding: 'utf8',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    if (status !== 0) throw new Error(`apt-get ${args.join(' ')} failed:\n${stderr}`);
  };
  run(['update', '-qq']);
  run(['install', '-y', '-qq', '--no-install-recommends', ...packages]);
}

/**
 * Checks for programs by name (see displayPackages; a name it does not know is a program of a package of that name).
 * As root on Debian or Ubuntu it installs what is missing, elsewhere it says the one line to run.
 * @throws Error when something is missing and cannot be installed
 */
export function ensurePackages(names: readonly string[]): void {
  const missing = names
    .map((name) => known[name] ?? { debian: name, isThere: () => onPath(name) })
    .filter((one) => !one.isThere());
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((one) => one.debian))];
  const line = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (!isDebian()) throw new Error(`Missing programs. On Debian or Ubuntu they come with: ${line}`);
  if (process.getuid?.() !== 0) throw new Error(`Missing programs. Please run: sudo ${line}`);
  installWithApt(packages);
}
