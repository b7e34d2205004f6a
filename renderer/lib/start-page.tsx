// How every page begins: look and language first, then the view.
import './no-eval.ts';
import { type ReactNode, StrictMode } from 'react';
import { I18nProvider } from 'react-aria-components';
import { createRoot } from 'react-dom/client';
import { useTranslation } from 'react-i18next';
import { startAppearance } from './appearance.ts';
import '../ui/base.css';

const Spoken = ({ children }: { readonly children: ReactNode }): ReactNode => {
  const { i18n } = useTranslation();
  return <I18nProvider locale={i18n.language === 'de' ? 'de-DE' : 'en-GB'}>{children}</I18nProvider>;
};

/** Draws `view` into the page once its theme and words are there. */
export const startPage = async (view: ReactNode): Promise<void> => {
  await startAppearance();
  const root = document.getElementById('root');
  if (root === null) throw new Error('The page has no #root element.');
  createRoot(root).render(
    <StrictMode>
      <Spoken>{view}</Spoken>
    </StrictMode>,
  );
};
