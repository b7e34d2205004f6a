// The wall: every device as a tile. A click opens one; check box, control-click or space select.
import { Check } from 'lucide-react';
import { type KeyboardEvent, type PointerEvent, useEffect, useRef } from 'react';
import { Checkbox, GridList, GridListItem } from 'react-aria-components';
import { useTranslation } from 'react-i18next';
import { DeviceId } from '../../../shared/domain/ids.ts';
import { DeviceTile } from './device-tile.tsx';
import type { TileVisibility } from './tile-visibility.ts';
import styles from './wall-grid.module.css';
import { selectDevices, toggleDevice, useWall } from './wall-store.ts';

type TileCellProps = {
  readonly id: DeviceId;
  readonly hasLesson: boolean;
  readonly tiles: TileVisibility;
};

/** The part of a cell that is really on screen: the list renders its items once more, out of the document. */
const TileBody = ({ id, hasLesson, tiles }: TileCellProps) => {
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => (body.current === null ? undefined : tiles.observe(body.current, id)), [tiles, id]);

  const selectWithModifier = (event: PointerEvent): void => {
    if (!event.ctrlKey && !event.metaKey) return;
    // The list would take the press for "open".
    event.stopPropagation();
    event.preventDefault();
    toggleDevice(id);
  };
  return (
    <div ref={body} onPointerDownCapture={selectWithModifier}>
      <DeviceTile id={id} hasLesson={hasLesson} />
    </div>
  );
};

const TileCell = (props: TileCellProps) => {
  const { t } = useTranslation();
  const name = useWall((wall) => wall.devices.get(props.id)?.name ?? '');
  return (
    <GridListItem id={props.id} textValue={name} className={styles.cell ?? ''}>
      <TileBody {...props} />
      <Checkbox
        slot="selection"
        className={styles.check ?? ''}
        aria-label={t('wall.selectDevice', { name })}
        data-testid={`select-${props.id}`}
      >
        <Check aria-hidden />
      </Checkbox>
    </GridListItem>
  );
};

type Props = {
  readonly hasLesson: boolean;
  readonly tiles: TileVisibility;
  readonly onOpen: (id: DeviceId) => void;
};

export const WallGrid = ({ hasLesson, tiles, onOpen }: Props) => {
  const { t } = useTranslation();
  const order = useWall((wall) => wall.order);
  const selected = useWall((wall) => wall.selected);
  const tileSize = useWall((wall) => wall.tileSize);

  const openWithEnter = (event: KeyboardEvent): void => {
    const row = event.target instanceof Element ? event.target.closest('[role="row"]') : null;
    const id = DeviceId.safeParse(row?.getAttribute('data-key'));
    if (event.key !== 'Enter' || event.target !== row || !id.success) return;
    // With a selection the list would take Enter for "select".
    event.preventDefault();
    event.stopPropagation();
    onOpen(id.data);
  };
  return (
    <div onKeyDownCapture={openWithEnter}>
      <GridList
        aria-label={t('wall.label')}
        className={styles.grid ?? ''}
        data-size={tileSize}
        data-selecting={selected.size > 0 || undefined}
        layout="grid"
        selectionMode="multiple"
        items={order.map((id) => ({ id }))}
        dependencies={[hasLesson, tiles]}
        selectedKeys={selected}
        onSelectionChange={(keys) => selectDevices(keys === 'all' ? order : (keys as Set<DeviceId>))}
        onAction={(key) => onOpen(key as DeviceId)}
      >
        {({ id }) => <TileCell id={id} hasLesson={hasLesson} tiles={tiles} />}
      </GridList>
    </div>
  );
};
