// Entry of the relay process: fans one encoded stream out to all devices, away from the app's windows and disk.
// Runs as an Electron utility process or as a plain Node child; imports no electron.
import { findControlPort } from './control-port.ts';

const port = findControlPort();
if (port === null) throw new Error('The relay is started by the app, not by hand.');

try {
  // Loaded late so that a machine without the native module says so instead of dying silently.
  const { Relay } = await import('./relay-core.ts');
  new Relay(port, () => process.exit(0));
} catch (error) {
  const detail = (error instanceof Error ? error.message : String(error)).slice(0, 500);
  port.post({ type: 'error', code: 'native-missing', peerId: null, detail });
  process.exitCode = 1;
}
