// Above the wall: what is selected, and how large the tiles are.
import { Grid2x2, Grid3x3, Square, X } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { Button } from '../../ui/button.tsx';
import { Segmented } from '../../ui/segmented.tsx';
import { selectDevices, setTileSize, type TileSize, useWall } from './wall-store.ts';
import styles from './wall-toolbar.module.css';

const sizes: readonly TileSize[] = ['small', 'medium', 'large'];
const icons = { small: Grid3x3, medium: Grid2x2, large: Square } as const;

type Props = { readonly hasLesson: boolean };

export const WallToolbar = ({ hasLesson }: Props) => {
  const { t } = useTranslation();
  const order = useWall((wall) => wall.order);
  const count = useWall((wall) => wall.selected.size);
  const tileSize = useWall((wall) => wall.tileSize);
  return (
    <div className={styles.bar}>
      {count === 0 ? (
        <p className={styles.hint}>{hasLesson ? t('wall.hint') : t('wall.noLesson')}</p>
      ) : (
        <p className={styles.count} aria-live="polite">
          {t('wall.selected', { count })}
        </p>
      )}
      {count === 0 ? null : (
        <Button
          size="small"
          look="quiet"
          icon={<X size={16} aria-hidden />}
          onPress={() => selectDevices([])}
          testId="select-none"
        >
          {t('wall.clear')}
        </Button>
      )}
      <span className={styles.gap} />
      {count === order.length ? null : (
        <Button size="small" look="quiet" onPress={() => selectDevices(order)} testId="select-all">
          {t('wall.selectAll')}
        </Button>
      )}
      <Segmented
        label={t('wall.size')}
        isIconOnly
        value={tileSize}
        options={sizes.map((id) => {
          const Icon = icons[id];
          return { id, label: t(`wall.sizes.${id}`), icon: <Icon size={16} aria-hidden /> };
        })}
        onChange={setTileSize}
      />
    </div>
  );
};
