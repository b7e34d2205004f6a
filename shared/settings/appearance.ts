// How the app looks and speaks to one person.
import { z } from 'zod';

export const Appearance = z.strictObject({
  /** `system` follows the operating system. */
  language: z.enum(['system', 'de', 'en']),
  theme: z.enum(['system', 'light', 'dark']),
});
export type Appearance = z.infer<typeof Appearance>;

export const defaultAppearance: Appearance = { language: 'system', theme: 'system' };
