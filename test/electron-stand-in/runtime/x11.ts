// Owns the conversation with the X server: find, map, move, name and photograph windows.
// It speaks the core protocol itself (X11R7 "X Window System Protocol") so that nothing is spawned per request.
import { EventEmitter } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { homedir, hostname } from 'node:os';

const opcode = {
  createWindow: 1,
  destroyWindow: 4,
  reparentWindow: 7,
  getWindowAttributes: 3,
  changeWindowAttributes: 2,
  mapWindow: 8,
  unmapWindow: 10,
  configureWindow: 12,
  getGeometry: 14,
  queryTree: 15,
  internAtom: 16,
  changeProperty: 18,
  deleteProperty: 19,
  getProperty: 20,
  sendEvent: 25,
  grabKey: 33,
  ungrabKey: 34,
  queryPointer: 38,
  translateCoordinates: 40,
  setInputFocus: 42,
  getInputFocus: 43,
  getImage: 73,
  queryExtension: 98,
  getKeyboardMapping: 101,
} as const;

/** Bits of an event mask. */
export const eventMask = {
  structureNotify: 1 << 17,
  substructureNotify: 1 << 19,
  substructureRedirect: 1 << 20,
  focusChange: 1 << 21,
  propertyChange: 1 << 22,
} as const;

export interface XEvent {
  kind: number;
  detail: number;
  window: number;
  /** Made by a program, not by the server. */
  isSent: boolean;
  data: Buffer;
}

export interface XGeometry {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface XImage {
  width: number;
  height: number;
  /** Blue, green, red, unused: four bytes a pixel. */
  pixels: Buffer;
}

interface Waiting {
  resolve(reply: Buffer): void;
  reject(error: Error): void;
}

function authorization(displayNumber: string): { name: string; data: Buffer } {
  const path = process.env.XAUTHORITY ?? `${homedir()}/.Xauthority`;
  const none = { name: '', data: Buffer.alloc(0) };
  if (!existsSync(path)) return none;
  const file = readFileSync(path);
  let offset = 0;
  const field = (): Buffer => {
    const length = file.readUInt16BE(offset);
    const value = file.subarray(offset + 2, offset + 2 + length);
    offset += 2 + length;
    return value;
  };
  while (offset + 2 < file.length) {
    const family = file.readUInt16BE(offset);
    offset += 2;
    const address = field().toString();
    const number = field().toString();
    const name = field().toString();
    const data = field();
    const isHere = family === 0xffff || (family === 256 && address === hostname());
    if (isHere && (number === '' || number === displayNumber)) return { name, data };
  }
  return none;
}

const padded = (length: number): number => (length + 3) & ~3;

/** One connection to an X server. Emits 'event' with an XEvent and 'lost' when the server goes away. */
export class XConnection extends EventEmitter {
  root = 0;
  rootSize = { width: 0, height: 0 };
  minKeycode = 8;
  private resourceBase = 0;
  private nextResource = 1;
  maxKeycode = 255;
  private socket: Socket;
  private pending: Buffer = Buffer.alloc(0);
  private sequence = 0;
  private readonly waiting = new Map<number, Waiting>();
  private readonly atoms = new Map<string, Promise<number>>();

  private constructor(socket: Socket) {
    super();
    this.socket = socket;
  }

  /** @throws Error 'Unable to open X display!' when `display` (':N' or ':N.S') cannot be reached */
  static async open(display: string): Promise<XConnection> {
    const number = /:(\d+)/.exec(display)?.[1];
    if (number === undefined) throw new Error(`Unable to open X display! DISPLAY is '${display}'`);
    const socket = createConnection(`/tmp/.X11-unix/X${number}`);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', () => reject(new Error(`Unable to open X display! ${display}`)));
    });
    const connection = new XConnection(socket);
    await connection.greet(number);
    return connection;
  }

  private async greet(number: string): Promise<void> {
    const { name, data } = authorization(number);
    const hello = Buffer.alloc(12 + padded(name.length) + padded(data.length));
    hello.write('l', 0);
    hello.writeUInt16LE(11, 2);
    hello.writeUInt16LE(name.length, 6);
    hello.writeUInt16LE(data.length, 8);
    hello.write(name, 12);
    data.copy(hello, 12 + padded(name.length));
    this.socket.write(hello);
    await new Promise<void>((resolve, reject) => {
      const onData = (chunk: Buffer): void => {
        this.pending = Buffer.concat([this.pending, chunk]);
        if (this.pending.length < 8) return;
        const length = 8 + this.pending.readUInt16LE(6) * 4;
        if (this.pending.length < length) return;
        this.socket.off('data', onData);
        const setup = this.pending.subarray(0, length);
        this.pending = Buffer.from(this.pending.subarray(length));
        if (setup[0] !== 1) {
          reject(new Error('Unable to open X display! The server refused the connection.'));
          return;
        }
        this.readSetup(setup);
        this.socket.on('data', (next: Buffer) => this.onData(next));
        this.socket.on('error', () => this.lose());
        this.socket.on('close', () => this.lose());
        resolve();
      };
      this.socket.on('data', onData);
    });
  }

  private readSetup(setup: Buffer): void {
    const vendorLength = setup.readUInt16LE(24);
    const formats = setup[29] ?? 0;
    this.resourceBase = setup.readUInt32LE(12);
    this.minKeycode = setup[34] ?? 8;
    this.maxKeycode = setup[35] ?? 255;
    const screen = 40 + padded(vendorLength) + formats * 8;
    this.root = setup.readUInt32LE(screen);
    this.rootSize = { width: setup.readUInt16LE(screen + 20), height: setup.readUInt16LE(screen + 22) };
  }

  private lose(): void {
    for (const waiter of this.waiting.values()) waiter.reject(new Error('the X server went away'));
    this.waiting.clear();
    this.emit('lost');
  }

  close(): void {
    this.socket.destroy();
  }

  /** Lets the process end although the connection is open. */
  unref(): void {
    this.socket.unref();
  }

  private onData(chunk: Buffer): void {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    while (this.pending.length >= 32) {
      const kind = this.pending[0] ?? 0;
      const length = kind === 1 ? 32 + this.pending.readUInt32LE(4) * 4 : 32;
      if (this.pending.length < length) return;
      const message = this.pending.subarray(0, length);
      this.pending = this.pending.subarray(length);
      if (kind > 1) {
        const bare = kind & 0x7f;
        this.emit('event', {
          kind: bare,
          detail: message[1],
          isSent: kind > 0x7f,
          window: message.readUInt32LE(4),
          data: Buffer.from(message),
        });
        continue;
      }
      const waiter = this.waiting.get(message.readUInt16LE(2));
      this.waiting.delete(message.readUInt16LE(2));
      if (kind === 1) waiter?.resolve(Buffer.from(message));
      // Errors of requests without a reply are races with windows that just vanished: nobody waits for them.
      else waiter?.reject(new Error(`X error ${message[1]} for request ${message[10]}`));
    }
  }

  private send(code: number, detail: number, body: Buffer): number {
    const length = 4 + padded(body.length);
    const request = Buffer.alloc(length);
    request[0] = code;
    request[1] = detail;
    request.writeUInt16LE(length / 4, 2);
    body.copy(request, 4);
    this.socket.write(request);
    this.sequence = (this.sequence + 1) & 0xffff;
    return this.sequence;
  }

  private ask(code: number, detail: number, body: Buffer): Promise<Buffer> {
    const sequence = this.send(code, detail, body);
    return new Promise((resolve, reject) => this.waiting.set(sequence, { resolve, reject }));
  }

  private words(...values: number[]): Buffer {
    const buffer = Buffer.alloc(values.length * 4);
    values.forEach((value, index) => {
      buffer.writeUInt32LE(value >>> 0, index * 4);
    });
    return buffer;
  }

  atom(name: string): Promise<number> {
    const known = this.atoms.get(name);
    if (known !== undefined) return known;
    const body = Buffer.alloc(4 + name.length);
    body.writeUInt16LE(name.length, 0);
    body.write(name, 4);
    const made = this.ask(opcode.internAtom, 0, body).then((reply) => reply.readUInt32LE(8));
    this.atoms.set(name, made);
    return made;
  }

  selectEvents(window: number, mask: number): void {
    this.send(opcode.changeWindowAttributes, 0, this.words(window, 1 << 11, mask));
  }

  /** Makes a top-level window of our own; not shown before map. `background` is 0xRRGGBB. */
  createWindow(bounds: XGeometry, background: number, mask: number): number {
    const window = this.resourceBase + this.nextResource++;
    const body = Buffer.alloc(36);
    body.writeUInt32LE(window, 0);
    body.writeUInt32LE(this.root, 4);
    body.writeInt16LE(bounds.x, 8);
    body.writeInt16LE(bounds.y, 10);
    body.writeUInt16LE(bounds.width, 12);
    body.writeUInt16LE(bounds.height, 14);
    // Class InputOutput; the visual is the root's.
    body.writeUInt16LE(1, 18);
    // Values: background pixel and event mask.
    body.writeUInt32LE((1 << 1) | (1 << 11), 24);
    body.writeUInt32LE(background, 28);
    body.writeUInt32LE(mask, 32);
    this.send(opcode.createWindow, 0, body);
    return window;
  }

  destroyWindow(window: number): void {
    this.send(opcode.destroyWindow, 0, this.words(window));
  }

  /** Tells a window inside another one where it is on the screen (ICCCM 4.1.5). */
  tellPlace(window: number, place: XGeometry): void {
    const event = Buffer.alloc(32);
    event[0] = 22;
    event.writeUInt32LE(window, 4);
    event.writeUInt32LE(window, 8);
    event.writeInt16LE(place.x, 16);
    event.writeInt16LE(place.y, 18);
    event.writeUInt16LE(place.width, 20);
    event.writeUInt16LE(place.height, 22);
    this.send(opcode.sendEvent, 0, Buffer.concat([this.words(window, eventMask.structureNotify), event]));
  }

  reparent(window: number, parent: number, x: number, y: number): void {
    const body = this.words(window, parent, 0);
    body.writeInt16LE(x, 8);
    body.writeInt16LE(y, 10);
    this.send(opcode.reparentWindow, 0, body);
  }

  map(window: number): void {
    this.send(opcode.mapWindow, 0, this.words(window));
  }

  unmap(window: number): void {
    this.send(opcode.unmapWindow, 0, this.words(window));
  }

  /** Asks for position and size; a window manager may correct it. */
  configure(window: number, bounds: Partial<XGeometry>, stackAbove = false): void {
    let mask = 0;
    const values: number[] = [];
    const add = (bit: number, value: number | undefined): void => {
      if (value === undefined) return;
      mask |= 1 << bit;
      values.push(value);
    };
    add(0, bounds.x);
    add(1, bounds.y);
    add(2, bounds.width);
    add(3, bounds.height);
    add(6, stackAbove ? 0 : undefined);
    this.send(opcode.configureWindow, 0, this.words(window, mask, ...values));
  }

  async isMapped(window: number): Promise<boolean> {
    const reply = await this.ask(opcode.getWindowAttributes, 0, this.words(window));
    return reply[26] === 2;
  }

  /** True for menus and tooltips, which no window manager touches. */
  async isOverrideRedirect(window: number): Promise<boolean> {
    const reply = await this.ask(opcode.getWindowAttributes, 0, this.words(window));
    return reply[27] === 1;
  }

  async geometry(window: number): Promise<XGeometry> {
    const reply = await this.ask(opcode.getGeometry, 0, this.words(window));
    return {
      x: reply.readInt16LE(12),
      y: reply.readInt16LE(14),
      width: reply.readUInt16LE(16),
      height: reply.readUInt16LE(18),
    };
  }

  /** Geometry with the position relative to the root window. */
  async absoluteGeometry(window: number): Promise<XGeometry> {
    const [size, place] = await Promise.all([
      this.geometry(window),
      this.ask(opcode.translateCoordinates, 0, this.words(window, this.root, 0)),
    ]);
    return { ...size, x: place.readInt16LE(12), y: place.readInt16LE(14) };
  }

  async children(window: number): Promise<number[]> {
    const reply = await this.ask(opcode.queryTree, 0, this.words(window));
    const count = reply.readUInt16LE(16);
    return Array.from({ length: count }, (_, index) => reply.readUInt32LE(32 + index * 4));
  }

  /** Null when the window lacks the property. */
  async property(window: number, name: string): Promise<Buffer | null> {
    const atom = await this.atom(name);
    const reply = await this.ask(opcode.getProperty, 0, this.words(window, atom, 0, 0, 0x4000));
    const format = reply[1] ?? 0;
    if (format === 0) return null;
    return reply.subarray(32, 32 + (reply.readUInt32LE(16) * format) / 8);
  }

  async textProperty(window: number, name: string): Promise<string | null> {
    return (await this.property(window, name))?.toString('utf8') ?? null;
  }

  async numberProperty(window: number, name: string): Promise<number[]> {
    const value = await this.property(window, name);
    if (value === null) return [];
    return Array.from({ length: value.length / 4 }, (_, index) => value.readUInt32LE(index * 4));
  }

  async setProperty(
    window: number,
    name: string,
    type: string,
    format: 8 | 32,
    value: Buffer,
  ): Promise<void> {
    const [atom, typeAtom] = await Promise.all([this.atom(name), this.atom(type)]);
    const head = this.words(window, atom, typeAtom, format, value.length / (format / 8));
    this.send(opcode.changeProperty, 0, Buffer.concat([head, value]));
  }

  async setNumbers(window: number, name: string, type: string, values: number[]): Promise<void> {
    await this.setProperty(window, name, type, 32, this.words(...values));
  }

  /** Sets the title the way toolkits do: for old (WM_NAME) and new readers. */
  async setTitle(window: number, title: string): Promise<void> {
    await this.setProperty(window, '_NET_WM_NAME', 'UTF8_STRING', 8, Buffer.from(title));
    await this.setProperty(window, 'WM_NAME', 'STRING', 8, Buffer.from(title));
  }

  /** Sends a request to the window manager (EWMH client message). */
  async tellManager(window: number, message: string, values: number[]): Promise<void> {
    const type = await this.atom(message);
    const event = Buffer.alloc(32);
    event[0] = 33;
    event[1] = 32;
    event.writeUInt32LE(window, 4);
    event.writeUInt32LE(type, 8);
    values.slice(0, 5).forEach((value, index) => {
      event.writeUInt32LE(value >>> 0, 12 + index * 4);
    });
    const head = this.words(this.root, eventMask.substructureNotify | eventMask.substructureRedirect);
    this.send(opcode.sendEvent, 0, Buffer.concat([head, event]));
  }

  /** Tells the manager that a window has withdrawn (ICCCM 4.1.4). */
  async tellUnmapped(window: number): Promise<void> {
    const event = Buffer.alloc(32);
    event[0] = 18;
    event.writeUInt32LE(this.root, 4);
    event.writeUInt32LE(window, 8);
    const head = this.words(this.root, eventMask.substructureNotify | eventMask.substructureRedirect);
    this.send(opcode.sendEvent, 0, Buffer.concat([head, event]));
  }

  async hasManager(): Promise<boolean> {
    const [check] = await this.numberProperty(this.root, '_NET_SUPPORTING_WM_CHECK');
    if (check === undefined || check === 0) return false;
    // The property outlives a dead manager; its window does not.
    return this.geometry(check).then(
      () => true,
      () => false,
    );
  }

  focus(window: number): void {
    this.send(opcode.setInputFocus, 1, this.words(window, 0));
  }

  async focused(): Promise<number> {
    const reply = await this.ask(opcode.getInputFocus, 0, Buffer.alloc(0));
    return reply.readUInt32LE(8);
  }

  async pointer(): Promise<{ x: number; y: number }> {
    const reply = await this.ask(opcode.queryPointer, 0, this.words(this.root));
    return { x: reply.readInt16LE(16), y: reply.readInt16LE(18) };
  }

  /** A photograph of a mapped window or of the root. @throws Error when the window is not viewable */
  async image(window: number): Promise<XImage> {
    const { width, height } = await this.geometry(window);
    const body = Buffer.alloc(16);
    body.writeUInt32LE(window, 0);
    body.writeUInt16LE(width, 8);
    body.writeUInt16LE(height, 10);
    body.writeUInt32LE(0xffffffff, 12);
    const reply = await this.ask(opcode.getImage, 2, body);
    return { width, height, pixels: reply.subarray(32, 32 + width * height * 4) };
  }

  /** Keysyms by keycode; the inner list is by shift level. */
  async keyboardMapping(): Promise<Map<number, number[]>> {
    const count = this.maxKeycode - this.minKeycode + 1;
    const reply = await this.ask(opcode.getKeyboardMapping, 0, Buffer.from([this.minKeycode, count, 0, 0]));
    const levels = reply[1] ?? 0;
    const map = new Map<number, number[]>();
    for (let index = 0; index < count; index++) {
      const keysyms = Array.from({ length: levels }, (_, level) =>
        reply.readUInt32LE(32 + (index * levels + level) * 4),
      );
      map.set(this.minKeycode + index, keysyms);
    }
    return map;
  }

  /** Resolves to false when another program holds the key. */
  async grabKey(keycode: number, modifiers: number): Promise<boolean> {
    const body = Buffer.alloc(12);
    body.writeUInt32LE(this.root, 0);
    body.writeUInt16LE(modifiers, 4);
    body[6] = keycode;
    body[7] = 1;
    body[8] = 1;
    const sequence = this.send(opcode.grabKey, 0, body);
    let refused = false;
    this.waiting.set(sequence, { resolve: () => undefined, reject: () => (refused = true) });
    // GrabKey has no reply: any later answer proves that the server has seen it.
    await this.focused();
    this.waiting.delete(sequence);
    return !refused;
  }

  ungrabKey(keycode: number, modifiers: number): void {
    const body = Buffer.alloc(8);
    body.writeUInt32LE(this.root, 0);
    body.writeUInt16LE(modifiers, 4);
    this.send(opcode.ungrabKey, keycode, body);
  }

  /** Windows that a window manager shows to people, or all mapped top-level ones when there is no manager. */
  async topLevelWindows(): Promise<number[]> {
    const listed = await this.numberProperty(this.root, '_NET_CLIENT_LIST');
    if (listed.length > 0) return listed;
    const all = await this.children(this.root);
    const mapped = await Promise.all(all.map((window) => this.isMapped(window).catch(() => false)));
    return all.filter((_, index) => mapped[index]);
  }
}
