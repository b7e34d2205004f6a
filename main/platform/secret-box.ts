// Secrets at rest on the teacher's PC, sealed by the operating system's store.
import { safeStorage } from 'electron/main';
import { fail, ok } from '../../shared/result/result.ts';
import type { SecretBox } from '../trust/secret-box.ts';
import { isReleaseBuild } from './build-kind.ts';

/**
 * A Linux desktop without a keyring "seals" with a password that is printed in Chromium's sources (`basic_text`): good
 * enough to try the program from its sources, never for a school.
 */
const isRealStore = (): boolean => {
  if (!safeStorage.isEncryptionAvailable()) return false;
  if (process.platform !== 'linux' || !isReleaseBuild()) return true;
  const backend = safeStorage.getSelectedStorageBackend();
  return backend !== 'basic_text' && backend !== 'unknown';
};

/** The store seals texts only, so bytes travel in base64. */
export const systemSecretBox: SecretBox = {
  kind: 'system',
  async seal(secret) {
    if (!isRealStore()) return fail('secret-store-unavailable', 'ask-it');
    return ok(new Uint8Array(safeStorage.encryptString(Buffer.from(secret).toString('base64'))));
  },
  async open(sealed) {
    if (!isRealStore()) return fail('secret-store-unavailable', 'ask-it');
    try {
      return ok(new Uint8Array(Buffer.from(safeStorage.decryptString(Buffer.from(sealed)), 'base64')));
    } catch (error) {
      // Sealed by another account or machine; the store's words go to the log only.
      return fail('secret-store-refused', 'ask-it', error instanceof Error ? error.message : String(error));
    }
  },
};
