// The floor for the relay: a process that does nothing but hand the same packets to the native tracks.
// No ring, no feedback, no rewriting, no statistics. Speaks just enough of the relay's control messages.
import nodeDataChannel, { type Track } from 'node-datachannel';
import type { ToRelay } from '../../shared/protocol/relay.ts';
import { type Load, startFrames } from './relay-stimulus.ts';

const tracks: Track[] = [];
const connections = new Map<string, InstanceType<typeof nodeDataChannel.PeerConnection>>();
let udpPort = 0;

const addPeer = (peerId: string): void => {
  const connection = new nodeDataChannel.PeerConnection(peerId, {
    iceServers: [],
    mtu: 1500,
    enableIceUdpMux: true,
    portRangeBegin: udpPort,
    portRangeEnd: udpPort,
  });
  connections.set(peerId, connection);
  connection.onLocalDescription((sdp) => {
    process.send?.({ type: 'peer-signal', peerId, signal: { kind: 'offer', sdp, generation: 1 } });
  });
  connection.onLocalCandidate((line, sdpMid) => {
    const candidate = line.replace(/^a=/, '');
    const signal = { kind: 'candidate', candidate, sdpMid, sdpMLineIndex: 0, generation: 1 };
    process.send?.({ type: 'peer-signal', peerId, signal });
  });
  const video = new nodeDataChannel.Video('video', 'SendOnly');
  video.addVP8Codec(96);
  video.addSSRC(0x1234_5678, 'bare', 'bare', 'bare');
  const track = connection.addTrack(video);
  track.onOpen(() => tracks.push(track));
  connection.setLocalDescription('offer');
};

process.on('message', (message: ToRelay | { type: 'load'; load: Load }) => {
  if (message.type === 'start') {
    udpPort = message.udpPort;
    process.send?.({ type: 'ready', udpPort, pid: process.pid, run: 1 });
  } else if (message.type === 'peer-add') addPeer(message.peerId);
  else if (message.type === 'peer-signal') {
    const { signal } = message;
    const connection = connections.get(message.peerId);
    if (signal.kind === 'answer') connection?.setRemoteDescription(signal.sdp, 'answer');
    else if (signal.kind === 'candidate')
      connection?.addRemoteCandidate(`a=${signal.candidate}`, signal.sdpMid ?? '0');
  } else if (message.type === 'load') {
    startFrames(message.load, (packet) => {
      for (const track of tracks) track.sendMessageBinary(packet);
    });
  } else if (message.type === 'shutdown') process.exit(0);
});
process.on('disconnect', () => process.exit(0));
