// One RTCPeerConnection of one generation: the only file that touches the browser's WebRTC. Knows nothing of
// retries, qualities or what the media is about. It counts as connected, and sends, only after the far end's certificate
// was compared, see [Note: media binding].
import 'webrtc-adapter';
import { announcedFingerprint } from '../../shared/protocol/fingerprint.ts';
import type { Signal } from '../../shared/protocol/signal.ts';
import { shownFingerprint } from './fingerprint.ts';
import { createOperationQueue } from './operation-queue.ts';

export type SendSettings = {
  readonly isActive: boolean;
  readonly maxBitsPerSecond: number;
  readonly maxFramesPerSecond: number;
  /** 1 sends the track's own size. */
  readonly scaleDownBy: number;
  /** Asks the encoder for a key frame with this change, where the browser can. */
  readonly wantsKeyFrame: boolean;
};

export type TransportState = RTCPeerConnectionState | 'insecure';

export type PeerTransportParts = {
  readonly generation: number;
  readonly send: (signal: Signal) => void;
  /** `insecure` is final: the far end is not who the link says, and the connection is closed. */
  readonly onState: (state: TransportState) => void;
  /** Comes before the comparison, so that no frame is missed; nothing of it may be seen before `onState('connected')`. */
  readonly onTrack: (track: MediaStreamTrack, receiver: RTCRtpReceiver) => void;
  readonly onProblem: (step: string, error: Error) => void;
};

export type PeerTransport = {
  readonly generation: number;
  readonly state: () => TransportState;
  /** Adds the one track that is sent, VP8 first; call before `offer`. */
  readonly addTrack: (track: MediaStreamTrack | null, settings: SendSettings) => void;
  readonly replaceTrack: (track: MediaStreamTrack | null) => Promise<void>;
  readonly setSending: (settings: SendSettings) => Promise<void>;
  /** `startKbps` is where the encoder begins once the answer is there. */
  readonly offer: (startKbps: number) => void;
  /** Takes one signal of this generation; kinds that are not for this side do nothing. */
  readonly take: (signal: Signal) => void;
  /** The browser's statistics, null once closed. */
  readonly stats: () => Promise<RTCStatsReport | null>;
  readonly close: () => void;
};

/** Chromium reads these of the far end's description; without them it starts at 300 kb/s. */
const withStartBitrate = (sdp: string, startKbps: number): string =>
  sdp.replace(/^a=rtpmap:(\d+) VP8\/90000\r\n/im, (line, payloadType: string) => {
    const parameters = `x-google-start-bitrate=${startKbps}`;
    return sdp.includes('x-google-start-bitrate') ? line : `${line}a=fmtp:${payloadType} ${parameters}\r\n`;
  });

const vp8First = (): RTCRtpCodec[] => {
  const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  const isVp8 = (codec: RTCRtpCodec) => codec.mimeType.toLowerCase() === 'video/vp8';
  return codecs.filter((codec) => isVp8(codec) || codec.mimeType.toLowerCase() === 'video/rtx');
};

const encodingOf = (settings: SendSettings): RTCRtpEncodingParameters => ({
  active: settings.isActive,
  maxBitrate: settings.maxBitsPerSecond,
  maxFramerate: settings.maxFramesPerSecond,
  scaleResolutionDownBy: settings.scaleDownBy,
});

/** `setParameters` with the second argument of webrtc-extensions, which TypeScript's library lacks. */
type KeyFrameSender = {
  setParameters(
    parameters: RTCRtpSendParameters,
    options?: { encodingOptions: { keyFrame: boolean }[] },
  ): Promise<void>;
};

export const createPeerTransport = (parts: PeerTransportParts): PeerTransport => {
  const { generation } = parts;
  const connection = new RTCPeerConnection({ iceServers: [], bundlePolicy: 'max-bundle' });
  const queue = createOperationQueue(parts.onProblem);
  const early: RTCIceCandidateInit[] = [];
  let transceiver: RTCRtpTransceiver | null = null;
  let startKbps = 0;
  let isClosed = false;
  let isInsecure = false;
  /** What the far end has announced over the link; never changes within one connection. */
  let announced: string | null = null;
  let isGenuine = false;
  /** What is sent from the comparison on, and how. */
  let sent: MediaStreamTrack | null = null;
  let wanted: SendSettings | null = null;

  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    queue.close();
    connection.close();
  };
  const refuse = (why: string): void => {
    if (isClosed) return;
    isInsecure = true;
    close();
    parts.onProblem('not-secure', new Error(why));
    parts.onState('insecure');
  };
  /** Throws for a description that must not be applied. */
  const bind = (sdp: string): void => {
    const next = announcedFingerprint(sdp);
    if (next !== null && (announced === null || announced === next)) {
      announced = next;
      return;
    }
    refuse(next === null ? 'no single SHA-256 fingerprint' : 'another fingerprint than before');
    throw new Error('description refused');
  };
  const dtls = (): RTCDtlsTransport | null =>
    connection
      .getTransceivers()
      .flatMap(({ sender, receiver }) => sender.transport ?? receiver.transport ?? [])[0] ?? null;
  /** Compares the certificate of the handshake with what was announced. */
  const verify = async (): Promise<void> => {
    const transport = dtls();
    // The browser may tell of the connection before it tells of the handshake below it.
    if (transport !== null && transport.state !== 'connected') {
      transport.addEventListener('statechange', look, { once: true });
      return;
    }
    const [certificate] = transport?.getRemoteCertificates() ?? [];
    const shown = certificate === undefined ? null : await shownFingerprint(certificate);
    if (isClosed) return;
    if (shown === null || shown !== announced) {
      refuse('the certificate of the handshake is not the announced one');
      return;
    }
    if (!isGenuine) {
      isGenuine = true;
      void queue.run('sending', begin);
    }
    parts.onState(connection.connectionState);
  };

  /** Compares, again after each change: of the connection, of ICE alone (its restart) and of a description. */
  const look = (): void => {
    if (connection.connectionState === 'connected') verify().catch((error: unknown) => refuse(String(error)));
  };

  connection.onicecandidate = ({ candidate }) => {
    if (isClosed) return;
    if (candidate === null) parts.send({ kind: 'end-of-candidates', generation });
    else {
      const { sdpMid, sdpMLineIndex } = candidate;
      parts.send({ kind: 'candidate', candidate: candidate.candidate, sdpMid, sdpMLineIndex, generation });
    }
  };
  connection.onconnectionstatechange = () => {
    if (isClosed) return;
    const state = connection.connectionState;
    const isReached = /^(?:connected|completed)$/.test(connection.iceConnectionState);
    // The way is there and the handshake failed on it: somebody without the announced key answers.
    if (state === 'failed' && isReached && dtls()?.state === 'failed') refuse('the handshake failed');
    // Also after an ICE restart: each time it is looked at again.
    else if (state === 'connected') look();
    else parts.onState(state);
  };
  connection.oniceconnectionstatechange = () => {
    if (!isClosed) look();
  };
  connection.ontrack = ({ track, receiver }) => {
    if (!isClosed) parts.onTrack(track, receiver);
  };

  const afterRemote = async (): Promise<void> => {
    for (const candidate of early.splice(0)) await connection.addIceCandidate(candidate);
    look();
  };
  const sendDescription = async (kind: 'offer' | 'answer'): Promise<void> => {
    await connection.setLocalDescription();
    const { localDescription } = connection;
    if (localDescription !== null && !isClosed) parts.send({ kind, sdp: localDescription.sdp, generation });
  };
  const takeOffer = async (sdp: string): Promise<void> => {
    bind(sdp);
    await connection.setRemoteDescription({ type: 'offer', sdp });
    await afterRemote();
    await sendDescription('answer');
  };
  const takeAnswer = async (sdp: string): Promise<void> => {
    bind(sdp);
    if (connection.signalingState !== 'have-local-offer') return;
    await connection.setRemoteDescription({ type: 'answer', sdp: withStartBitrate(sdp, startKbps) });
    await afterRemote();
  };
  const takeCandidate = async (candidate: RTCIceCandidateInit): Promise<void> => {
    if (candidate.candidate === '') return;
    if (connection.remoteDescription === null) early.push(candidate);
    else await connection.addIceCandidate(candidate);
  };
  /**
   * Nothing leaves before the far end has shown that it is the one whom the link has named: until then the sender has no
   * track. A track that comes makes the browser ask its source for a frame; an encoder that is merely woken would wait
   * for ever in front of a screen on which nothing moves.
   */
  const begin = async (): Promise<void> => {
    await transceiver?.sender.replaceTrack(sent);
    await applySettings();
  };
  const applySettings = async (): Promise<void> => {
    if (transceiver === null || wanted === null) return;
    const settings = wanted;
    const sender: KeyFrameSender & RTCRtpSender = transceiver.sender;
    const parameters = sender.getParameters();
    const first = parameters.encodings[0];
    if (first === undefined) return;
    Object.assign(first, encodingOf(settings));
    parameters.degradationPreference = 'maintain-resolution';
    if (!settings.wantsKeyFrame || !settings.isActive) return sender.setParameters(parameters);
    return sender.setParameters(parameters, { encodingOptions: [{ keyFrame: true }] });
  };

  return {
    generation,
    state: () => (isInsecure ? 'insecure' : connection.connectionState),
    addTrack(track, settings) {
      sent = track;
      wanted = settings;
      transceiver = connection.addTransceiver('video', {
        direction: 'sendonly',
        sendEncodings: [encodingOf(settings)],
      });
      transceiver.setCodecPreferences(vp8First());
      void queue.run('sending', applySettings);
    },
    replaceTrack(track) {
      sent = track;
      return queue.run('replace-track', async () => {
        if (isGenuine) await transceiver?.sender.replaceTrack(track);
      });
    },
    setSending(settings) {
      wanted = settings;
      return queue.run('sending', applySettings);
    },
    offer(kbps) {
      startKbps = kbps;
      void queue.run('offer', () => sendDescription('offer'));
    },
    take(signal) {
      if (signal.kind === 'offer') void queue.run('take-offer', () => takeOffer(signal.sdp));
      else if (signal.kind === 'answer') void queue.run('take-answer', () => takeAnswer(signal.sdp));
      else if (signal.kind === 'candidate') {
        const { candidate, sdpMid, sdpMLineIndex } = signal;
        void queue.run('take-candidate', () => takeCandidate({ candidate, sdpMid, sdpMLineIndex }));
      }
    },
    stats: async () => (isClosed ? null : connection.getStats()),
    close,
  };
};
