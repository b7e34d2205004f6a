// Which key a WebRTC conversation is bound to: the one in the description that came over the authenticated link, compared with
// the certificate the media handshake has really shown; what was announced reads shared/protocol/fingerprint.ts.
//
// [Note: media binding] The link has proved who is at the other end; the media connection is another one. They belong together
// only if the certificate of the DTLS handshake (RFC 8122, RFC 8827 section 5.6) has the SHA-256 that was announced over
// the link. Browsers check that themselves; here it is checked again by what they report of the handshake, and
// a description that leaves a choice (none, several, another hash, a second one later) is not taken at all.

/** SHA-256 of a certificate in DER, in the same form. */
export const shownFingerprint = async (certificateDer: BufferSource): Promise<string> => {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', certificateDer));
  return [...hash].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':');
};
