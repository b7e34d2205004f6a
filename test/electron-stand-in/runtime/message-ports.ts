// Owns MessagePorts in the main process and their way into pages and utility processes.
// Values travel as the codec's text, so that every hop clones exactly once.
import { codec } from './codec.ts';
import { ElectronEmitter } from './emitter.ts';

/** One end of a channel. It delivers to a sink: a MessagePortMain here, or a page or process elsewhere. */
export class PortEnd {
  peer: PortEnd | null = null;
  private sink: PortSink | null = null;
  private waiting: { data: string; ports: PortEnd[] }[] = [];
  private isClosed = false;

  static pair(): [PortEnd, PortEnd] {
    const one = new PortEnd();
    const two = new PortEnd();
    one.peer = two;
    two.peer = one;
    return [one, two];
  }

  /** Sends to the other end. */
  post(data: string, ports: PortEnd[]): void {
    this.peer?.accept(data, ports);
  }

  private accept(data: string, ports: PortEnd[]): void {
    if (this.sink === null) this.waiting.push({ data, ports });
    else this.sink.message(data, ports);
  }

  connect(sink: PortSink): void {
    this.sink = sink;
    for (const { data, ports } of this.waiting.splice(0)) sink.message(data, ports);
    if (this.isClosed) sink.closed();
  }

  disconnect(): void {
    this.sink = null;
  }

  /** Closes both ends; the other side hears of it once. */
  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const other = this.peer;
    this.peer = null;
    if (other === null || other.isClosed) return;
    other.isClosed = true;
    other.peer = null;
    other.sink?.closed();
  }
}

interface PortSink {
  message(data: string, ports: PortEnd[]): void;
  closed(): void;
}

export class MessagePortMain extends ElectronEmitter {
  private end: PortEnd | null;
  private isStarted = false;

  constructor(end: PortEnd) {
    super();
    this.end = end;
    this.setKnownEvents('MessagePortMain', ['message', 'close']);
  }

  start(): void {
    if (this.isStarted || this.end === null) return;
    this.isStarted = true;
    this.end.connect({
      // On the next turn, as between processes: a listener added right after start() misses nothing.
      message: (data, ports) =>
        void setImmediate(() => {
          this.emit('message', {
            data: codec.decode(data),
            ports: ports.map((end) => new MessagePortMain(end)),
          });
        }),
      closed: () => void setImmediate(() => this.emit('close')),
    });
  }

  postMessage(message: unknown, transfer: MessagePortMain[] = []): void {
    const data = codec.encode(message);
    const ends = transfer.map((port) => port.surrender());
    this.end?.post(data, ends);
  }

  close(): void {
    this.end?.close();
    if (this.end !== null) setImmediate(() => this.emit('close'));
    this.end = null;
  }

  /** Gives the end away for transfer. @throws Error when it was transferred before */
  surrender(): PortEnd {
    if (this.end === null) throw new Error('Port is already neutered');
    const end = this.end;
    end.disconnect();
    this.end = null;
    return end;
  }
}

export class MessageChannelMain {
  readonly port1: MessagePortMain;
  readonly port2: MessagePortMain;

  constructor() {
    const [one, two] = PortEnd.pair();
    this.port1 = new MessagePortMain(one);
    this.port2 = new MessagePortMain(two);
  }
}

let nextPortId = 1;

/** The ports that live in one page or one utility process, by the numbers both sides use. */
export class RemotePorts {
  private readonly ends = new Map<string, PortEnd>();
  private readonly deliver: (port: string, data: string, ports: string[]) => void;
  private readonly announceClose: (port: string) => void;

  constructor(
    deliver: (port: string, data: string, ports: string[]) => void,
    announceClose: (port: string) => void,
  ) {
    this.deliver = deliver;
    this.announceClose = announceClose;
  }

  private bind(id: string, end: PortEnd): void {
    this.ends.set(id, end);
    end.connect({
      message: (data, ports) => this.deliver(id, data, this.send(ports)),
      closed: () => {
        this.ends.delete(id);
        this.announceClose(id);
      },
    });
  }

  /** Sends ends over; gives the ids to name in the message. They deliver once the message is on its way. */
  send(ends: readonly PortEnd[]): string[] {
    return ends.map((end) => {
      const id = `main-${nextPortId++}`;
      // Not before the message that carries the port: that one is written in this turn.
      queueMicrotask(() => this.bind(id, end));
      return id;
    });
  }

  /** Takes ports that came with a message from the other side. */
  receive(ids: readonly string[]): PortEnd[] {
    return ids.map((id) => {
      const [near, far] = PortEnd.pair();
      this.bind(id, near);
      return far;
    });
  }

  onMessage(id: string, data: string, ports: readonly string[]): void {
    this.ends.get(id)?.post(data, this.receive(ports));
  }

  onClose(id: string): void {
    const end = this.ends.get(id);
    this.ends.delete(id);
    end?.close();
  }

  /** The page or process is gone: so are its ports. */
  closeAll(): void {
    for (const end of this.ends.values()) end.close();
    this.ends.clear();
  }
}
