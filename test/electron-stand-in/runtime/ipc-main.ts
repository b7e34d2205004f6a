// Owns ipcMain: handlers for invoke, listeners for send.
import { codec } from './codec.ts';
import { ElectronEmitter } from './emitter.ts';
import { refusing } from './refuse.ts';

type InvokeHandler = (event: object, ...args: unknown[]) => unknown;

class IpcMain extends ElectronEmitter {
  private readonly handlers = new Map<string, InvokeHandler>();

  handle(channel: string, handler: InvokeHandler): void {
    if (typeof handler !== 'function') throw new TypeError('Expected handler to be a function');
    if (this.handlers.has(channel))
      throw new Error(`Attempted to register a second handler for '${channel}'`);
    this.handlers.set(channel, handler);
  }

  handleOnce(channel: string, handler: InvokeHandler): void {
    this.handle(channel, (event, ...args) => {
      this.removeHandler(channel);
      return handler(event, ...args);
    });
  }

  removeHandler(channel: string): void {
    this.handlers.delete(channel);
  }

  /**
   * Runs the handler of an invoke. Gives the codec's text.
   * @throws Error whose message is what the page's promise rejects with, as in Electron
   */
  async answer(channel: string, event: object, args: unknown[]): Promise<string> {
    try {
      const handler = this.handlers.get(channel);
      if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
      return codec.encode(await handler(event, ...args));
    } catch (error) {
      throw new Error(`Error invoking remote method '${channel}': ${error}`);
    }
  }
}

export const ipcMainRaw = new IpcMain();
ipcMainRaw.setMaxListeners(0);
export const ipcMain = refusing(ipcMainRaw, 'ipcMain');
