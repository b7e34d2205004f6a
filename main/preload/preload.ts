// The only thing a page gets of main: call and on, for the names in the contract. Runs in its own world.
import { contextBridge, ipcRenderer } from 'electron/renderer';
import { callNames, eventNames } from '../../shared/ipc/names.ts';

const isName = (names: readonly string[], name: unknown): name is string =>
  typeof name === 'string' && names.includes(name);

contextBridge.exposeInMainWorld('lehrpult', {
  call: (channel: unknown, input: unknown): Promise<unknown> =>
    isName(callNames, channel)
      ? ipcRenderer.invoke('lehrpult:call', channel, input)
      : Promise.resolve({ ok: false, error: { code: 'ipc-unknown', retry: 'none' } }),
  on: (channel: unknown, listener: unknown): (() => void) => {
    if (!isName(eventNames, channel) || typeof listener !== 'function') return () => {};
    const forward = (_event: unknown, payload: unknown): void => listener(payload);
    ipcRenderer.on(`lehrpult:${channel}`, forward);
    return () => ipcRenderer.off(`lehrpult:${channel}`, forward);
  },
});
