// Owns reading app.asar: unpacks an archive into a folder, because plain Node cannot load modules from inside one.
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

interface AsarEntry {
  files?: Record<string, AsarEntry>;
  size?: number;
  offset?: string;
  unpacked?: boolean;
  executable?: boolean;
  link?: string;
}

/** Unpacks `archive` (and its `.unpacked` neighbour) into `target`. Format: a Chromium pickle with a JSON header, then the files. */
export function unpackAsar(archive: string, target: string): void {
  const file = openSync(archive, 'r');
  const read = (length: number, position: number): Buffer => {
    const buffer = Buffer.alloc(length);
    readSync(file, buffer, 0, length, position);
    return buffer;
  };
  const sizes = read(16, 0);
  const headerSize = sizes.readUInt32LE(4);
  const header = JSON.parse(read(sizes.readUInt32LE(12), 16).toString('utf8')) as AsarEntry;
  const dataStart = 8 + headerSize;
  const write = (entry: AsarEntry, path: string): void => {
    if (entry.files !== undefined) {
      mkdirSync(path, { recursive: true });
      for (const [name, inner] of Object.entries(entry.files)) write(inner, join(path, name));
    } else if (entry.link !== undefined) {
      mkdirSync(dirname(path), { recursive: true });
      symlinkSync(join(target, entry.link), path);
    } else if (!entry.unpacked) {
      writeFileSync(path, read(entry.size ?? 0, dataStart + Number(entry.offset)), {
        mode: entry.executable ? 0o755 : 0o644,
      });
    }
  };
  write(header, target);
  closeSync(file);
  if (existsSync(`${archive}.unpacked`)) cpSync(`${archive}.unpacked`, target, { recursive: true });
}
