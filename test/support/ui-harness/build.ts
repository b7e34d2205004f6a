// Builds the pages that exist, and the fake main, without the rest of the app.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { build } from 'vite';

export const projectRoot = resolve(import.meta.dirname, '../../..');
export const pagesFolder = join(projectRoot, 'test-results/ui-pages');

const pages = ['console', 'device', 'lock', 'indicator', 'presentation'];

/** Makes `test-results/ui-pages/<page>/index.html`, as the packaged app has them. */
export const buildPages = async (): Promise<void> => {
  const root = join(projectRoot, 'renderer/windows');
  const inputs = pages
    .map((page) => [page, join(root, page, 'index.html')] as const)
    .filter(([, file]) => existsSync(file));
  await build({
    configFile: false,
    root,
    plugins: [react()],
    logLevel: 'warn',
    build: {
      outDir: pagesFolder,
      emptyOutDir: true,
      assetsInlineLimit: 0,
      target: 'chrome150',
      chunkSizeWarningLimit: 4_000,
      rollupOptions: { input: Object.fromEntries(inputs) },
    },
  });
};

/** The fake main as one script that runs before a page's own. */
export const buildFakeMain = async (): Promise<string> => {
  const outDir = join(projectRoot, 'test-results/ui-fake');
  await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: 'warn',
    build: {
      outDir,
      emptyOutDir: true,
      target: 'chrome150',
      lib: {
        entry: join(import.meta.dirname, 'fake-main.ts'),
        formats: ['iife'],
        name: 'fakeMain',
        fileName: () => 'fake.js',
      },
    },
  });
  return readFile(join(outDir, 'fake.js'), 'utf8');
};
