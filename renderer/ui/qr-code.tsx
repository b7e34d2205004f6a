// A text as a QR code for a camera. Black on white in every theme: many cameras do not read it the other way round.
import { useMemo } from 'react';
import { encode } from 'uqr';
import styles from './qr-code.module.css';

/** White edge in modules that readers need around the code (ISO/IEC 18004, 9.1). */
const quietModules = 4;

/** One rectangle per run of dark modules. */
const drawRuns = (rows: readonly (readonly boolean[])[]): string =>
  rows
    .flatMap((row, top) => {
      const runs: string[] = [];
      let start = -1;
      for (let at = 0; at <= row.length; at += 1) {
        const isDark = row[at] === true;
        if (isDark && start < 0) start = at;
        if (!isDark && start >= 0) {
          runs.push(`M${start} ${top}h${at - start}v1H${start}z`);
          start = -1;
        }
      }
      return runs;
    })
    .join('');

type Props = {
  readonly text: string;
  /** What it is, for those who do not see it. */
  readonly label: string;
  readonly testId?: string;
};

export const QrCode = ({ text, label, testId }: Props) => {
  const { size, path } = useMemo(() => {
    const { data } = encode(text, { ecc: 'M', border: quietModules });
    return { size: data.length, path: drawRuns(data) };
  }, [text]);
  return (
    <svg
      className={styles.code}
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      data-testid={testId}
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
};
