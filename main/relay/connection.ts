// What the source and the devices' connections share: the native peer connection with its events as plain calls.
// The only file besides relay.ts that touches node-datachannel.
import nodeDataChannel, { type PeerConnection, type RtcConfig } from 'node-datachannel';
import { announcedFingerprint } from '../../shared/protocol/fingerprint.ts';
import type { Fingerprints } from '../../shared/protocol/relay.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import { isUsableCandidate } from './sdp.ts';

/** `insecure`: the far end is not who the link says; nothing may be sent to it or taken from it. */
export type ConnectionState = 'connecting' | 'connected' | 'failed' | 'insecure' | 'closed';

type Parts = {
  readonly name: string;
  readonly config: Omit<RtcConfig, 'iceServers'>;
  readonly generation: number;
  readonly send: (signal: Signal) => void;
  /** Last change to the own description before it is sent. */
  readonly finish: (sdp: string) => string;
  readonly onState: (state: ConnectionState) => void;
};

export type Connection = {
  readonly native: PeerConnection;
  readonly generation: number;
  readonly fingerprints: () => Fingerprints;
  /** Throws when the native side refuses the description, and `UnboundDescription`. */
  readonly setRemote: (sdp: string, type: 'offer' | 'answer') => void;
  /** True once the handshake has shown the announced key; before that nothing goes in or out. */
  readonly isGenuine: () => boolean;
  /** False for a candidate that is not used. Throws when the native side refuses it. */
  readonly addCandidate: (candidate: string, mid: string | null) => boolean;
  readonly close: () => void;
};

/** A description that does not announce one key, the same each time, see [Note: media binding]. It was not applied. */
export class UnboundDescription extends Error {
  /** It names another key than the one before, instead of none: somebody wants to take the connection over. */
  readonly namesOther: boolean;
  constructor(namesOther: boolean) {
    super('the description does not announce one key, the same each time');
    this.namesOther = namesOther;
  }
}

const nothingKnown: Fingerprints = { local: null, remote: null };

const readFingerprints = (native: PeerConnection): Fingerprints => {
  const remote = native.remoteFingerprint();
  return {
    local: announcedFingerprint(native.localDescription()?.sdp ?? ''),
    // Until the handshake the native side gives an empty string.
    remote: remote.algorithm === 'sha-256' && remote.value.length === 95 ? remote.value.toUpperCase() : null,
  };
};

const stateOf = (native: string): ConnectionState | null => {
  if (native === 'connected') return 'connected';
  if (native === 'failed' || native === 'disconnected') return 'failed';
  return native === 'closed' ? 'closed' : null;
};

/**
 * Makes a connection with host candidates only; media and the first description are up to the caller.
 *
 * [Note: answer first] libdatachannel gives the far end's credentials to ICE before it keeps the description, and checks
 * the certificate against what is kept. A far end that is quick on a busy machine would shake hands in between and be
 * refused. So who offers says where it is only when it has taken the answer.
 */
export const createConnection = (parts: Parts): Connection => {
  const native = new nodeDataChannel.PeerConnection(parts.name, {
    iceServers: [],
    mtu: 1500,
    ...parts.config,
  });
  const { generation } = parts;
  let isClosed = false;
  let isOver = false;
  let fingerprints = nothingKnown;
  let holdsBack = false;
  /** What the far end has announced over the link. */
  let announced: string | null = null;
  const held: Signal[] = [];
  const sendOrHold = (signal: Signal): void => {
    if (holdsBack) held.push(signal);
    else parts.send(signal);
  };

  native.onLocalDescription((sdp, type) => {
    if (isClosed || (type !== 'offer' && type !== 'answer')) return;
    holdsBack = type === 'offer';
    parts.send({ kind: type, sdp: parts.finish(sdp), generation });
  });
  native.onLocalCandidate((candidate, mid) => {
    if (isClosed) return;
    sendOrHold({
      kind: 'candidate',
      candidate: candidate.replace(/^a=/, ''),
      sdpMid: mid,
      sdpMLineIndex: 0,
      generation,
    });
  });
  native.onGatheringStateChange((state) => {
    if (!isClosed && state === 'complete') sendOrHold({ kind: 'end-of-candidates', generation });
  });
  const showsAnnouncedKey = (): boolean =>
    announced !== null && readFingerprints(native).remote === announced;
  /** What a change of the native side means once the keys were compared, see [Note: media binding]. */
  const judged = (state: ConnectionState): ConnectionState => {
    if (state === 'connected') return showsAnnouncedKey() ? state : 'insecure';
    if (state !== 'failed' || announced === null || wasConnected) return state;
    // The handshake has shown another key, or failed although the way was there: one of the two was told of a wrong key.
    const shown = readFingerprints(native).remote;
    const isReached = ['connected', 'completed'].includes(native.iceState());
    return isReached || (shown !== null && shown !== announced) ? 'insecure' : state;
  };
  let wasConnected = false;
  let isCompared = false;
  native.onStateChange((raw) => {
    const state = stateOf(raw);
    if (isClosed || isOver || state === null) return;
    const seen = judged(state);
    if (seen === 'connected') wasConnected = true;
    else isOver = true;
    parts.onState(seen);
  });

  return {
    native,
    generation,
    fingerprints() {
      if (fingerprints.remote === null && !isClosed) fingerprints = readFingerprints(native);
      return fingerprints;
    },
    setRemote(sdp, type) {
      const next = announcedFingerprint(sdp);
      if (next === null || (announced !== null && announced !== next)) {
        throw new UnboundDescription(next !== null || sdp.includes('a=fingerprint'));
      }
      announced = next;
      native.setRemoteDescription(sdp, type);
      holdsBack = false;
      for (const signal of held.splice(0)) parts.send(signal);
    },
    isGenuine() {
      isCompared ||= !isClosed && showsAnnouncedKey();
      return isCompared;
    },
    addCandidate(candidate, mid) {
      if (!isUsableCandidate(candidate)) return false;
      native.addRemoteCandidate(`a=${candidate}`, mid ?? '0');
      return true;
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      native.close();
    },
  };
};
