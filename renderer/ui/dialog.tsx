// A question or a form above the page. Escape and a press outside close it; focus goes back where it came from.
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { IconButton } from './button.tsx';
import styles from './dialog.module.css';

type Props = {
  readonly isOpen: boolean;
  readonly onClose: () => void;
  readonly title: string;
  readonly width?: 'narrow' | 'normal' | 'medium' | 'wide';
  /** A question that must be answered: no close button, `alertdialog` for screen readers. */
  readonly isAlert?: boolean;
  readonly footer?: ReactNode;
  readonly children: ReactNode;
  readonly testId?: string;
};

export const Dialog = ({
  isOpen,
  onClose,
  title,
  width = 'normal',
  isAlert = false,
  footer,
  children,
  testId,
}: Props) => {
  const { t } = useTranslation();
  return (
    <ModalOverlay
      isOpen={isOpen}
      onOpenChange={(open) => open || onClose()}
      isDismissable={!isAlert}
      className={styles.overlay ?? ''}
    >
      <Modal className={styles.modal ?? ''} data-width={width}>
        <AriaDialog
          role={isAlert ? 'alertdialog' : 'dialog'}
          className={styles.dialog ?? ''}
          data-testid={testId}
        >
          <header className={styles.head}>
            <Heading slot="title" className={styles.title ?? ''}>
              {title}
            </Heading>
            {isAlert ? null : (
              <IconButton label={t('common.close')} icon={<X size={20} aria-hidden />} onPress={onClose} />
            )}
          </header>
          <div className={styles.body}>{children}</div>
          {footer === undefined ? null : <footer className={styles.foot}>{footer}</footer>}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
};
