// One WebRTC connection of a simulated device, made by node-datachannel: turns its events into signals and back. Knows
// no media and never tries again by itself.
import nodeDataChannel, { type PeerConnection, type Track } from 'node-datachannel';
import type { Signal } from '../../shared/protocol/signal.ts';

export type NativeState = 'connected' | 'disconnected' | 'failed';

type Parts = {
  readonly name: string;
  readonly generation: number;
  /** Local address to use alone, null for all. */
  readonly bindAddress: string | null;
  readonly send: (signal: Signal) => void;
  /** `failed` also when the far end closed or the native side refused a signal: only a new connection helps. */
  readonly onState: (state: NativeState) => void;
  /** The native side's words about a signal it refused. */
  readonly onProblem: (detail: string) => void;
  readonly onTrack?: (track: Track) => void;
};

export type NativePeer = {
  readonly native: PeerConnection;
  readonly generation: number;
  /** Takes a signal of this generation. */
  readonly take: (signal: Signal) => void;
  readonly close: () => void;
};

/** Nothing here asks a name server: candidates with names (mDNS) are left out, the far end's checks show its address. */
const isNumeric = (candidate: string): boolean => /^[0-9a-fA-F.:]+$/.test(candidate.split(' ')[4] ?? '');

const linesOf = (sdp: string): readonly string[] => sdp.split(/\r?\n/).filter((line) => line !== '');
const isCandidateLine = (line: string): boolean =>
  line.startsWith('a=candidate:') || line === 'a=end-of-candidates';
const withoutCandidates = (sdp: string): string =>
  `${linesOf(sdp)
    .filter((line) => !isCandidateLine(line))
    .join('\r\n')}\r\n`;

/**
 * [Note: answer first] libdatachannel gives a description's credentials to ICE before it keeps the description, and
 * the fingerprint is checked against what is kept. A far end that is quick enough connects and shakes hands in between,
 * which on a busy machine ends as "certificate verify failed". So an offer goes out without candidates, they
 * follow when the answer has been taken, and the far end's candidates are added after its description.
 */
export const createNativePeer = (parts: Parts): NativePeer => {
  const { generation, send } = parts;
  const native = new nodeDataChannel.PeerConnection(parts.name, {
    iceServers: [],
    ...(parts.bindAddress === null ? {} : { bindAddress: parts.bindAddress }),
  });
  let isClosed = false;
  let hasRemote = false;
  /** Candidates that came before the description they belong to. */
  const early: Signal[] = [];
  /** Own candidates of an offer without an answer. */
  const held: Signal[] = [];
  let isOfferer = false;

  const takeDescription = (sdp: string, type: 'offer' | 'answer'): void => {
    native.setRemoteDescription(withoutCandidates(sdp), type);
    hasRemote = true;
    for (const signal of held.splice(0)) send(signal);
    for (const line of linesOf(sdp))
      if (line.startsWith('a=candidate:') && isNumeric(line)) native.addRemoteCandidate(line.slice(2), '0');
    for (const signal of early.splice(0)) pass(signal);
  };
  const pass = (signal: Signal): void => {
    if (signal.kind === 'offer' || signal.kind === 'answer') takeDescription(signal.sdp, signal.kind);
    else if (signal.kind !== 'candidate' || !isNumeric(signal.candidate)) return;
    else if (hasRemote) native.addRemoteCandidate(signal.candidate, signal.sdpMid ?? '0');
    else early.push(signal);
  };
  const take = (signal: Signal): void => {
    if (isClosed) return;
    try {
      pass(signal);
    } catch (error) {
      parts.onProblem(`${signal.kind}: ${error instanceof Error ? error.message : String(error)}`);
      parts.onState('failed');
    }
  };

  const sendWhenAnswered = (signal: Signal): void => {
    if (isOfferer && !hasRemote) held.push(signal);
    else send(signal);
  };

  native.onLocalDescription((sdp, type) => {
    if (isClosed || (type !== 'offer' && type !== 'answer')) return;
    isOfferer = type === 'offer';
    send({ kind: type, sdp: isOfferer ? withoutCandidates(sdp) : sdp, generation });
  });
  native.onLocalCandidate((candidate, sdpMid) => {
    if (isClosed) return;
    sendWhenAnswered({
      kind: 'candidate',
      candidate: candidate.replace(/^a=/, ''),
      sdpMid,
      sdpMLineIndex: 0,
      generation,
    });
  });
  native.onGatheringStateChange((state) => {
    if (!isClosed && state === 'complete') sendWhenAnswered({ kind: 'end-of-candidates', generation });
  });
  native.onStateChange((state) => {
    if (isClosed) return;
    if (state === 'connected' || state === 'disconnected') parts.onState(state);
    else if (state === 'failed' || state === 'closed') parts.onState('failed');
  });
  if (parts.onTrack !== undefined) {
    const { onTrack } = parts;
    native.onTrack((track) => {
      if (!isClosed) onTrack(track);
    });
  }

  return {
    native,
    generation,
    take,
    close() {
      if (isClosed) return;
      isClosed = true;
      native.close();
    },
  };
};
