// What a pupil can always look up: whose room this device is in, whether somebody looks, and how to join a room.
import {
  CircleCheck,
  Eye,
  EyeOff,
  KeyRound,
  Lock,
  Presentation,
  Search,
  ShieldCheck,
  Unplug,
} from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AgentSnapshot } from '../../../shared/ipc/contract.ts';
import { errorText } from '../../lib/error-text.ts';
import { formatClock } from '../../lib/formatters.ts';
import { useAgent } from '../../lib/use-agent.ts';
import { AppearanceMenu } from '../../ui/appearance-menu.tsx';
import { Logo } from '../../ui/logo.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import styles from './app.module.css';
import { Enrolment } from './enrolment.tsx';

type Link = AgentSnapshot['link'];

const icons: Record<Link['state'], ReactNode> = {
  unenrolled: <KeyRound aria-hidden />,
  searching: <Search aria-hidden />,
  connecting: <Spinner />,
  waiting: <Unplug aria-hidden />,
  stopped: <Unplug aria-hidden />,
  online: <CircleCheck aria-hidden />,
};

const useLinkWords = (link: Link): { readonly headline: string; readonly text: string } => {
  const { t, i18n } = useTranslation();
  switch (link.state) {
    case 'online':
      return {
        headline: t('agent.headline.online', { room: link.room }),
        text: t('agent.text.online', { teacher: link.teacher }),
      };
    case 'waiting':
      return {
        headline: t('agent.headline.waiting'),
        text: t('agent.text.waiting', { time: formatClock(link.retryAt, i18n.language, Date.now()) }),
      };
    default:
      return { headline: t(`agent.headline.${link.state}`), text: t(`agent.text.${link.state}`) };
  }
};

const LinkCard = ({ link }: { readonly link: Link }) => {
  const { t } = useTranslation();
  const { headline, text } = useLinkWords(link);
  return (
    <section
      className={styles.card}
      data-testid="link-state"
      data-state={link.state}
      data-error={link.state === 'waiting' ? link.code : undefined}
      aria-live="polite"
    >
      <span className={styles.icon}>{icons[link.state]}</span>
      <div>
        <h1>{headline}</h1>
        <p>{text}</p>
        {link.state === 'waiting' ? <p className={styles.reason}>{errorText(link.code)}</p> : null}
        {link.state === 'online' ? (
          <p>{link.hasLesson ? t('agent.lessonRunning') : t('agent.lessonNone')}</p>
        ) : null}
      </div>
    </section>
  );
};

const WatchCard = ({ watched }: { readonly watched: AgentSnapshot['watched'] }) => {
  const { t, i18n } = useTranslation();
  return (
    <section
      className={styles.card}
      data-tone={watched === null ? 'calm' : 'watched'}
      data-testid="watch-state"
      aria-label={t('agent.watchTitle')}
      aria-live="polite"
    >
      <span className={styles.icon}>{watched === null ? <EyeOff aria-hidden /> : <Eye aria-hidden />}</span>
      <div>
        <h2>{watched === null ? t('agent.watchedNobody') : t('indicator.watching', { name: watched.by })}</h2>
        {watched === null ? null : (
          <p>{t('agent.watchedSince', { time: formatClock(watched.since, i18n.language, Date.now()) })}</p>
        )}
        {watched?.quality === 'blurred' ? <p>{t('agent.watchedBlurred')}</p> : null}
      </div>
    </section>
  );
};

const Facts = ({ snapshot }: { readonly snapshot: AgentSnapshot }) => {
  const { t } = useTranslation();
  return (
    <>
      {snapshot.lock === null ? null : (
        <p className={styles.fact} data-tone="lock">
          <Lock size={18} aria-hidden />
          {t('agent.locked', { teacher: snapshot.lock.teacher })}
        </p>
      )}
      {snapshot.isShowingPresentation ? (
        <p className={styles.fact} data-tone="present">
          <Presentation size={18} aria-hidden />
          {t('agent.showing')}
        </p>
      ) : null}
    </>
  );
};

export const App = () => {
  const { t, i18n } = useTranslation();
  const snapshot = useAgent();
  const [joined, setJoined] = useState<string | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the title is in the language in use
  useEffect(() => {
    document.title = t('app.deviceTitle');
  }, [t, i18n.language]);
  if (snapshot === null) return null;
  const isMember = snapshot.link.state !== 'unenrolled';
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <Logo size={32} />
        <div>
          <p className={styles.device}>{snapshot.deviceName}</p>
          <p className={styles.caption}>{t('agent.deviceName')}</p>
        </div>
        <AppearanceMenu />
      </header>
      <main className={styles.main}>
        {joined === null ? null : (
          <p className={styles.fact} data-tone="good" role="status">
            <CircleCheck size={18} aria-hidden />
            {t('agent.enrol.done', { room: joined })}
          </p>
        )}
        <LinkCard link={snapshot.link} />
        {isMember ? <WatchCard watched={snapshot.watched} /> : <Enrolment onJoined={setJoined} />}
        <Facts snapshot={snapshot} />
      </main>
      <footer className={styles.foot}>
        <ShieldCheck size={18} aria-hidden />
        {t('agent.always')}
      </footer>
    </div>
  );
};
