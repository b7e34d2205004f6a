// The sources a teacher can show, with pictures that are renewed while the picker is open.
import { useEffect, useState } from 'react';
import type { PresentationSource } from '../../../shared/domain/lesson.ts';
import type { SourcePreview } from '../../../shared/ipc/contract.ts';
import { call } from '../../lib/ipc-client.ts';

const renewMs = 2_000;

/** `pictureUrl` is null where the system gives no preview. */
export type SourceChoice = PresentationSource & { readonly pictureUrl: string | null };

export type SourcePreviews =
  | { readonly state: 'loading' }
  | { readonly state: 'failed'; readonly code: string }
  | { readonly state: 'ready'; readonly sources: readonly SourceChoice[] };

const toChoice = ({ thumbnailPng, ...source }: SourcePreview): SourceChoice => ({
  ...source,
  pictureUrl:
    thumbnailPng === null
      ? null
      : URL.createObjectURL(new Blob([new Uint8Array(thumbnailPng)], { type: 'image/png' })),
});

const release = (sources: readonly SourceChoice[]): void => {
  for (const { pictureUrl } of sources) if (pictureUrl !== null) URL.revokeObjectURL(pictureUrl);
};

/** Asks again `renewMs` after each answer, so that a slow system is never asked twice at once. */
export const useSourcePreviews = (): SourcePreviews => {
  const [previews, setPreviews] = useState<SourcePreviews>({ state: 'loading' });
  useEffect(() => {
    let isGone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let shown: readonly SourceChoice[] = [];
    const renew = async (): Promise<void> => {
      const result = await call('presentation:sources', {});
      if (isGone) return;
      if (result.ok) {
        const old = shown;
        shown = result.value.map(toChoice);
        setPreviews({ state: 'ready', sources: shown });
        // The old pictures are on screen until the new ones are drawn.
        setTimeout(() => release(old), renewMs / 2);
      } else if (shown.length === 0) setPreviews({ state: 'failed', code: result.error.code });
      timer = setTimeout(() => void renew(), renewMs);
    };
    void renew();
    return () => {
      isGone = true;
      clearTimeout(timer);
      release(shown);
    };
  }, []);
  return previews;
};
