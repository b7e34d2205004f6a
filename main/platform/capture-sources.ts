// Screens and windows that can be captured. Pages get handles; what they mean stays here.
import { randomUUID } from 'node:crypto';
import { type DesktopCapturerSource, desktopCapturer } from 'electron/main';
import type { SourcePreview } from '../../shared/ipc/contract.ts';

export type CaptureSources = {
  /** Asks the system anew, with small pictures. Costs tens of milliseconds: for the open picker only. */
  readonly list: () => Promise<SourcePreview[]>;
  /** The source of a handle from `list`, null when it is gone or was never given. */
  readonly find: (
    handle: string,
  ) => { kind: 'screen' | 'window'; name: string; source: DesktopCapturerSource } | null;
  /** The whole primary screen of this machine. */
  readonly primaryScreen: () => Promise<DesktopCapturerSource | null>;
};

const thumbnailSize = { width: 320, height: 180 };

const kindOf = (source: DesktopCapturerSource): 'screen' | 'window' =>
  source.id.startsWith('screen:') ? 'screen' : 'window';

export const createCaptureSources = (primaryDisplayId: () => string): CaptureSources => {
  const handles = new Map<string, string>();
  let latest = new Map<string, DesktopCapturerSource>();

  const handleOf = (id: string): string => {
    let handle = handles.get(id);
    if (handle === undefined) {
      handle = randomUUID();
      handles.set(id, handle);
    }
    return handle;
  };

  return {
    async list() {
      const sources = await desktopCapturer.getSources({ types: ['screen', 'window'], thumbnailSize });
      latest = new Map(sources.map((source) => [handleOf(source.id), source]));
      return [...latest].slice(0, 64).map(([id, source]) => ({
        id,
        kind: kindOf(source),
        name: source.name.slice(0, 256),
        thumbnailPng: source.thumbnail.isEmpty() ? null : new Uint8Array(source.thumbnail.toPNG()),
      }));
    },
    find(handle) {
      const source = latest.get(handle);
      return source === undefined ? null : { kind: kindOf(source), name: source.name, source };
    },
    async primaryScreen() {
      // No thumbnails here: polling them is what freezes classroom PCs.
      const screens = await desktopCapturer.getSources({
        types: ['screen'],
        thumbnailSize: { width: 0, height: 0 },
      });
      return screens.find(({ display_id }) => display_id === primaryDisplayId()) ?? screens[0] ?? null;
    },
  };
};
