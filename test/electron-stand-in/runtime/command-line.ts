// Owns app.commandLine: the switches given at start and those the app appends for the browser.
import type { ChromiumSwitch } from './chromium.ts';
import { refusing } from './refuse.ts';

const switches: ChromiumSwitch[] = [];

/** Reads `--name=value` arguments up to `--`; the rest is the app's own business. */
export function readSwitches(args: readonly string[]): void {
  for (const argument of args) {
    if (argument === '--') return;
    const match = /^--([^=]+)(?:=(.*))?$/s.exec(argument);
    if (match?.[1] !== undefined) switches.push({ name: match[1], value: match[2] ?? '' });
  }
}

const find = (name: string): ChromiumSwitch | undefined => switches.findLast((one) => one.name === name);

/** What goes to Chromium: what the app appended, and of the arguments those that it understands. */
const passedOn = new Set([
  'remote-debugging-port',
  'no-sandbox',
  'disable-gpu',
  'lang',
  'force-device-scale-factor',
  'use-fake-device-for-media-stream',
  'use-file-for-fake-video-capture',
]);
const appended = new Set<ChromiumSwitch>();

export function browserSwitches(): ChromiumSwitch[] {
  return switches.filter(
    (one) => appended.has(one) || passedOn.has(one.name) || one.name.endsWith('-features'),
  );
}

export const commandLine = refusing(
  {
    appendSwitch(name: string, value = ''): void {
      const made = { name, value };
      appended.add(made);
      switches.push(made);
    },
    appendArgument(): void {
      // Bare arguments mean nothing to the browser behind the stand-in.
    },
    hasSwitch: (name: string) => find(name) !== undefined,
    getSwitchValue: (name: string) => find(name)?.value ?? '',
    removeSwitch(name: string): void {
      for (let index = switches.length - 1; index >= 0; index--)
        if (switches[index]?.name === name) switches.splice(index, 1);
    },
  },
  'app.commandLine',
);
