// Secrets at rest on the teacher's PC, sealed by the operating system's store.
import { safeStorage } from 'electron/main';

export const isSystemStoreAvailable = (): boolean => safeStorage.isEncryptionAvailable();

export const sealSecret = (text: string): Uint8Array => new Uint8Array(safeStorage.encryptString(text));

/** Throws where the bytes were not sealed by this account on this machine. */
export const openSecret = (sealed: Uint8Array): string => safeStorage.decryptString(Buffer.from(sealed));
