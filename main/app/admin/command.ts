// What an admin command is: its words, its options, what it gives. Nothing here does anything.
import type { ParseArgsOptionsConfig } from 'node:util';
import type { AppError } from '../../../shared/result/result.ts';
import type { SecretBox } from '../../trust/secret-box.ts';

/** What the audit's verifier says of a log. */
export type LogVerdict =
  | { readonly ok: true; readonly entries: number; readonly keyFingerprint: string }
  | { readonly ok: false; readonly brokenEntry: number; readonly reason: string };

export type AdminParts = {
  /** Folder of this start's data; the school lies in it. */
  readonly profile: string;
  readonly box: SecretBox;
  /** Unix milliseconds. */
  readonly wallMs: () => number;
  /** Language of what is printed on paper. */
  readonly language: 'de' | 'en';
  /** Both resolve when the text is out. */
  readonly write: (text: string) => Promise<void>;
  readonly writeError: (text: string) => Promise<void>;
  /** One line of a secret from standard input, unseen when a person types it; `prompt` is shown to a person only. */
  readonly readSecret: (prompt: string) => Promise<string>;
  /** `publicKeyPem` null: the key that the log itself names is believed. */
  readonly verifyAuditLog: (path: string, publicKeyPem: string | null) => LogVerdict;
};

export type Facts = Readonly<Record<string, unknown>>;

export type Outcome =
  /** `facts` for --json, `lines` for people. */
  | { readonly state: 'done'; readonly facts: Facts; readonly lines: readonly string[] }
  /** `message` says what to do. */
  | { readonly state: 'failed'; readonly code: string; readonly message: string; readonly facts?: Facts }
  | { readonly state: 'usage'; readonly message: string };

export type CommandCall = {
  /** An option that was given; `null` without it. */
  readonly text: (name: string) => string | null;
  readonly flag: (name: string) => boolean;
  /** What stands behind the command's name. */
  readonly operand: string | null;
  readonly parts: AdminParts;
};

export type AdminCommand = {
  readonly name: string;
  /** Behind the name, in the form people know from other tools. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly about: string;
  /** The lines of its own help: every option, an example. */
  readonly help: readonly string[];
  readonly options: ParseArgsOptionsConfig;
  readonly takesOperand: boolean;
  readonly run: (call: CommandCall) => Promise<Outcome>;
};

export const done = (facts: Facts, lines: readonly string[]): Outcome => ({ state: 'done', facts, lines });
export const usage = (message: string): Outcome => ({ state: 'usage', message });
export const failed = (code: string, message: string, facts?: Facts): Outcome =>
  facts === undefined ? { state: 'failed', code, message } : { state: 'failed', code, message, facts };

/** What to do about a failure that has a code; texts of the windows are in the catalogue, these are for the command line. */
const advice: Readonly<Record<string, string>> = {
  'identity-damaged':
    'The file of this school is damaged. Put back a copy, or use the recovery sheet in a new profile.',
  'identity-unreadable': 'The file of this school cannot be read. Check its permissions.',
  'identity-exposed':
    'Others can read the file of this school. Let only its owner read it (chmod 600), then try again.',
  'identity-not-written':
    'The file of this school could not be written. Check free space and permissions of the profile.',
  'secret-store-unavailable':
    'The secret store of the system is not available. Log in to the desktop of the account that made the school.',
  'secret-store-refused':
    'The secret store of the system does not open this. It was sealed by another account or computer.',
  'admin-busy': 'Another command changed the school at the same moment. Run this one again.',
  'roster-full':
    'The list of teachers and revoked keys is full. Make a new school and let the devices join it.',
  'roster-signature':
    'This list of teachers was not signed by this school. Give the one that this school has exported.',
  'roster-other-school':
    'This list of teachers belongs to another school. Give the one that this school has exported.',
  'roster-damaged': 'This list of teachers is damaged. Give another copy of it.',
  'recovery-malformed': 'This is no complete recovery code. It starts with LPR1- and has twelve groups.',
  'recovery-checksum': 'A character of the recovery code is wrong. Compare it with the sheet and try again.',
  'recovery-other-certificate':
    'The code belongs to another school than the certificate. Give the certificate of that school.',
  'recovery-bad-certificate':
    'The certificate cannot be read. Give a PEM file, or the identity file of a device or console.',
};

/** A failure of a part below in words of the command line; `detail` stays in its own field. */
export const explained = (error: AppError): Outcome => {
  const message = advice[error.code] ?? `It failed with the code ${error.code}.`;
  return error.detail === undefined
    ? failed(error.code, message)
    : failed(error.code, message, { detail: error.detail });
};
