// What `import ... from 'electron/utility'` gives in the stand-in's utility processes.
const modules = globalThis[Symbol.for('stand-in modules')];
export const { net, systemPreferences, MessageChannelMain } = modules;
// biome-ignore lint/style/noDefaultExport: Electron's module has one
export default modules;
