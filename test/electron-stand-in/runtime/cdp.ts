// Owns the DevTools protocol over Chromium's pipe: requests, replies and events per session.
import { EventEmitter } from 'node:events';
import type { Readable, Writable } from 'node:stream';

// The protocol's messages are open-ended records; the callers know their shapes.
// biome-ignore lint/suspicious/noExplicitAny: protocol payloads
export type CdpObject = any;

interface Waiting {
  method: string;
  resolve(result: CdpObject): void;
  reject(error: Error): void;
}

/** One attached target (or the browser itself): emits each event under its method name. */
export class CdpSession extends EventEmitter {
  readonly id: string | undefined;
  private readonly connection: CdpConnection;
  closed = false;

  constructor(connection: CdpConnection, id: string | undefined) {
    super();
    this.setMaxListeners(0);
    this.connection = connection;
    this.id = id;
  }

  /** @throws Error with Chromium's message, or 'Target closed' */
  send(method: string, params: object = {}): Promise<CdpObject> {
    if (this.closed) return Promise.reject(new Error(`${method}: Target closed`));
    return this.connection.request(this.id, method, params);
  }

  /** For requests whose failure means only that the target has just gone. */
  tell(method: string, params: object = {}): void {
    this.send(method, params).catch((error: Error) => {
      if (
        !/Target closed|Session with given id|Inspected target navigated|Cannot find context/.test(
          error.message,
        )
      ) {
        process.emitWarning(`stand-in: ${method}: ${error.message}`);
      }
    });
  }
}

export class CdpConnection {
  readonly browser: CdpSession;
  private readonly sessions = new Map<string, CdpSession>();
  private readonly waiting = new Map<number, Waiting & { sessionId: string | undefined }>();
  private readonly output: Writable;
  private nextId = 1;
  private chunks: Buffer[] = [];

  constructor(input: Readable, output: Writable) {
    this.browser = new CdpSession(this, undefined);
    this.output = output;
    input.on('data', (chunk: Buffer) => this.onData(chunk));
    input.on('close', () => this.closeAll());
    // A write after Chromium's end fails: the exit handler tells the story.
    output.on('error', () => this.closeAll());
  }

  session(id: string): CdpSession {
    const known = this.sessions.get(id);
    if (known !== undefined) return known;
    const made = new CdpSession(this, id);
    this.sessions.set(id, made);
    return made;
  }

  request(sessionId: string | undefined, method: string, params: object): Promise<CdpObject> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { sessionId, method, resolve, reject });
      this.output.write(`${JSON.stringify({ id, method, params, ...(sessionId ? { sessionId } : {}) })}\0`);
    });
  }

  private onData(chunk: Buffer): void {
    let rest = chunk;
    let end = rest.indexOf(0);
    while (end !== -1) {
      this.chunks.push(rest.subarray(0, end));
      const text = Buffer.concat(this.chunks).toString('utf8');
      this.chunks = [];
      rest = rest.subarray(end + 1);
      this.onMessage(JSON.parse(text));
      end = rest.indexOf(0);
    }
    if (rest.length > 0) this.chunks.push(rest);
  }

  private onMessage(message: CdpObject): void {
    if (message.id !== undefined) {
      const waiter = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      if (message.error) waiter?.reject(new Error(`${waiter.method}: ${message.error.message}`));
      else waiter?.resolve(message.result);
      return;
    }
    const session = message.sessionId ? this.session(message.sessionId) : this.browser;
    session.emit(message.method, message.params);
    if (message.method === 'Target.detachedFromTarget') this.closeSession(message.params.sessionId);
  }

  private closeSession(id: string): void {
    const session = this.session(id);
    session.closed = true;
    this.sessions.delete(id);
    for (const [requestId, waiter] of this.waiting) {
      if (waiter.sessionId !== id) continue;
      this.waiting.delete(requestId);
      waiter.reject(new Error(`${waiter.method}: Target closed`));
    }
    session.emit('closed');
  }

  private closeAll(): void {
    for (const id of [...this.sessions.keys()]) this.closeSession(id);
    this.browser.closed = true;
    for (const waiter of this.waiting.values()) waiter.reject(new Error(`${waiter.method}: Target closed`));
    this.waiting.clear();
  }
}
