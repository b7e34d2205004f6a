// The key that a session description announces (RFC 8122). Pure.

/** The one SHA-256 fingerprint of a description, upper-case hex pairs with colons; null if there is none or a choice. */
export const announcedFingerprint = (sdp: string): string | null => {
  const found = new Set<string>();
  for (const [, algorithm = '', value = ''] of sdp.matchAll(/^a=fingerprint:([^\s]+)[ \t]+(.*?)\r?$/gim)) {
    if (algorithm.toLowerCase() !== 'sha-256' || !/^[0-9a-f]{2}(?::[0-9a-f]{2}){31}$/i.test(value))
      return null;
    found.add(value.toUpperCase());
  }
  return found.size === 1 ? ([...found][0] ?? null) : null;
};
