// Look and language of this machine's windows: what the person chose, else the policy, else the system.
import { type Appearance, defaultAppearance } from '../../shared/settings/appearance.ts';
import type { Policy } from '../../shared/settings/policy.ts';
import type { JsonFile } from '../lib/json-file.ts';

/** Only what is given changes. */
export type AppearanceChange = { readonly [K in keyof Appearance]?: Appearance[K] | undefined };

export type AppearanceSetting = {
  readonly get: () => Appearance;
  readonly set: (change: AppearanceChange) => Appearance;
};

export const createAppearance = (
  file: JsonFile<Appearance>,
  policy: Policy,
  onChange: (appearance: Appearance) => void,
): AppearanceSetting => {
  let current: Appearance = file.load() ?? {
    language: policy.language ?? defaultAppearance.language,
    theme: policy.theme ?? defaultAppearance.theme,
  };
  return {
    get: () => current,
    set(change) {
      current = { language: change.language ?? current.language, theme: change.theme ?? current.theme };
      file.save(current);
      onChange(current);
      return current;
    },
  };
};
