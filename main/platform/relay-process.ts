// Starts the relay as a process of its own, so that neither UI work nor a native crash touches the lesson.
import { utilityProcess } from 'electron/main';
import type { RelayProcess } from '../features/presentation/relay-host.ts';

/** `entry` is the built relay script. */
export const spawnRelay = (entry: string): RelayProcess => {
  const child = utilityProcess.fork(entry, [], { serviceName: 'Lehrpult relay', stdio: 'inherit' });
  return {
    get pid() {
      return child.pid ?? null;
    },
    post: (message) => child.postMessage(message),
    onMessage: (listener) => void child.on('message', listener),
    onExit: (listener) => void child.on('exit', listener),
    kill: () => void child.kill(),
  };
};
