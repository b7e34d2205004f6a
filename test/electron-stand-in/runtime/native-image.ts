// Owns nativeImage: PNG bytes with their size, and PNGs made from X photographs.
import { existsSync, readFileSync } from 'node:fs';
import { crc32, deflateSync } from 'node:zlib';
import { refusing } from './refuse.ts';
import type { XImage } from './x11.ts';

const pngMagic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function chunk(type: string, data: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length, 0);
  head.write(type, 4, 'latin1');
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), data])), 0);
  return Buffer.concat([head, data, check]);
}

/** Scales an X photograph to fit `box` (never up) and gives it as PNG. Each pixel is the mean of what it covers. */
export function pngOf(image: XImage, box: { width: number; height: number }): Buffer {
  const scale = Math.min(1, box.width / image.width, box.height / image.height);
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const rows = Buffer.alloc(height * (1 + width * 3));
  // Up to 3 samples a side are enough for a thumbnail and keep this short.
  const samples = scale === 1 ? 1 : 3;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let index = 0; index < samples * samples; index++) {
        const sourceX = Math.min(
          image.width - 1,
          Math.floor((x + ((index % samples) + 0.5) / samples) / scale),
        );
        const sourceY = Math.min(
          image.height - 1,
          Math.floor((y + (Math.floor(index / samples) + 0.5) / samples) / scale),
        );
        const offset = (sourceY * image.width + sourceX) * 4;
        blue += image.pixels[offset] ?? 0;
        green += image.pixels[offset + 1] ?? 0;
        red += image.pixels[offset + 2] ?? 0;
      }
      const target = y * (1 + width * 3) + 1 + x * 3;
      const count = samples * samples;
      rows[target] = red / count;
      rows[target + 1] = green / count;
      rows[target + 2] = blue / count;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  header[9] = 2;
  return Buffer.concat([
    pngMagic,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows, { level: 1 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

class NativeImage {
  private readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    // Anything else than PNG is an image the stand-in cannot read: Electron gives an empty one then, too.
    this.bytes = bytes.subarray(0, 8).equals(pngMagic) ? bytes : Buffer.alloc(0);
  }

  isEmpty(): boolean {
    return this.bytes.length === 0;
  }

  getSize(): { width: number; height: number } {
    if (this.isEmpty()) return { width: 0, height: 0 };
    return { width: this.bytes.readUInt32BE(16), height: this.bytes.readUInt32BE(20) };
  }

  getAspectRatio(): number {
    const { width, height } = this.getSize();
    return height === 0 ? 1 : width / height;
  }

  toPNG(): Buffer {
    return Buffer.from(this.bytes);
  }

  toDataURL(): string {
    return `data:image/png;base64,${this.bytes.toString('base64')}`;
  }

  setTemplateImage(): void {
    // Only macOS knows template images.
  }

  isTemplateImage(): boolean {
    return false;
  }
}

export type StandInImage = NativeImage;

const image = (bytes: Buffer): NativeImage => refusing(new NativeImage(bytes), 'NativeImage');

export const nativeImage = refusing(
  {
    createEmpty: () => image(Buffer.alloc(0)),
    createFromPath: (path: string) => image(existsSync(path) ? readFileSync(path) : Buffer.alloc(0)),
    createFromBuffer: (buffer: Buffer) => image(Buffer.from(buffer)),
    createFromDataURL: (url: string) => image(Buffer.from(url.slice(url.indexOf(',') + 1), 'base64')),
  },
  'nativeImage',
);
