// What the fleet's parent and its processes say to each other over Node's IPC channel.
import type { Policy } from '../../shared/settings/policy.ts';
import type { DeviceStats } from './simulated-device.ts';

export type FleetMember = {
  readonly index: number;
  readonly name: string;
  /** Folder of its identity and lease. */
  readonly profile: string;
  /** Its own joining code, null for the one in the policy. */
  readonly token: string | null;
};

export type ToFleetProcess =
  | {
      readonly kind: 'start';
      readonly members: readonly FleetMember[];
      readonly policy: Partial<Policy>;
      /** Folder with the recorded desktops. */
      readonly recordings: string;
      readonly bindAddress: string | null;
      /** The profiles go with the process. */
      readonly isTemporary: boolean;
      readonly isVerbose: boolean;
    }
  | FleetOrder;

/** Each is answered by `done` or `failed` with the same id. */
export type FleetOrder =
  | { readonly kind: 'stats'; readonly id: number }
  | { readonly kind: 'kill'; readonly id: number; readonly index: number }
  | { readonly kind: 'restart'; readonly id: number; readonly index: number }
  /** Every device of the process starts again with it. */
  | { readonly kind: 'policy'; readonly id: number; readonly policy: Partial<Policy> };

export type ProcessStats = {
  readonly pid: number;
  /** Processor time since the process began. */
  readonly cpuMs: number;
  readonly memoryBytes: number;
  readonly devices: readonly DeviceStats[];
};

export type FromFleetProcess =
  | { readonly kind: 'started' }
  | { readonly kind: 'done'; readonly id: number; readonly stats: ProcessStats | null }
  | { readonly kind: 'failed'; readonly id: number | null; readonly detail: string };
