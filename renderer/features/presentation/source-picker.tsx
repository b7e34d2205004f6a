// Lets the teacher choose what to show: screens and windows with live pictures.
import { AppWindow, Monitor, Presentation } from 'lucide-react';
import { useState } from 'react';
import { ListBox, ListBoxItem, Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { errorText } from '../../lib/error-text.ts';
import { Button } from '../../ui/button.tsx';
import { Dialog } from '../../ui/dialog.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { closePicker, usePresentation } from './presentation-store.ts';
import type { PresenterController } from './presenter-controller.ts';
import styles from './source-picker.module.css';
import { useSourceName } from './use-source-name.ts';
import { type SourceChoice, useSourcePreviews } from './use-source-previews.ts';

type Kind = SourceChoice['kind'];

type SourceListProps = {
  readonly kind: Kind;
  readonly sources: readonly SourceChoice[];
  readonly chosen: string | null;
  readonly onChoose: (id: string | null) => void;
  readonly onStart: (id: string) => void;
};

const SourceList = ({ kind, sources, chosen, onChoose, onStart }: SourceListProps) => {
  const { t } = useTranslation();
  const nameOf = useSourceName();
  if (sources.length === 0) {
    return (
      <p className={styles.none}>
        {kind === 'screen' ? t('presentation.dialog.noScreens') : t('presentation.dialog.noWindows')}
      </p>
    );
  }
  const numbered = sources.map((source, index) => ({ ...source, index }));
  return (
    <ListBox
      aria-label={kind === 'screen' ? t('presentation.dialog.screens') : t('presentation.dialog.windows')}
      layout="grid"
      className={styles.grid ?? ''}
      items={numbered}
      selectionMode="single"
      selectionBehavior="replace"
      selectedKeys={chosen === null ? [] : [chosen]}
      onSelectionChange={(keys) => onChoose(keys === 'all' ? null : ([...keys][0]?.toString() ?? null))}
      onAction={(key) => onStart(String(key))}
    >
      {(source) => {
        const name = nameOf(source, source.index + 1);
        return (
          <ListBoxItem
            id={source.id}
            textValue={name}
            className={styles.source ?? ''}
            data-testid={`source-${kind}-${source.index}`}
          >
            <span className={styles.picture}>
              {source.pictureUrl === null ? (
                <AppWindow size={36} strokeWidth={1.4} aria-hidden />
              ) : (
                <img src={source.pictureUrl} alt="" />
              )}
            </span>
            <span className={styles.name}>{name}</span>
          </ListBoxItem>
        );
      }}
    </ListBox>
  );
};

type PickerProps = { readonly mode: 'start' | 'change'; readonly controller: PresenterController };

const Picker = ({ mode, controller }: PickerProps) => {
  const { t } = useTranslation();
  const previews = useSourcePreviews();
  const [chosen, setChosen] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const sources = previews.state === 'ready' ? previews.sources : [];
  const of = (kind: Kind) => sources.filter((source) => source.kind === kind);
  // One screen is what most desks have: it is chosen until the teacher chooses.
  const current = chosen ?? of('screen')[0]?.id ?? null;
  const isThere = sources.some(({ id }) => id === current);

  const start = async (id: string): Promise<void> => {
    setIsBusy(true);
    setError(null);
    const result = await (mode === 'start' ? controller.start(id) : controller.change(id));
    setIsBusy(false);
    if (result.ok) closePicker();
    else setError(errorText(result.error.code));
  };
  const list = (kind: Kind) => (
    <SourceList
      kind={kind}
      sources={of(kind)}
      chosen={current}
      onChoose={setChosen}
      onStart={(id) => void start(id)}
    />
  );
  return (
    <Dialog
      isOpen
      width="wide"
      onClose={closePicker}
      title={mode === 'start' ? t('presentation.dialog.title') : t('presentation.dialog.changeTitle')}
      testId="source-picker"
      footer={
        <>
          <p className={styles.message} role={error === null ? undefined : 'alert'}>
            {error}
          </p>
          <Button onPress={closePicker}>{t('common.cancel')}</Button>
          <Button
            look="present"
            icon={<Presentation size={18} aria-hidden />}
            isDisabled={current === null || !isThere}
            isPending={isBusy}
            onPress={() => current !== null && void start(current)}
            testId="present-start"
          >
            {mode === 'start' ? t('presentation.dialog.start') : t('presentation.dialog.change')}
          </Button>
        </>
      }
    >
      <p className={styles.intro}>{t('presentation.dialog.intro')}</p>
      {previews.state === 'loading' ? (
        <p className={styles.none}>
          <Spinner /> {t('presentation.dialog.loading')}
        </p>
      ) : null}
      {previews.state === 'failed' ? <p className={styles.none}>{errorText(previews.code)}</p> : null}
      {previews.state === 'ready' ? (
        <Tabs className={styles.tabs ?? ''}>
          <TabList aria-label={t('presentation.dialog.title')} className={styles.tabList ?? ''}>
            <Tab id="screen" className={styles.tab ?? ''} data-testid="tab-screen">
              <Monitor size={17} aria-hidden />
              {t('presentation.dialog.screens')}
              <small>{of('screen').length}</small>
            </Tab>
            <Tab id="window" className={styles.tab ?? ''} data-testid="tab-window">
              <AppWindow size={17} aria-hidden />
              {t('presentation.dialog.windows')}
              <small>{of('window').length}</small>
            </Tab>
          </TabList>
          <TabPanel id="screen">{list('screen')}</TabPanel>
          <TabPanel id="window">{list('window')}</TabPanel>
        </Tabs>
      ) : null}
    </Dialog>
  );
};

export const SourcePicker = ({ controller }: { readonly controller: PresenterController }) => {
  const picker = usePresentation((state) => state.picker);
  return picker === 'closed' ? null : <Picker mode={picker} controller={controller} />;
};
