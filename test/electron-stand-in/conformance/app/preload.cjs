const { contextBridge, ipcRenderer } = require('electron/renderer');

let count = 0;
globalThis.preloadSecret = 'isolated';
contextBridge.exposeInMainWorld('fixture', {
  version: 3,
  deep: { list: [1, { two: 2 }], when: new Date(7) },
  invoke: (channel, ...args) => ipcRenderer.invoke(channel, ...args),
  send: (channel, ...args) => ipcRenderer.send(channel, ...args),
  on: (channel, listener) => {
    const forward = (_event, ...args) => listener(...args);
    ipcRenderer.on(channel, forward);
    return () => ipcRenderer.off(channel, forward);
  },
  count: () => ++count,
  add: (a, b) => a + b,
  describe: (value) => Object.prototype.toString.call(value),
  same: (value) => value,
  failNow: () => {
    throw new RangeError('preload says no');
  },
  failLater: async () => {
    throw new Error('preload says no later');
  },
  callBack: (callback, value) => callback(value),
  argv: () => process.argv.slice(1),
  doubleThroughPort: (number) =>
    new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = ({ data }) => resolve(data.doubled);
      ipcRenderer.postMessage('port', null, [port2]);
      port1.postMessage(number);
    }),
});
ipcRenderer.on('give-port', (event) => {
  window.postMessage('port-for-page', '*', event.ports);
});
