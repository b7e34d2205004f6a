// What every test of the link plays on: consoles, agents and raw peers that are ended after each test, last first.
import { afterEach } from 'vitest';
import { openRaw, startAgent, startConsole } from './classroom.ts';

/** Call once per test file. */
export const openStage = () => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  return {
    cleanups,
    consoleAt: async (...parts: Parameters<typeof startConsole>) => {
      const running = await startConsole(...parts);
      cleanups.push(() => running.server.close());
      return running;
    },
    agentAt: (...parts: Parameters<typeof startAgent>) => {
      const running = startAgent(...parts);
      cleanups.push(() => running.client.stop());
      return running;
    },
    rawAt: async (...parts: Parameters<typeof openRaw>) => {
      const raw = await openRaw(...parts);
      raw.socket.on('error', () => undefined);
      cleanups.push(() => raw.socket.terminate());
      return raw;
    },
  };
};
