// Structured log: one JSON object per line, counters by code. Callers pass codes and ids, never names of persons,
// never contents. It must not throw and must not grow without bound.
import { closeSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
export type LogField = string | number | boolean | null;
export type LogFields = Readonly<Record<string, LogField>>;

/** Takes one line without its line break. */
export type LogSink = (line: string) => void;

export type Log = {
  readonly debug: (code: string, fields?: LogFields) => void;
  readonly info: (code: string, fields?: LogFields) => void;
  readonly warn: (code: string, fields?: LogFields) => void;
  readonly error: (code: string, fields?: LogFields) => void;
  /** How often each code was logged, lines that were held back included. */
  readonly counts: () => Readonly<Record<string, number>>;
  /** The same log and counters under another `part`. */
  readonly for: (part: string) => Log;
};

export type LogOptions = {
  readonly sink: LogSink;
  readonly part?: string;
  readonly level?: LogLevel;
  /** Unix milliseconds. */
  readonly wallMs?: () => number;
  /** Lines written per code and second; the rest is only counted, so that a flood costs no disk. */
  readonly linesPerCodeAndSecond?: number;
};

const rank: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };
const maxFieldLength = 300;
const maxCodes = 1_000;

type CodeState = { count: number; second: number; inSecond: number; heldBack: number };

const shortened = (value: LogField): LogField =>
  typeof value === 'string' && value.length > maxFieldLength ? `${value.slice(0, maxFieldLength)}…` : value;

export function createLog(options: LogOptions): Log {
  const wallMs = options.wallMs ?? Date.now;
  const lowest = rank[options.level ?? 'info'];
  const perSecond = options.linesPerCodeAndSecond ?? 20;
  const codes = new Map<string, CodeState>();

  const stateOf = (code: string): CodeState => {
    const key = codes.size >= maxCodes && !codes.has(code) ? 'log.too-many-codes' : code;
    let state = codes.get(key);
    if (state === undefined) {
      state = { count: 0, second: -1, inSecond: 0, heldBack: 0 };
      codes.set(key, state);
    }
    return state;
  };

  const write = (part: string | undefined, level: LogLevel, code: string, fields: LogFields | undefined) => {
    const state = stateOf(code);
    state.count += 1;
    if (rank[level] < lowest) return;
    const timeMs = wallMs();
    const second = Math.floor(timeMs / 1000);
    if (second !== state.second) {
      state.second = second;
      state.inSecond = 0;
    }
    state.inSecond += 1;
    if (state.inSecond > perSecond) {
      state.heldBack += 1;
      return;
    }
    const line: Record<string, LogField> = { at: new Date(timeMs).toISOString(), level, code };
    if (part !== undefined) line.part = part;
    if (state.heldBack > 0) line.heldBack = state.heldBack;
    state.heldBack = 0;
    for (const [key, value] of Object.entries(fields ?? {})) line[key] = shortened(value);
    options.sink(JSON.stringify(line));
  };

  const make = (part: string | undefined): Log => ({
    debug: (code, fields) => write(part, 'debug', code, fields),
    info: (code, fields) => write(part, 'info', code, fields),
    warn: (code, fields) => write(part, 'warn', code, fields),
    error: (code, fields) => write(part, 'error', code, fields),
    counts: () => Object.fromEntries([...codes].map(([code, state]) => [code, state.count])),
    for: make,
  });
  return make(options.part);
}

export type FileSink = LogSink & { readonly close: () => void };

/**
 * Appends to `path`; above `maxBytes` the file becomes `path.1` (which it replaces) and a new one begins, so that
 * at most twice `maxBytes` lie on disk. If the disk fails, lines are dropped: a log never stops a lesson.
 */
export function fileSink(path: string, maxBytes = 2_000_000): FileSink {
  let file: number | null = null;
  let bytes = 0;
  const open = () => {
    mkdirSync(dirname(path), { recursive: true });
    file = openSync(path, 'a', 0o600);
    bytes = fstatSync(file).size;
  };
  const close = () => {
    if (file !== null) closeSync(file);
    file = null;
  };
  const sink = (line: string) => {
    try {
      if (file === null) open();
      if (bytes >= maxBytes) {
        close();
        renameSync(path, `${path}.1`);
        open();
      }
      if (file !== null) bytes += writeSync(file, `${line}\n`);
    } catch {
      close();
    }
  };
  return Object.assign(sink, { close });
}

/** A log that writes nothing and still counts; for tests and optional parameters. */
export function silentLog(): Log {
  return createLog({ sink: () => undefined, level: 'error' });
}
