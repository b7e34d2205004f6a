// Shows the presentation: one picture, as large as the window, and a word when it does not come.
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { call, on } from '../../lib/ipc-client.ts';
import { signalPortTo } from '../../lib/page-signals.ts';
import { createViewerSession, type ViewerSession } from '../../webrtc/viewer-session.ts';
import './presentation.css';

type State = 'idle' | 'connecting' | 'showing' | 'recovering' | 'insecure';

/** Opens a session while a presentation is wanted and tells main what the device really shows. */
const followPresentation = (video: HTMLVideoElement, show: (state: State) => void): (() => void) => {
  let session: ViewerSession | null = null;
  let detach = (): void => {};

  const begin = (): void => {
    if (session !== null) return;
    const opened = createViewerSession(signalPortTo({ kind: 'relay' }));
    session = opened;
    detach = opened.attach(video);
    show('connecting');
    opened.on('first-frame', () => {
      show('showing');
      void call('viewer:report', { state: 'showing' });
    });
    opened.on('status', (status) => {
      if (status === 'live') show('showing');
      if (status === 'frozen' || status === 'failed') show('recovering');
      if (status === 'insecure') {
        show('insecure');
        void call('viewer:report', { state: 'insecure' });
      }
      if (status === 'failed') void call('viewer:report', { state: 'failed' });
    });
  };
  const end = (): void => {
    detach();
    session?.close();
    session = null;
    video.srcObject = null;
    show('idle');
  };
  const want = (isWanted: boolean): void => (isWanted ? begin() : end());

  const stopListening = on('viewer:wanted', ({ isWanted }) => want(isWanted));
  void call('viewer:ready', {}).then((result) => {
    if (!result.ok || !result.value.isWanted) return;
    begin();
    // The offer may have come before this page was there to hear it.
    session?.ask();
  });
  return () => {
    stopListening();
    end();
  };
};

export const App = (): ReactNode => {
  const { t } = useTranslation();
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<State>('idle');

  useEffect(() => (video.current === null ? undefined : followPresentation(video.current, setState)), []);

  return (
    <main className="presentation" data-state={state}>
      {/* biome-ignore lint/a11y/useMediaCaption: a live screen has no spoken text to write down */}
      <video ref={video} data-testid="presentation-video" aria-label={t('presentation.onDevice')} />
      {state === 'recovering' && <p role="status">{t('presentation.recovering')}</p>}
      {state === 'insecure' && <p role="alert">{t('presentation.insecure')}</p>}
    </main>
  );
};
