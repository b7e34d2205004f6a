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
  readonly onState: (state: NativeState) => void;
  readonly onTrack?: (track: Track) => void;
};

export type NativePeer = {
  readonly native: PeerConnection;
  readonly generation: number;
  /** Takes a signal of this generation. What the native side refuses is a bug of the far end and thrown. */
  readonly take: (signal: Signal) => void;
  readonly close: () => void;
};

/** Nothing here asks a name server: candidates with names (mDNS) are left out, the far end's checks show its address. */
const isNumeric = (candidate: string): boolean => /^[0-9a-fA-F.:]+$/.test(candidate.split(' ')[4] ?? '');

const withoutNames = (sdp: string): string =>
  `${sdp
    .split(/\r?\n/)
    .filter((line) => line !== '' && (!line.startsWith('a=candidate:') || isNumeric(line)))
    .join('\r\n')}\r\n`;

export const createNativePeer = (parts: Parts): NativePeer => {
  const { generation, send } = parts;
  const native = new nodeDataChannel.PeerConnection(parts.name, {
    iceServers: [],
    ...(parts.bindAddress === null ? {} : { bindAddress: parts.bindAddress }),
  });
  let isClosed = false;

  native.onLocalDescription((sdp, type) => {
    if (!isClosed && (type === 'offer' || type === 'answer')) send({ kind: type, sdp, generation });
  });
  native.onLocalCandidate((candidate, sdpMid) => {
    if (isClosed) return;
    send({
      kind: 'candidate',
      candidate: candidate.replace(/^a=/, ''),
      sdpMid,
      sdpMLineIndex: 0,
      generation,
    });
  });
  native.onGatheringStateChange((state) => {
    if (!isClosed && state === 'complete') send({ kind: 'end-of-candidates', generation });
  });
  native.onStateChange((state) => {
    if (isClosed) return;
    if (state === 'connected' || state === 'disconnected' || state === 'failed') parts.onState(state);
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
    take(signal) {
      if (isClosed) return;
      if (signal.kind === 'offer' || signal.kind === 'answer')
        native.setRemoteDescription(withoutNames(signal.sdp), signal.kind);
      else if (signal.kind === 'candidate' && isNumeric(signal.candidate))
        native.addRemoteCandidate(signal.candidate, signal.sdpMid ?? '0');
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      native.close();
    },
  };
};
