// Text entry with its label, hint and error, wired together for screen readers.
import type { ReactNode } from 'react';
import { Input, Label, Text, TextArea, TextField, type TextFieldProps } from 'react-aria-components';
import styles from './field.module.css';

type Props = Omit<TextFieldProps, 'className' | 'style' | 'children'> & {
  readonly label: string;
  readonly hint?: ReactNode;
  readonly error?: string | null;
  /** More than one line high when set. */
  readonly rows?: number;
  readonly testId?: string;
  readonly isCode?: boolean;
};

export const Field = ({ label, hint, error = null, rows, testId, isCode = false, ...rest }: Props) => (
  // With native validation a shown error would keep the form from being sent again.
  <TextField {...rest} validationBehavior="aria" isInvalid={error !== null} className={styles.field ?? ''}>
    <Label className={styles.label ?? ''}>{label}</Label>
    {rows === undefined ? (
      <Input className={styles.input ?? ''} data-testid={testId} data-code={isCode || undefined} />
    ) : (
      <TextArea
        className={styles.input ?? ''}
        rows={rows}
        data-testid={testId}
        data-code={isCode || undefined}
      />
    )}
    {hint === undefined ? null : (
      <Text slot="description" className={styles.hint ?? ''}>
        {hint}
      </Text>
    )}
    {error === null ? null : (
      <Text slot="errorMessage" className={styles.error ?? ''} data-testid={testId && `${testId}-error`}>
        {error}
      </Text>
    )}
  </TextField>
);
