// Where short messages appear: read out politely, closed by hand, problems stay until they are.
import { CircleCheck, TriangleAlert, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { dismissNotice, useNotices } from '../lib/notices.ts';
import { IconButton } from './button.tsx';
import styles from './notice-area.module.css';

export const NoticeArea = () => {
  const { t } = useTranslation();
  const shown = useNotices((state) => state.shown);
  return (
    <section className={styles.area} aria-label={t('notices.label')} aria-live="polite">
      {shown.map((notice) => (
        <div
          key={notice.id}
          className={styles.notice}
          data-tone={notice.tone}
          data-testid={`notice-${notice.tone}`}
        >
          {notice.tone === 'good' ? (
            <CircleCheck size={20} aria-hidden />
          ) : (
            <TriangleAlert size={20} aria-hidden />
          )}
          <div className={styles.words}>
            <p className={styles.text}>{notice.text}</p>
            {notice.details.length === 0 ? null : (
              <ul className={styles.details}>
                {notice.details.map((detail) => (
                  <li key={detail}>{detail}</li>
                ))}
              </ul>
            )}
          </div>
          <IconButton
            size="small"
            label={t('common.close')}
            icon={<X size={16} aria-hidden />}
            onPress={() => dismissNotice(notice.id)}
          />
        </div>
      ))}
    </section>
  );
};
