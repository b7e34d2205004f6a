// What a pupil can always look up: whose room this device is in, whether somebody looks, and how to join a room.
import {
  ChevronRight,
  CircleCheck,
  ClockAlert,
  Eye,
  EyeOff,
  History,
  KeyRound,
  Lock,
  Presentation,
  Search,
  ShieldAlert,
  ShieldCheck,
  Unplug,
} from 'lucide-react';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import type { AgentSnapshot } from '../../../shared/ipc/contract.ts';
import { errorText } from '../../lib/error-text.ts';
import { formatClock, formatDuration } from '../../lib/formatters.ts';
import { useAgent } from '../../lib/use-agent.ts';
import { AppearanceMenu } from '../../ui/appearance-menu.tsx';
import { Logo } from '../../ui/logo.tsx';
import { Spinner } from '../../ui/spinner.tsx';
import styles from './app.module.css';
import { Join } from './join.tsx';
import { WatchLog } from './watch-log.tsx';

type Link = AgentSnapshot['link'];

const icons: Record<Link['state'], ReactNode> = {
  unenrolled: <KeyRound aria-hidden />,
  searching: <Search aria-hidden />,
  connecting: <Spinner />,
  waiting: <Unplug aria-hidden />,
  stopped: <Unplug aria-hidden />,
  online: <CircleCheck aria-hidden />,
};

/** Answers of a room that end only when the device joins anew, or when the teacher lets it in again. */
const blockedCodes = ['cloned', 'revoked', 'not-enrolled'] as const;
type BlockedCode = (typeof blockedCodes)[number];

const blockedCode = (link: Link): BlockedCode | null =>
  link.state === 'waiting' ? (blockedCodes.find((code) => code === link.code) ?? null) : null;

const useLinkWords = (link: Link): { readonly headline: string; readonly text: string } => {
  const { t, i18n } = useTranslation();
  switch (link.state) {
    case 'online':
      return {
        headline: t('agent.headline.online', { room: link.room }),
        text: t('agent.text.online', { teacher: link.teacher }),
      };
    case 'waiting': {
      const blocked = blockedCode(link);
      if (blocked !== null) return { headline: t(`agent.blocked.${blocked}`), text: errorText(blocked) };
      return {
        headline: t('agent.headline.waiting'),
        text: t('agent.text.waiting', { time: formatClock(link.retryAt, i18n.language, Date.now()) }),
      };
    }
    default:
      return { headline: t(`agent.headline.${link.state}`), text: t(`agent.text.${link.state}`) };
  }
};

const LinkCard = ({ link }: { readonly link: Link }) => {
  const { t } = useTranslation();
  const { headline, text } = useLinkWords(link);
  const blocked = blockedCode(link);
  return (
    <section
      className={styles.card}
      data-testid="link-state"
      data-state={link.state}
      data-blocked={blocked ?? undefined}
      data-error={link.state === 'waiting' ? link.code : undefined}
      aria-live="polite"
    >
      <span className={styles.icon}>
        {blocked === null ? icons[link.state] : <ShieldAlert aria-hidden />}
      </span>
      <div>
        <h1>{headline}</h1>
        <p>{text}</p>
        {link.state === 'waiting' && blocked === null ? (
          <p className={styles.reason}>{errorText(link.code)}</p>
        ) : null}
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
  const { t, i18n } = useTranslation();
  const { clockDifferenceMs } = snapshot;
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
      {clockDifferenceMs === null ? null : (
        <p className={styles.fact} data-tone="lock" data-testid="clock-difference">
          <ClockAlert size={18} aria-hidden />
          {t('agent.clock', { difference: formatDuration(Math.abs(clockDifferenceMs), i18n.language) })}
        </p>
      )}
    </>
  );
};

const LogButton = ({ isFocused, onPress }: { readonly isFocused: boolean; readonly onPress: () => void }) => {
  const { t } = useTranslation();
  return (
    <AriaButton
      className={styles.logButton ?? ''}
      onPress={onPress}
      // Back from the list, the keyboard is where it was.
      autoFocus={isFocused}
      data-testid="watch-log"
    >
      <History size={20} aria-hidden />
      <span>{t('agent.log.open')}</span>
      <ChevronRight size={20} aria-hidden />
    </AriaButton>
  );
};

const StatusView = ({ snapshot, log }: { readonly snapshot: AgentSnapshot; readonly log: ReactNode }) => {
  const { t } = useTranslation();
  const [joined, setJoined] = useState<string | null>(null);
  const { link } = snapshot;
  const mayJoin = link.state === 'unenrolled' || blockedCode(link) !== null;
  return (
    <main className={styles.main}>
      {joined === null || mayJoin ? null : (
        <p className={styles.fact} data-tone="good" role="status" data-testid="joined">
          <CircleCheck size={18} aria-hidden />
          {t('agent.enrol.done', { room: joined })}
        </p>
      )}
      {mayJoin ? (
        <Join onJoined={setJoined} head={<LinkCard link={link} />} />
      ) : (
        <>
          <LinkCard link={link} />
          <WatchCard watched={snapshot.watched} />
        </>
      )}
      {log}
      <Facts snapshot={snapshot} />
    </main>
  );
};

export const App = () => {
  const { t, i18n } = useTranslation();
  const snapshot = useAgent();
  const [isLogOpen, setIsLogOpen] = useState(false);
  const wasLogOpen = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the title is in the language in use
  useEffect(() => {
    document.title = t('app.deviceTitle');
  }, [t, i18n.language]);
  if (snapshot === null) return null;
  const openLog = (): void => {
    wasLogOpen.current = true;
    setIsLogOpen(true);
  };
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
      {isLogOpen ? (
        <WatchLog watched={snapshot.watched} onClose={() => setIsLogOpen(false)} />
      ) : (
        <StatusView
          snapshot={snapshot}
          log={<LogButton isFocused={wasLogOpen.current} onPress={openLog} />}
        />
      )}
      <footer className={styles.foot}>
        <ShieldCheck size={18} aria-hidden />
        {t('agent.always')}
      </footer>
    </div>
  );
};
