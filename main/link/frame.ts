// One text frame to one message: the only place where bytes of a peer become a type.
import type { z } from 'zod';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';

export type FrameFailure = AppError<'not-json' | 'bad-message'>;

/** Parses a frame strictly; `detail` says where it is wrong and holds nothing of its content. */
export function parseFrame<T>(schema: z.ZodType<T>, bytes: Buffer): Result<T, FrameFailure> {
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString('utf8'));
  } catch {
    return fail('not-json');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0];
  return fail('bad-message', 'none', `${issue?.code ?? ''} at ${issue?.path.join('.') ?? ''}`.slice(0, 120));
}
