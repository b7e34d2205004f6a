// What pages may ask of the browser: the capture that main has armed, the clipboard for a code, the camera for a QR code.
// The one permission handler.
import { type DesktopCapturerSource, type Session, session } from 'electron/main';
import type { WindowKind } from '../../shared/ipc/define.ts';
import type { Log } from '../lib/log.ts';
import { appOrigin, kindOfPage } from './page-address.ts';
import { guardDevices } from './page-guard.ts';

/** Gives the source the page of that window may capture now, null for none. */
export type CaptureChoice = (kind: WindowKind) => Promise<DesktopCapturerSource | null>;

/**
 * Permission -> windows that may have it; what is not named is denied. `local-network-access` and `loopback-network` gate
 * WebRTC to devices of the room and to the relay.
 */
const allowed: Readonly<Record<string, readonly WindowKind[]>> = {
  'display-capture': ['console', 'capture'],
  'local-network-access': ['console', 'capture', 'presentation'],
  'loopback-network': ['console', 'capture', 'presentation'],
  'clipboard-sanitized-write': ['console'],
  /** The camera reads the joining code; there is no microphone in it. */
  media: ['device'],
};

/** Does a request for `media` want the camera alone? Electron names what is asked for in one of two ways. */
const wantsCameraOnly = (details: object): boolean => {
  const { mediaTypes, mediaType } = details as { mediaTypes?: string[]; mediaType?: string };
  const types = mediaTypes ?? (mediaType === undefined ? [] : [mediaType]);
  return types.length > 0 && types.every((type) => type === 'video');
};

const isAllowed = (kind: WindowKind | null, permission: string, details: object): boolean => {
  if (kind === null || !Object.hasOwn(allowed, permission)) return false;
  if (allowed[permission]?.includes(kind) !== true) return false;
  return permission !== 'media' || wantsCameraOnly(details);
};

export const guardSession = (
  choose: CaptureChoice,
  log: Log,
  guarded: Session = session.defaultSession,
): void => {
  guardDevices(guarded, log);
  guarded.setPermissionRequestHandler((contents, permission, callback, details) => {
    const isGood = details.isMainFrame && isAllowed(kindOfPage(contents.getURL()), permission, details);
    if (!isGood) log.warn('permission-denied', { permission });
    callback(isGood);
  });
  guarded.setPermissionCheckHandler((contents, permission, origin, details) => {
    const isOurs = origin === appOrigin || origin === `${appOrigin}/`;
    return (
      isOurs &&
      details.isMainFrame &&
      contents !== null &&
      isAllowed(kindOfPage(contents.getURL()), permission, details)
    );
  });
  guarded.setDisplayMediaRequestHandler((request, callback) => {
    const { frame, audioRequested } = request;
    const kind = frame === null || frame.parent !== null ? null : kindOfPage(frame.url);
    if (kind === null || audioRequested || !isAllowed(kind, 'display-capture', {})) {
      callback(null);
      return;
    }
    choose(kind).then(
      (source) => callback(source === null ? null : { video: source }),
      () => callback(null),
    );
  });
};
