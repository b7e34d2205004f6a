// `host:port` texts as they stand in policies, tokens and hints.

export type HostPort = { readonly host: string; readonly port: number };

/** null if it is no address: empty, port out of 1..65535, or longer than 128 characters. */
export function parseAddress(text: string, defaultPort: number): HostPort | null {
  const match = /^(?:\[([0-9a-fA-F:.%]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text);
  if (match === null || text.length > 128) return null;
  const host = match[1] ?? match[2] ?? '';
  const port = match[3] === undefined ? defaultPort : Number(match[3]);
  return port >= 1 && port <= 65_535 ? { host, port } : null;
}

export function formatAddress(address: HostPort): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
