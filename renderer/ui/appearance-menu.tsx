// Language and colours of the app, for this person on this computer.
import { Check, Languages } from 'lucide-react';
import { Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { changeAppearance, useAppearance } from '../lib/appearance.ts';
import styles from './appearance-menu.module.css';
import { IconButton } from './button.tsx';

const languages = ['system', 'de', 'en'] as const;
const themes = ['system', 'light', 'dark'] as const;

const Mark = () => <Check size={16} className={styles.mark ?? ''} aria-hidden />;

export const AppearanceMenu = () => {
  const { t } = useTranslation();
  const { language, theme } = useAppearance();
  return (
    <MenuTrigger>
      <IconButton
        label={t('appearance.menu')}
        icon={<Languages size={20} aria-hidden />}
        testId="appearance-menu"
      />
      <Popover className={styles.popover ?? ''} placement="bottom end">
        <Menu className={styles.menu ?? ''} aria-label={t('appearance.menu')}>
          <MenuSection
            selectionMode="single"
            disallowEmptySelection
            selectedKeys={[language]}
            onSelectionChange={(keys) => {
              const chosen = languages.find((each) => keys !== 'all' && keys.has(each));
              if (chosen !== undefined) void changeAppearance({ language: chosen });
            }}
          >
            <Header className={styles.header ?? ''}>{t('appearance.language')}</Header>
            {languages.map((id) => (
              <MenuItem key={id} id={id} className={styles.item ?? ''} data-testid={`language-${id}`}>
                <Mark />
                {t(`appearance.languages.${id}`)}
              </MenuItem>
            ))}
          </MenuSection>
          <MenuSection
            selectionMode="single"
            disallowEmptySelection
            selectedKeys={[`theme-${theme}`]}
            onSelectionChange={(keys) => {
              const chosen = themes.find((each) => keys !== 'all' && keys.has(`theme-${each}`));
              if (chosen !== undefined) void changeAppearance({ theme: chosen });
            }}
          >
            <Header className={styles.header ?? ''}>{t('appearance.theme')}</Header>
            {themes.map((id) => (
              <MenuItem key={id} id={`theme-${id}`} className={styles.item ?? ''} data-testid={`theme-${id}`}>
                <Mark />
                {t(`appearance.themes.${id}`)}
              </MenuItem>
            ))}
          </MenuSection>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
};
