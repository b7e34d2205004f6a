// One choice of a few, all visible at once.
import type { ReactNode } from 'react';
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import styles from './segmented.module.css';

type Props<T extends string> = {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly id: T; readonly label: string; readonly icon?: ReactNode }[];
  readonly onChange: (value: T) => void;
  /** Show only the icons; the labels are still read out. */
  readonly isIconOnly?: boolean;
};

export const Segmented = <T extends string>({ label, value, options, onChange, isIconOnly }: Props<T>) => (
  <ToggleButtonGroup
    aria-label={label}
    className={styles.group ?? ''}
    selectionMode="single"
    disallowEmptySelection
    selectedKeys={[value]}
    onSelectionChange={(keys) => {
      const chosen = options.find((option) => keys.has(option.id));
      if (chosen !== undefined) onChange(chosen.id);
    }}
  >
    {options.map((option) => (
      <ToggleButton key={option.id} id={option.id} className={styles.segment ?? ''} aria-label={option.label}>
        {option.icon}
        {isIconOnly ? null : option.label}
      </ToggleButton>
    ))}
  </ToggleButtonGroup>
);
