// How a device keeps its certificate fresh over the link: asks in its last third, takes only what fits. The key stays the
// same. It writes nothing; whoever listens saves the certificate.
import { X509Certificate } from 'node:crypto';
import type { ConsoleMessage } from '../../shared/protocol/link.ts';
import type { CancelTimer, Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { agentLifetimeMs, isDueForRenewal, readCertificate } from '../trust/certificate-profile.ts';
import type { AgentIdentity } from '../trust/identity.ts';
import { isTakenUnder } from './chain-check.ts';
import type { ConsoleConnection } from './console-connection.ts';

const dayMs = 86_400_000;
/**
 * [Note: renewal and clocks] A certificate issued by a console whose clock is years ahead would be worth nothing once that
 * clock is right, and would have replaced a good one. One that is needed lasts four more months, so nothing is asked or
 * taken while the two clocks differ by more than this.
 */
const maxClockDifferenceMs = dayMs;

export type Renewal = {
  /** The console said welcome, and what its clock says. */
  readonly begin: (consoleWallMs: number) => void;
  /** False if nothing was asked. */
  readonly receive: (message: Extract<ConsoleMessage, { type: 'certificate' }>) => boolean;
  readonly close: () => void;
};

export type RenewalParts = {
  readonly identity: AgentIdentity;
  readonly connection: Pick<ConsoleConnection, 'send'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Certificate and chain as one PEM text; it is used from the next connection on. */
  readonly onCertificate: (certificatePem: string) => void;
};

/** Why this is no better certificate for this device; null if it is one. Throws on what is no certificate. */
async function fault(identity: AgentIdentity, certificatePem: string): Promise<string | null> {
  const device = readCertificate(certificatePem);
  if (device.keyId !== identity.deviceId) return 'key';
  if (device.role !== 'agent' || device.roomId !== identity.roomId) return 'role or room';
  const endOf = (pem: string): Date => new X509Certificate(pem).validToDate;
  if (endOf(certificatePem) <= endOf(identity.certificatePem)) return 'not newer';
  return (await isTakenUnder({ ...identity, certificatePem })) ? null : 'chain';
}

/** One per connection. */
export function createRenewal(parts: RenewalParts): Renewal {
  const { identity, connection, clock, log } = parts;
  let stopTimer: CancelTimer = () => undefined;
  let isAsked = false;
  let isClosed = false;
  let current = identity.certificatePem;
  /** By how much the console's clock is ahead of ours now, as far as we know. */
  let consoleAheadMs = (): number => 0;

  const ask = async () => {
    if (!isDueForRenewal(current, agentLifetimeMs, clock.wallMs())) return;
    const aheadMs = consoleAheadMs();
    if (Math.abs(aheadMs) > maxClockDifferenceMs) {
      log.warn('link.renewal-waits-for-clock', { aheadMs });
      return;
    }
    isAsked = true;
    // Loaded only when it is needed: most connections of a device make no request.
    const { createRequest } = await import('../trust/school-authority.ts');
    const request = Buffer.from(await createRequest(identity.privateKeyPem)).toString('base64');
    if (!isClosed) connection.send({ type: 'renew', request });
  };

  const judge = async (certificatePem: string) => {
    let found: string | null = 'unreadable';
    try {
      found = await fault({ ...identity, certificatePem: current }, certificatePem);
    } catch {
      // OpenSSL could not read it: then it is refused like any other that does not fit.
    }
    if (found !== null) {
      log.error('link.certificate-refused', { reason: found });
      return;
    }
    if (isClosed) return;
    current = certificatePem;
    parts.onCertificate(certificatePem);
  };

  return {
    begin(consoleWallMs) {
      const offsetMs = consoleWallMs - clock.nowMs();
      consoleAheadMs = () => offsetMs + clock.nowMs() - clock.wallMs();
      stopTimer = clock.every(dayMs, () => void ask());
      void ask();
    },
    receive({ certificatePem }) {
      if (!isAsked) return false;
      isAsked = false;
      void judge(certificatePem);
      return true;
    },
    close() {
      isClosed = true;
      stopTimer();
    },
  };
}
