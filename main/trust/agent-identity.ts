// A device's identity on disk. A file that cannot be understood is left alone and reported; a new identity is never put in
// its place by this code.
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { DeviceId, DisplayName, RoomId } from '../../shared/domain/ids.ts';
import { SignedRoster } from '../../shared/protocol/roster.ts';
import { type AppError, fail, ok, type Result } from '../../shared/result/result.ts';
import { readCertificate } from './certificate-profile.ts';
import type { AgentIdentity } from './identity.ts';
import {
  BoxKind,
  damaged,
  fits,
  type IdentityFailure,
  Pem,
  parseJson,
  readText,
  Sealed,
  seal,
  unseal,
  writeSecretFile,
} from './identity-file.ts';
import type { SecretBox } from './secret-box.ts';

const format = 'lehrpult.agent-identity.2';
const AgentFile = z.strictObject({
  format: z.literal(format),
  box: BoxKind,
  roomId: RoomId,
  roomName: DisplayName,
  addresses: z.array(z.string().max(128)).max(16),
  authorityPem: Pem,
  /** Chain: the device's, then its room authority's. */
  certificatePem: Pem,
  roster: SignedRoster,
  sealed: Sealed,
});
const AgentSecrets = z.strictObject({ privateKeyPem: Pem });

/** The agent's identity, null if the device is not enrolled. A damaged file gives `identity-damaged` and stays. */
export async function loadAgentIdentity(
  path: string,
  box: SecretBox,
): Promise<Result<AgentIdentity | null, IdentityFailure>> {
  const text = await readText(path);
  if (!text.ok) return text;
  if (text.value === null) return ok(null);
  const file = parseJson(AgentFile, text.value);
  if (!file.ok) return file;
  const secrets = await unseal(box, file.value, AgentSecrets);
  if (!secrets.ok) return secrets;
  const { certificatePem, authorityPem, roomId, roomName, addresses, roster } = file.value;
  const { privateKeyPem } = secrets.value;
  if (!fits(certificatePem, privateKeyPem, { role: 'agent', roomId })) {
    return damaged('key and certificate do not fit');
  }
  const deviceId = DeviceId.parse(readCertificate(certificatePem).keyId);
  return ok({ certificatePem, privateKeyPem, authorityPem, roomId, roomName, addresses, deviceId, roster });
}

/** `replace` is for a device that is enrolled again on purpose; without it an existing file is never touched. */
export async function saveAgentIdentity(
  path: string,
  box: SecretBox,
  identity: AgentIdentity,
  existing: 'keep' | 'replace' = 'keep',
): Promise<Result<void, IdentityFailure>> {
  const sealed = await seal(box, { privateKeyPem: identity.privateKeyPem });
  if (!sealed.ok) return sealed;
  const { roomId, roomName, addresses, authorityPem, certificatePem, roster } = identity;
  const open = { format, box: box.kind, roomId, roomName, addresses, authorityPem, certificatePem, roster };
  return writeSecretFile(path, { ...open, sealed: sealed.value }, existing);
}

/** The certificates of a PEM text in their order. */
const certificatesIn = (pem: string): string[] =>
  pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];

/** Is this a chain of a device with this key and the authority of its room, under the root? */
function isChainFor(identity: AgentIdentity, certificatePem: string): boolean {
  const [leaf, issuer, ...rest] = certificatesIn(certificatePem);
  if (leaf === undefined || issuer === undefined || rest.length > 0) return false;
  if (!fits(leaf, identity.privateKeyPem, { role: 'agent', roomId: identity.roomId })) return false;
  try {
    const authority = new X509Certificate(issuer);
    const root = new X509Certificate(identity.authorityPem);
    const read = readCertificate(issuer);
    const isRoom = authority.ca && read.role === 'agent' && read.roomId === identity.roomId;
    return (
      isRoom && new X509Certificate(leaf).verify(authority.publicKey) && authority.verify(root.publicKey)
    );
  } catch {
    // OpenSSL could not read one of them.
    return false;
  }
}

/**
 * Puts a new certificate for the same key, role and room in the place of the old one and gives the new identity.
 * `certificatePem` is a chain as enrolment gives it. `renewal-refused` (nothing is written): another key, role or room, not
 * of this school, or it ends no later than the one in use.
 */
export async function renewAgentCertificate(
  path: string,
  box: SecretBox,
  identity: AgentIdentity,
  certificatePem: string,
): Promise<Result<AgentIdentity, IdentityFailure | AppError<'renewal-refused'>>> {
  if (certificatePem.length > 8_192 || !isChainFor(identity, certificatePem)) {
    return fail('renewal-refused', 'retry', 'chain');
  }
  const endOf = (pem: string) => new X509Certificate(pem).validToDate.getTime();
  if (endOf(certificatePem) <= endOf(identity.certificatePem)) {
    return fail('renewal-refused', 'retry', 'not newer');
  }
  const renewed = { ...identity, certificatePem };
  const saved = await saveAgentIdentity(path, box, renewed, 'replace');
  return saved.ok ? ok(renewed) : saved;
}
