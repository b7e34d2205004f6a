// Expected failure as a value. Bugs throw; nothing here catches them.

/** What a person can do about an error; the page turns it into a button. */
export type Retry = 'retry' | 'choose-again' | 'ask-it' | 'none';

/** An expected failure: `code` is a key of the catalogue (errors.<code>), `detail` is for the log only. */
export type AppError<Code extends string = string> = {
  readonly code: Code;
  readonly retry: Retry;
  readonly detail?: string;
};

export type Result<T, E = AppError> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

export const fail = <Code extends string>(
  code: Code,
  retry: Retry = 'none',
  detail?: string,
): { readonly ok: false; readonly error: AppError<Code> } => ({
  ok: false,
  error: detail === undefined ? { code, retry } : { code, retry, detail },
});
