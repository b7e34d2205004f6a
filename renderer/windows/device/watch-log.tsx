// Who looked at this screen and when, by day: the pupil's own record.
import { ArrowLeft, EyeOff } from 'lucide-react';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AgentSnapshot, WatchEntry } from '../../../shared/ipc/contract.ts';
import { errorText } from '../../lib/error-text.ts';
import { formatDay, formatDuration, formatTime } from '../../lib/formatters.ts';
import { call } from '../../lib/ipc-client.ts';
import { useNow } from '../../lib/use-now.ts';
import { Button } from '../../ui/button.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import { groupByDay } from './group-by-day.ts';
import styles from './watch-log.module.css';

type LogState =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly entries: readonly WatchEntry[] }
  | { readonly state: 'failed'; readonly code: string };

const useWatchLog = (watched: AgentSnapshot['watched']): LogState => {
  const [log, setLog] = useState<LogState>({ state: 'loading' });
  const watchedKey = watched === null ? null : `${watched.since} ${watched.by}`;
  // biome-ignore lint/correctness/useExhaustiveDependencies: begin and end of a look are news for the list
  useEffect(() => {
    let isCurrent = true;
    void call('device:watch-log', {}).then((result) => {
      if (!isCurrent) return;
      setLog(
        result.ok ? { state: 'ready', entries: result.value } : { state: 'failed', code: result.error.code },
      );
    });
    return () => {
      isCurrent = false;
    };
  }, [watchedKey]);
  return log;
};

const Entry = ({ entry, now }: { readonly entry: WatchEntry; readonly now: number }) => {
  const { t, i18n } = useTranslation();
  const { by, startedAt, endedAt } = entry;
  const from = formatTime(startedAt, i18n.language);
  return (
    <li className={styles.entry} data-testid="watch-entry" data-running={endedAt === null || undefined}>
      <span className={styles.by}>{by}</span>
      <span className={styles.span}>
        {endedAt === null
          ? t('agent.log.now', { from })
          : t('agent.log.span', { from, to: formatTime(endedAt, i18n.language) })}
      </span>
      <span className={styles.duration}>{formatDuration((endedAt ?? now) - startedAt, i18n.language)}</span>
    </li>
  );
};

const Days = ({ entries }: { readonly entries: readonly WatchEntry[] }) => {
  const { t, i18n } = useTranslation();
  const now = useNow(10_000);
  if (entries.length === 0) {
    return (
      <p className={styles.empty} data-testid="watch-log-empty">
        <EyeOff size={40} strokeWidth={1.4} aria-hidden />
        {t('agent.log.empty')}
      </p>
    );
  }
  return groupByDay(entries).map(({ day, entries: ofDay }) => (
    <section key={day} className={styles.day} aria-label={formatDay(day, i18n.language, now)}>
      <h2>{formatDay(day, i18n.language, now)}</h2>
      <ul>
        {ofDay.map((entry) => (
          <Entry key={`${entry.startedAt} ${entry.by}`} entry={entry} now={now} />
        ))}
      </ul>
    </section>
  ));
};

type Props = { readonly watched: AgentSnapshot['watched']; readonly onClose: () => void };

export const WatchLog = ({ watched, onClose }: Props) => {
  const { t } = useTranslation();
  const log = useWatchLog(watched);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') onClose();
  };
  return (
    <main className={styles.log} tabIndex={-1} onKeyDown={onKeyDown} data-testid="watch-log-view">
      <Button
        look="quiet"
        icon={<ArrowLeft size={18} aria-hidden />}
        onPress={onClose}
        autoFocus
        testId="watch-log-close"
      >
        {t('common.back')}
      </Button>
      <h1>{t('agent.log.title')}</h1>
      <p className={styles.text}>{t('agent.log.text')}</p>
      {log.state === 'loading' ? (
        <p className={styles.empty}>
          <Spinner /> {t('agent.log.loading')}
        </p>
      ) : null}
      {log.state === 'failed' ? (
        <p className={styles.empty} role="alert">
          {errorText(log.code)}
        </p>
      ) : null}
      {log.state === 'ready' ? <Days entries={log.entries} /> : null}
    </main>
  );
};
