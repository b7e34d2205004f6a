// One message of a WebRTC conversation between an offerer and an answerer. It travels over Electron's IPC,
// the relay's control port and the link; whoever carries it looks at nothing but its size.
import { z } from 'zod';

/** Largest session description that is taken, in characters. A device's own is about 3,000. */
export const maxSdpLength = 64 * 1024;
/** Largest candidate line that is taken, in characters. */
export const maxCandidateLength = 1024;

/**
 * [Note: generation] Counts the connections of one conversation. Only the offerer raises it, with each new
 * RTCPeerConnection; the answerer takes an offer of a higher generation as "start anew". Signals of another generation
 * than the current one come from a connection that is gone and are ignored. Renegotiation and ICE restart on
 * the same connection keep the generation.
 */
export const Generation = z.int().min(0).max(2_147_483_647);
export type Generation = z.infer<typeof Generation>;

/** A session description (RFC 8866): printable text and line breaks only. */
const Sdp = z
  .string()
  .max(maxSdpLength)
  .regex(/^v=0\r?\n[\t\r\n\x20-\x7e]*$/);

/** A candidate line (RFC 8839 section 5.1), empty for the end of one m-line's candidates. */
const Candidate = z
  .string()
  .max(maxCandidateLength)
  .regex(/^[\x20-\x7e]*$/);

export const Signal = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('offer'), sdp: Sdp, generation: Generation }),
  z.strictObject({ kind: z.literal('answer'), sdp: Sdp, generation: Generation }),
  z.strictObject({
    kind: z.literal('candidate'),
    candidate: Candidate,
    sdpMid: z.string().max(64).nullable(),
    sdpMLineIndex: z.int().min(0).max(255).nullable(),
    generation: Generation,
  }),
  z.strictObject({ kind: z.literal('end-of-candidates'), generation: Generation }),
  /** The answerer's connection broke: it asks the offerer for a new generation. */
  z.strictObject({ kind: z.literal('restart'), generation: Generation }),
  /** The sender has closed its side for good. */
  z.strictObject({ kind: z.literal('bye'), generation: Generation }),
]);
export type Signal = z.infer<typeof Signal>;
