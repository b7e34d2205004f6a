// Devices without a screen: native peers that take the relay's offer, decrypt and, if asked, look at the packets.
import nodeDataChannel, { type PeerConnection, type Track } from 'node-datachannel';
import { buildPli } from '../../main/relay/rtcp.ts';
import { emptyRtpView, emptyVp8View, parseRtp, parseVp8 } from '../../main/relay/rtp.ts';
import { videoPayloadType } from '../../main/relay/stream.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import type { RelayProcess } from './relay-rig.ts';

export type Sink = {
  readonly peerId: string;
  readonly packets: () => number;
  readonly keyFrames: () => number;
  /** Sequence numbers in the order of arrival, of the last packets. */
  readonly sequences: () => readonly number[];
  readonly sendPli: () => void;
  readonly close: () => void;
};

/** `isLooking` false: packets are decrypted and dropped in native code, as cheap as a sink can be. */
const createSink = (
  peerId: string,
  send: (signal: Signal) => void,
  isLooking: boolean,
): Sink & { readonly take: (signal: Signal) => void } => {
  const rtp = emptyRtpView();
  const vp8 = emptyVp8View();
  const sequences: number[] = [];
  let connection: PeerConnection | null = null;
  let track: Track | null = null;
  let ssrc = 0;
  let packets = 0;
  let keyFrames = 0;

  const look = (packet: Buffer): void => {
    if (!parseRtp(packet, rtp) || rtp.payloadType !== videoPayloadType) return;
    ssrc = rtp.ssrc;
    packets += 1;
    sequences.push(rtp.sequence);
    if (parseVp8(packet, rtp.payloadOffset, rtp.payloadLength, vp8) && vp8.isKeyFrame) keyFrames += 1;
  };
  const answer = (sdp: string, generation: number): void => {
    connection?.close();
    const next = new nodeDataChannel.PeerConnection(peerId, { iceServers: [] });
    connection = next;
    next.onLocalDescription((own, type) => {
      if (type === 'answer') send({ kind: 'answer', sdp: own, generation });
    });
    next.onLocalCandidate((candidate, mid) => {
      const line = candidate.replace(/^a=/, '');
      send({ kind: 'candidate', candidate: line, sdpMid: mid, sdpMLineIndex: 0, generation });
    });
    next.onTrack((added) => {
      track = added;
      if (isLooking) added.onMessage(look);
    });
    next.setRemoteDescription(sdp, 'offer');
  };

  return {
    peerId,
    packets: () => packets,
    keyFrames: () => keyFrames,
    sequences: () => sequences,
    sendPli: () => void track?.sendMessageBinary(buildPli(1, ssrc)),
    take(signal) {
      if (signal.kind === 'offer') answer(signal.sdp, signal.generation);
      else if (signal.kind === 'candidate')
        connection?.addRemoteCandidate(`a=${signal.candidate}`, signal.sdpMid ?? '0');
    },
    close() {
      connection?.close();
      connection = null;
    },
  };
};

/** Adds that many sinks to a relay at once. */
export const addSinks = (relay: RelayProcess, names: readonly string[], isLooking = true): Sink[] => {
  const sinks = new Map(
    names.map((name) => [
      name,
      createSink(name, (signal) => relay.post({ type: 'peer-signal', peerId: name, signal }), isLooking),
    ]),
  );
  relay.onEvent((event) => {
    if (event.type === 'peer-signal') sinks.get(event.peerId)?.take(event.signal);
  });
  for (const name of names) relay.post({ type: 'peer-add', peerId: name });
  return [...sinks.values()];
};
