// Owns the single-instance lock: one listener per userData folder, gone with its process.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { resolve } from 'node:path';
import { codec } from './codec.ts';
import { realNode } from './host.ts';

type OnSecond = (argv: string[], workingFolder: string, additionalData: unknown) => void;

/** Asked in a process of its own because Electron's request is synchronous: prints 'taken' when someone answers. */
const askScript = `
const socket = require('node:net').connect('\\0' + process.argv[1]);
socket.on('connect', () => socket.end(process.argv[2]));
socket.on('close', (hadError) => { if (!hadError) process.stdout.write('taken'); });
socket.on('error', () => {});
`;

export class InstanceLock {
  private server: Server | null = null;

  get isHeld(): boolean {
    return this.server !== null;
  }

  /** False when another process holds the lock; that one is told about this start. */
  request(userData: string, additionalData: unknown, onSecond: OnSecond): boolean {
    if (this.server !== null) return true;
    // An abstract socket needs no file, so nothing stays behind after kill -9.
    const name = `\0stand-in-${createHash('sha256').update(resolve(userData)).digest('hex')}`;
    const message = codec.encode([process.argv, process.cwd(), additionalData]);
    const reply = execFileSync(realNode, ['-e', askScript, name.slice(1), message], { encoding: 'utf8' });
    if (reply === 'taken') return false;
    this.server = createServer((socket) => {
      let text = '';
      socket.setEncoding('utf8');
      socket.on('data', (part) => {
        text += part;
      });
      socket.on('end', () => {
        const [argv, folder, data] = codec.decode(text) as [string[], string, unknown];
        onSecond(argv, folder, data);
      });
      socket.on('error', () => undefined);
    });
    this.server.listen(name);
    this.server.unref();
    return true;
  }

  release(): void {
    this.server?.close();
    this.server = null;
  }
}
