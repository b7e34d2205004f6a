// Under which addresses this machine can be reached in its networks.
import { networkInterfaces } from 'node:os';
import { formatAddress } from '../link/address.ts';

/** `host:port` texts, IPv4 first; `only` limits them to one address. Link-local ones help nobody else. */
export const localAddresses = (port: number, only?: string): string[] => {
  if (only !== undefined) return [formatAddress({ host: only, port })];
  const found = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return found
    .filter(
      ({ internal, address }) => !internal && !address.startsWith('fe80:') && !address.startsWith('169.254.'),
    )
    .sort((a, b) => a.family.localeCompare(b.family))
    .map(({ address }) => formatAddress({ host: address, port }));
};
