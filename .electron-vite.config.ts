import react from '@vitejs/plugin-react';
import { defineConfig } from 'electron-vite';

// Three programs from one tree: main (with the relay as its own entry), one preload, and the pages.
export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      rollupOptions: {
        input: { main: 'main/app/main.ts', relay: 'main/relay/relay.ts' },
        output: { entryFileNames: '[name].js', format: 'es' },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      rollupOptions: {
        input: { preload: 'main/preload/preload.ts' },
        // A sandboxed preload is a classic script: CommonJS, one file.
        output: { entryFileNames: '[name].cjs', format: 'cjs' },
      },
    },
  },
  renderer: {
    root: 'renderer/windows',
    plugins: [react()],
    build: {
      outDir: 'out/renderer',
      // Pages load under a strict content security policy: no inlined data.
      assetsInlineLimit: 0,
      minify: true,
      rollupOptions: {
        input: {
          console: 'renderer/windows/console/index.html',
          device: 'renderer/windows/device/index.html',
          capture: 'renderer/windows/capture/index.html',
          presentation: 'renderer/windows/presentation/index.html',
          lock: 'renderer/windows/lock/index.html',
          indicator: 'renderer/windows/indicator/index.html',
        },
      },
    },
  },
});
