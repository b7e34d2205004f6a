// Orders to devices and what came of them, told to the teacher device by device where one did not obey.
import i18next from 'i18next';
import type { DeviceId } from '../../../shared/domain/ids.ts';
import type { PerDevice } from '../../../shared/ipc/contract.ts';
import { errorText } from '../../lib/error-text.ts';
import { call } from '../../lib/ipc-client.ts';
import { notify } from '../../lib/notices.ts';

/** A device as an order needs it. */
export type Target = { readonly id: DeviceId; readonly name: string };

const detailsOf = (answers: PerDevice, targets: readonly Target[]): readonly string[] => {
  const names = new Map(targets.map(({ id, name }) => [id, name]));
  return answers
    .filter((answer) => answer.error !== null)
    .map(({ id, error }) =>
      i18next.t('control.perDevice', {
        name: names.get(id) ?? id.slice(0, 8),
        reason: errorText(error ?? ''),
      }),
    );
};

const tell = (verb: 'lock' | 'unlock', answers: PerDevice, targets: readonly Target[]): void => {
  const failed = detailsOf(answers, targets);
  const done = answers.length - failed.length;
  if (failed.length > 0) {
    notify('problem', i18next.t(`control.${verb}Failed`, { count: failed.length }), failed);
  } else if (done > 0) {
    notify('good', i18next.t(`control.${verb}ed`, { count: done }));
  }
};

/** Locks; `minutes` null means until released or the lesson ends. */
export const lockDevices = async (
  targets: readonly Target[],
  text: string,
  minutes: number | null,
): Promise<void> => {
  const result = await call('devices:lock', { ids: targets.map(({ id }) => id), text, minutes });
  if (result.ok) tell('lock', result.value, targets);
  else notify('problem', errorText(result.error.code));
};

export const unlockDevices = async (targets: readonly Target[]): Promise<void> => {
  const result = await call('devices:unlock', { ids: targets.map(({ id }) => id) });
  if (result.ok) tell('unlock', result.value, targets);
  else notify('problem', errorText(result.error.code));
};
