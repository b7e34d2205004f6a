import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLog, fileSink } from './log.ts';

describe('a log', () => {
  it('writes one JSON object per line with time, level, part and code', () => {
    const lines: string[] = [];
    const log = createLog({ sink: (line) => lines.push(line), wallMs: () => 0 }).for('link');
    log.debug('not-written');
    log.warn('refused', { address: '192.0.2.1', tries: 2, forged: 'a\nb', long: 'x'.repeat(1_000) });
    expect(lines).toHaveLength(1);
    const parsed = JSON.parse(lines[0] ?? '');
    expect(parsed).toMatchObject({
      at: '1970-01-01T00:00:00.000Z',
      level: 'warn',
      part: 'link',
      code: 'refused',
      tries: 2,
    });
    expect(lines[0]).not.toContain('\n');
    expect(parsed.long.length).toBeLessThan(310);
    expect(log.counts()).toEqual({ 'not-written': 1, refused: 1 });
  });

  it('holds a flood back, counts it and says how much was held back', () => {
    const lines: string[] = [];
    let nowMs = 0;
    const log = createLog({
      sink: (line) => lines.push(line),
      wallMs: () => nowMs,
      linesPerCodeAndSecond: 3,
    });
    for (let index = 0; index < 100; index += 1) log.info('flood');
    log.info('other');
    expect(lines).toHaveLength(4);
    nowMs = 1_000;
    log.info('flood');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ code: 'flood', heldBack: 97 });
    expect(log.counts()).toEqual({ flood: 101, other: 1 });
  });

  it('does not remember codes without end', () => {
    const log = createLog({ sink: () => undefined });
    for (let index = 0; index < 5_000; index += 1) log.info(`code-${index}`);
    expect(Object.keys(log.counts()).length).toBeLessThanOrEqual(1_001);
  });

  it('keeps at most two files of the size it was given, and loses lines rather than the program', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lehrpult-log-'));
    const path = join(folder, 'app.log');
    const sink = fileSink(path, 1_000);
    for (let index = 0; index < 200; index += 1) sink(`line ${index} ${'x'.repeat(40)}`);
    expect(statSync(path).size).toBeLessThan(1_100);
    expect(statSync(`${path}.1`).size).toBeLessThan(1_100);
    expect(readFileSync(path, 'utf8')).toContain('line 199 ');
    sink.close();
    rmSync(folder, { recursive: true });
    const nowhere = fileSink('/dev/null/app.log');
    expect(() => nowhere('line')).not.toThrow();
  });
});
