// Entry of a utility process: gives the script process.parentPort, ends when the main process ends.
import { pathToFileURL } from 'node:url';
import { codec } from './codec.ts';
import { ElectronEmitter } from './emitter.ts';
import { MessageChannelMain, MessagePortMain, RemotePorts } from './message-ports.ts';
import { installElectronModules } from './module-hooks.ts';
import { refusedEntirely, refusing } from './refuse.ts';
import type { UtilityMessage } from './utility-process.ts';

const send = process.send?.bind(process) as (message: UtilityMessage) => void;
const ports = new RemotePorts(
  (port, data, inner) => send({ k: 'port', port, data, ports: inner }),
  (port) => send({ k: 'port-close', port }),
);

class ParentPort extends ElectronEmitter {
  postMessage(message: unknown, transfer: MessagePortMain[] = []): void {
    const data = codec.encode(message);
    send({ k: 'message', data, ports: ports.send(transfer.map((port) => port.surrender())) });
  }

  start(): void {}
  pause(): void {}
}

const parentPort = new ParentPort();
parentPort.setKnownEvents('parentPort', ['message']);
const early: object[] = [];
process.on('message', (message: UtilityMessage) => {
  if (message.k === 'port') ports.onMessage(message.port, message.data, message.ports);
  else if (message.k === 'port-close') ports.onClose(message.port);
  else {
    const event = {
      data: codec.decode(message.data),
      ports: ports.receive(message.ports).map((end) => new MessagePortMain(end)),
    };
    // What comes before the script listens waits for it, as on a port that is not started.
    if (parentPort.listenerCount('message') === 0) early.push(event);
    else parentPort.emit('message', event);
  }
});
parentPort.on('newListener', (name: string) => {
  if (name !== 'message') return;
  setImmediate(() => {
    for (const event of early.splice(0)) parentPort.emit('message', event);
  });
});
// The main process is gone: nobody would ever end this one.
process.on('disconnect', () => process.exit(1));

const [, , modulePath = '', ...args] = process.argv;
const executable = process.env.LEHRPULT_STAND_IN_EXECUTABLE ?? process.execPath;
installElectronModules('utility', {
  net: refusedEntirely('net in a utility process'),
  systemPreferences: refusedEntirely('systemPreferences in a utility process'),
  MessageChannelMain,
});
process.argv = [executable, modulePath, ...args];
const extras: Record<string, unknown> = {
  type: 'utility',
  parentPort: refusing(parentPort, 'parentPort'),
  execPath: executable,
  // Node's own channel is ours: the script must not find it.
  send: undefined,
  disconnect: undefined,
  crash: () => process.kill(process.pid, 'SIGSEGV'),
};
for (const [name, value] of Object.entries(extras)) {
  Object.defineProperty(process, name, { value, configurable: true, writable: true });
}
await import(pathToFileURL(modulePath).href);
