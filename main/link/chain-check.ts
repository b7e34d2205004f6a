// Does a chain pass for a device of this school? Asked of OpenSSL by a handshake inside this process: the same judge, with
// the same settings, as a console's link. No socket is opened.
import { duplexPair } from 'node:stream';
import { connect, createServer } from 'node:tls';
import type { TlsIdentity } from '../trust/identity.ts';
import { clientContext, mutualServerOptions } from './tls-settings.ts';

/**
 * True if a console under `authorityPem` would finish a handshake with this certificate and key: chain, dates, usages, path
 * length and the room of the issuer fit. Role and room of the device itself are the caller's to compare. False for
 * texts that are no certificate or key.
 */
export async function isTakenUnder(identity: TlsIdentity): Promise<boolean> {
  const { createSchool } = await import('../trust/school-authority.ts');
  // A server certificate of a moment; the device's side trusts nothing else here.
  const stranger = await createSchool(Date.now());
  const server = createServer(mutualServerOptions({ ...identity, ...stranger }));
  const [near, far] = duplexPair();
  try {
    const taken = new Promise<boolean>((resolve) => {
      server.on('secureConnection', ({ authorized }) => resolve(authorized));
      server.on('tlsClientError', () => resolve(false));
    });
    server.emit('connection', far);
    const device = connect({
      socket: near,
      secureContext: clientContext({ ...identity, authorityPem: stranger.certificatePem }),
      rejectUnauthorized: true,
      // That certificate names nobody; which one it is, its being the only authority says.
      checkServerIdentity: () => undefined,
    });
    const failed = new Promise<boolean>((resolve) => device.on('error', () => resolve(false)));
    return await Promise.race([taken, failed]);
  } catch {
    // OpenSSL could not read the certificate or the key.
    return false;
  } finally {
    near.destroy();
    far.destroy();
  }
}
