// Holds the catalogues to each other and to the code: same keys, none missing, none left over, no bare words.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { parseSync } from 'vite';
import { describe, expect, it } from 'vitest';
import de from '../../assets/locales/de.json';
import en from '../../assets/locales/en.json';
import { pairingPictures } from '../../shared/domain/pairing-pictures.ts';
import { ConsoleSnapshot } from '../../shared/ipc/contract.ts';
import { EnrolmentRefusal } from '../../shared/protocol/enrolment.ts';
import { CommandRefusal, LinkRefusal } from '../../shared/protocol/link.ts';

const rendererFolder = resolve(import.meta.dirname, '..');
const pluralEnding = /_(?:zero|one|two|few|many|other)$/;

const keysOf = (value: unknown, path = ''): string[] =>
  typeof value === 'string'
    ? [path]
    : Object.entries(value as object).flatMap(([key, part]) =>
        keysOf(part, path === '' ? key : `${path}.${key}`),
      );

const textAt = (catalogue: unknown, key: string): string =>
  key
    .split('.')
    .reduce<unknown>((part, name) => (part as Record<string, unknown>)[name], catalogue) as string;

const placeholders = (text: string): string[] =>
  [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? '').sort();

type SourceFile = { readonly path: string; readonly text: string };

const sourcesOf = (folder: string): readonly SourceFile[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path) && !path.includes('.test.'))
    .map((path) => ({ path, text: readFileSync(join(folder, path), 'utf8') }));

const sources = sourcesOf(rendererFolder);
const mainSources = sourcesOf(resolve(rendererFolder, '../main'));
const everything = [...sources, ...mainSources, ...sourcesOf(resolve(rendererFolder, '../shared'))]
  .map(({ text }) => text)
  .join('\n');

/** Keys as they are written in the code: whole, or with `${...}` where a part is chosen at run time. */
const usedKeys = sources.flatMap(({ text }) => [
  ...[...text.matchAll(/\bt\(\s*'([\w.-]+)'/g)].map((match) => match[1] ?? ''),
  ...[...text.matchAll(/\bt\(\s*`([^`]+)`/g)].map((match) => match[1] ?? ''),
  // A choice of two keys: t(is ? 'a' : 'b')
  ...[...text.matchAll(/\bt\(\s*[^'`()]*\?\s*'([\w.-]+)'\s*:\s*'([\w.-]+)'/g)].flatMap((match) => [
    match[1] ?? '',
    match[2] ?? '',
  ]),
]);

const patternOf = (used: string): RegExp =>
  new RegExp(`^${used.replaceAll('.', '\\.').replaceAll(/\$\{[^}]*\}/g, '[^.]+')}$`);

const known = [...new Set(keysOf(de).map((key) => key.replace(pluralEnding, '')))];

type Node = { readonly type: string; readonly [field: string]: unknown };
const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

/** Attributes whose value a person reads or hears. */
const spokenAttributes = new Set(['aria-label', 'alt', 'title', 'placeholder', 'label', 'hint', 'text']);
const hasWords = (text: unknown): boolean => typeof text === 'string' && /\p{L}/u.test(text);

const bareWords = (value: unknown, found: string[] = []): string[] => {
  if (Array.isArray(value)) for (const part of value) bareWords(part, found);
  if (!isNode(value)) return found;
  if (value.type === 'JSXText' && hasWords(value.value)) found.push(String(value.value).trim());
  if (value.type === 'JSXAttribute') {
    const name = String((value.name as Node).name);
    const content = value.value;
    if (spokenAttributes.has(name) && isNode(content) && hasWords(content.value))
      found.push(`${name}="${content.value}"`);
  }
  for (const part of Object.values(value)) if (typeof part === 'object') bareWords(part, found);
  return found;
};

describe('catalogues', () => {
  it('have the same keys in both languages', () => {
    expect(keysOf(en).sort()).toEqual(keysOf(de).sort());
  });

  it('fill in the same facts in both languages', () => {
    for (const key of keysOf(de)) {
      expect(placeholders(textAt(en, key)), key).toEqual(placeholders(textAt(de, key)));
    }
  });

  it('call no two pictures of a pairing by the same word', () => {
    for (const { pairing } of [de, en]) {
      const words = Object.values(pairing.pictures);
      expect(new Set(words).size).toBe(pairingPictures.length);
      expect(Object.keys(pairing.pictures).sort()).toEqual(pairingPictures.map(({ id }) => id).sort());
    }
  });

  it('leave no text empty', () => {
    for (const key of keysOf(de)) {
      expect(textAt(de, key).trim(), key).not.toBe('');
      expect(textAt(en, key).trim(), key).not.toBe('');
    }
  });

  it('know every key the pages use', () => {
    expect(usedKeys.length).toBeGreaterThan(50);
    const missing = usedKeys.filter((used) => !known.some((key) => patternOf(used).test(key)));
    expect(missing).toEqual([]);
  });

  it('hold no key that no page uses', () => {
    const patterns = usedKeys.map(patternOf);
    // Codes and words of native dialogs belong to main; they have tests of their own below.
    const unused = known.filter(
      (key) => !/^(?:errors|native)\./.test(key) && !patterns.some((pattern) => pattern.test(key)),
    );
    expect(unused).toEqual([]);
  });

  it('hold no code that nothing can fail with and no native word that main does not say', () => {
    const codes = Object.keys(de.errors).filter((code) => code !== 'unknown');
    expect(codes.filter((code) => !everything.includes(`'${code}'`))).toEqual([]);
    const words = Object.keys(de.native);
    expect(words.filter((word) => !mainSources.some(({ text }) => text.includes(word)))).toEqual([]);
  });

  it('have words for every code that main or a page fails with', () => {
    const codes = [...everything.matchAll(/\bfail(?:<[^>]*>)?\(\s*'([a-z-]+)'/g)].map(
      (match) => match[1] ?? '',
    );
    expect(codes.length).toBeGreaterThan(10);
    expect([...new Set(codes)].filter((code) => !(code in de.errors))).toEqual([]);
  });

  it('have words for every refusal of the protocol and every problem of the room', () => {
    const codes = [...CommandRefusal.options, ...LinkRefusal.options, ...EnrolmentRefusal.options];
    expect(codes.filter((code) => !(code in de.errors))).toEqual([]);
    const problems = ConsoleSnapshot.shape.problem.unwrap().options;
    expect(problems.filter((code) => !(code in de.room.problems))).toEqual([]);
  });

  it('are the only source of words on the pages', () => {
    const found = sources
      .filter(({ path }) => path.endsWith('.tsx'))
      .flatMap(({ path, text }) => {
        const { program, errors } = parseSync(path, text);
        expect(errors).toEqual([]);
        return bareWords(program).map((words) => `${relative(rendererFolder, path)}: ${words}`);
      });
    expect(found).toEqual([]);
  });
});
