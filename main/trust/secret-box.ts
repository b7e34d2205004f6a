// Keeping secrets at rest, as a port: the console's box is the secret store of the OS, the agent's is a file that only its
// account may read.
import { type AppError, ok, type Result } from '../../shared/result/result.ts';

export type SecretBoxFailure = AppError<'secret-store-unavailable' | 'secret-store-refused'>;

export type SecretBox = {
  /** Written into the file, so that nobody opens it with another box. */
  readonly kind: 'system' | 'file-mode';
  readonly seal: (secret: Uint8Array) => Promise<Result<Uint8Array, SecretBoxFailure>>;
  readonly open: (sealed: Uint8Array) => Promise<Result<Uint8Array, SecretBoxFailure>>;
};

/** Leaves the bytes as they are: the file's mode (0600) is the protection. For agents, whose service has no OS store. */
export const fileModeBox: SecretBox = {
  kind: 'file-mode',
  seal: async (secret) => ok(secret),
  open: async (sealed) => ok(sealed),
};
