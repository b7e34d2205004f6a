// Owns what `import ... from 'electron/main'` and `require('electron')` give in this process.
import { createRequire, registerHooks, syncBuiltinESMExports } from 'node:module';
import { realNode } from './host.ts';

const specifiers = new Set([
  'electron',
  'electron/main',
  'electron/common',
  'electron/utility',
  'electron/renderer',
]);
const modulesKey = Symbol.for('stand-in modules');

/** Makes the modules known; call once, before the app's code is loaded. */
export function installElectronModules(kind: 'main' | 'utility', exports: object): void {
  (globalThis as Record<symbol, unknown>)[modulesKey] = exports;
  const esm = new URL(`../modules/electron-${kind}.mjs`, import.meta.url).href;
  const cjs = new URL('../modules/electron.cjs', import.meta.url).href;
  registerHooks({
    resolve(specifier, context, next) {
      if (!specifiers.has(specifier)) return next(specifier, context);
      if (specifier === 'electron/renderer')
        throw new Error("not in the stand-in: import of 'electron/renderer' outside a preload script");
      return { url: context.conditions.includes('require') ? cjs : esm, shortCircuit: true };
    },
  });
  // process.execPath is the stand-in's executable, as in Electron; forked scripts still need a plain Node.
  const childProcess = createRequire(import.meta.url)('node:child_process');
  const fork = childProcess.fork;
  childProcess.fork = (path: string, args?: string[] | object, options?: object) =>
    Array.isArray(args)
      ? fork(path, args, { execPath: realNode, ...options })
      : fork(path, { execPath: realNode, ...args });
  syncBuiltinESMExports();
}
