// The six pictures of a pairing with their words, in the same shape on both screens, so that they can be compared
// place by place.
import { useTranslation } from 'react-i18next';
import type { PairingCode } from '../../shared/domain/joining.ts';
import { pairingPictures } from '../../shared/domain/pairing-pictures.ts';
import { pairingPictureFiles } from './pairing-picture-files.ts';
import styles from './pairing-pictures.module.css';

export const PairingPictures = ({ code }: { readonly code: PairingCode }) => {
  const { t } = useTranslation();
  const shown = code.flatMap((number, place) => {
    const picture = pairingPictures[number];
    return picture === undefined ? [] : [{ place, id: picture.id }];
  });
  return (
    <ol className={styles.list} aria-label={t('pairing.pictureList')}>
      {shown.map(({ place, id }) => (
        <li key={place} className={styles.picture} data-testid="pairing-picture">
          {/* The word stands below it and is what is read out. */}
          <img src={pairingPictureFiles[id]} alt="" draggable={false} />
          {t(`pairing.pictures.${id}`)}
        </li>
      ))}
    </ol>
  );
};
