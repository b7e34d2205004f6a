// What pages may ask of the browser: nothing but the capture that main has armed.
import { type DesktopCapturerSource, type Session, session } from 'electron/main';
import type { WindowKind } from '../../shared/ipc/define.ts';
import { appOrigin } from './app-protocol.ts';

/** Gives the source the page of that window may capture now, null for none. */
export type CaptureChoice = (kind: WindowKind) => Promise<DesktopCapturerSource | null>;

/** `local-network-access` and `loopback-network` gate WebRTC to devices of the room and to the relay. */
const allowed: ReadonlySet<string> = new Set(['display-capture', 'local-network-access', 'loopback-network']);

const kindOfUrl = (url: string): WindowKind | null => {
  const match = /^app:\/\/lehrpult\/(console|capture)\/index\.html(?:[?#].*)?$/.exec(url);
  return (match?.[1] as WindowKind | undefined) ?? null;
};

export const guardSession = (choose: CaptureChoice, guarded: Session = session.defaultSession): void => {
  const isOurs = (url: string): boolean => url.startsWith(`${appOrigin}/`) || url === appOrigin;
  guarded.setPermissionRequestHandler((contents, permission, callback) => {
    callback(allowed.has(permission) && isOurs(contents.getURL()));
  });
  guarded.setPermissionCheckHandler(
    (_contents, permission, origin) => allowed.has(permission) && isOurs(origin),
  );
  guarded.setDisplayMediaRequestHandler((request, callback) => {
    const kind = request.frame === null ? null : kindOfUrl(request.frame.url);
    if (kind === null) {
      callback(null);
      return;
    }
    choose(kind).then(
      (source) => callback(source === null ? null : { video: source }),
      () => callback(null),
    );
  });
};
