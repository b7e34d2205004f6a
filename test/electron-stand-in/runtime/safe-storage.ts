// Owns safeStorage: real encryption with a key in userData; honest about not being a keyring.
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { appRaw } from './app.ts';
import { refusing } from './refuse.ts';

const prefix = Buffer.from('v10');

function key(): Buffer {
  if (!appRaw.isReady()) throw new Error('safeStorage cannot be used before app is ready');
  const folder = appRaw.getPath('userData');
  const path = join(folder, 'stand-in-safe-storage.key');
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, randomBytes(32), { mode: 0o600, flag: 'wx' });
  }
  return readFileSync(path);
}

export const safeStorage = refusing(
  {
    isEncryptionAvailable: () => appRaw.isReady(),
    getSelectedStorageBackend: () => 'basic_text',
    setUsePlainTextEncryption(_use: boolean): void {},
    encryptString(text: string): Buffer {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key(), nonce);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([prefix, nonce, cipher.getAuthTag(), body]);
    },
    decryptString(encrypted: Buffer): string {
      const wrong = new Error('Error while decrypting the ciphertext provided to safeStorage.decryptString.');
      if (!encrypted.subarray(0, 3).equals(prefix) || encrypted.length < 31) throw wrong;
      try {
        const decipher = createDecipheriv('aes-256-gcm', key(), encrypted.subarray(3, 15));
        decipher.setAuthTag(encrypted.subarray(15, 31));
        return Buffer.concat([decipher.update(encrypted.subarray(31)), decipher.final()]).toString('utf8');
      } catch {
        throw wrong;
      }
    },
  },
  'safeStorage',
);
