// The one push button of the app. Its look says what pressing it means, not where it stands.
import type { ReactNode } from 'react';
import { Button as AriaButton, type ButtonProps, Tooltip, TooltipTrigger } from 'react-aria-components';
import styles from './button.module.css';

export type ButtonLook = 'plain' | 'quiet' | 'primary' | 'present' | 'lock' | 'danger';

type Props = Omit<ButtonProps, 'className' | 'style' | 'children'> & {
  readonly look?: ButtonLook;
  readonly size?: 'small' | 'normal' | 'large';
  readonly icon?: ReactNode;
  readonly children: ReactNode;
  readonly testId?: string;
};

export const Button = ({ look = 'plain', size = 'normal', icon, children, testId, ...rest }: Props) => (
  <AriaButton
    {...rest}
    className={styles.button ?? ''}
    data-look={look}
    data-size={size}
    data-testid={testId}
  >
    {icon}
    <span>{children}</span>
  </AriaButton>
);

type IconButtonProps = Omit<ButtonProps, 'className' | 'style' | 'children' | 'aria-label'> & {
  /** What it does; read out and shown as a tooltip. */
  readonly label: string;
  readonly icon: ReactNode;
  readonly look?: ButtonLook;
  readonly size?: 'small' | 'normal';
  readonly testId?: string;
};

export const IconButton = ({
  label,
  icon,
  look = 'quiet',
  size = 'normal',
  testId,
  ...rest
}: IconButtonProps) => (
  <TooltipTrigger delay={500}>
    <AriaButton
      {...rest}
      aria-label={label}
      className={styles.button ?? ''}
      data-look={look}
      data-size={size}
      data-icon-only
      data-testid={testId}
    >
      {icon}
    </AriaButton>
    <Tooltip className={styles.tooltip ?? ''} offset={6}>
      {label}
    </Tooltip>
  </TooltipTrigger>
);
